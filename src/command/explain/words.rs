//! The words of explanations, for text and JSON alike.

use envoy_llm_router::{
    Access, CredentialList, CredentialOwner, Exclusion, Explanation, MemberChange, Rule,
};

/// What a rule says of the model.
pub fn rule(explanation: &Explanation) -> String {
    let Explanation { rule, alias_of, registered, captured, pinned_to, .. } = explanation;
    let Some(rule) = rule else {
        return "no rule knows this name: there is no default provider".to_owned();
    };
    let mut text = match rule {
        Rule::Alias => "rule 1: an alias".to_owned(),
        Rule::Name => "rule 2: a registered name".to_owned(),
        Rule::Pin => "rule 3: a name with the provider that it is pinned to".to_owned(),
        Rule::Pattern => "rule 4: a registered pattern".to_owned(),
        Rule::Provider => "rule 5: a provider and its own name for the model".to_owned(),
    };
    if let Some(meant) = alias_of {
        text.push_str(&format!(", which stands for {meant}"));
    }
    match (registered, captured) {
        (Some(pattern), Some(captured)) => {
            text.push_str(&format!(", {pattern}, whose * is {captured}"));
        }
        (Some(name), None) if *rule != Rule::Name && alias_of.as_ref() != Some(name) => {
            text.push_str(&format!(", {name}"));
        }
        _ => {}
    }
    if let Some(provider) = pinned_to {
        text.push_str(&format!(", at {provider} and nowhere else"));
    }
    text
}

/// Whether the caller may have the model, and what keeps it out.
pub fn access(access: Access) -> &'static str {
    match access {
        Access::NoSuchModel => "there is no such model",
        Access::NotForTeam => "denied: the team's `models` do not name it",
        Access::NotForKey => "denied: the key's `models` do not name it",
        Access::Restricted => {
            "denied: the model's `teams`, `roles`, `projects` or `namespaces` keep this caller out"
        }
        Access::Allowed => "allowed",
    }
}

/// Why a target cannot serve the request.
pub fn exclusion(why: Exclusion) -> &'static str {
    match why {
        Exclusion::NotServedThere => "left out: not served at this endpoint",
        Exclusion::NoCredential => "left out: no credential for this caller",
        Exclusion::PinnedElsewhere => "left out: pinned to another provider",
        Exclusion::Restricted => "left out: what is served there is registered for others",
        Exclusion::Refused => "not asked: the request is refused",
    }
}

/// Where a credential is listed.
pub fn owner(owner: CredentialOwner) -> &'static str {
    match owner {
        CredentialOwner::Key(CredentialList::ModelCredentials) => "the key's `model_credentials`",
        CredentialOwner::Key(CredentialList::Credentials) => "the key's `credentials`",
        CredentialOwner::Team(CredentialList::ModelCredentials) => "the team's `model_credentials`",
        CredentialOwner::Team(CredentialList::Credentials) => "the team's `credentials`",
        CredentialOwner::Provider => "the provider's `default_credential`",
    }
}

/// What becomes of a member of the body.
pub fn member_change(change: &MemberChange) -> String {
    match change {
        MemberChange::Default(value) => format!("is {value} where it is missing or null"),
        MemberChange::Set(value) => format!("is {value}"),
        MemberChange::Removed => "is left out".to_owned(),
        MemberChange::AsksForUsage => "asks for the tokens of a stream".to_owned(),
    }
}
