//! Who may call what: `server.auth`, whose rules are about users that another server knows.

use super::expand::expand;
use crate::import::plan::Plan;
use crate::import::values::Values;
use crate::yaml::{Value, Yaml};

/// The models that whoever has the gateway's key may call: all, or none where the original has rules that cannot be carried
/// over.
pub fn models(config: &Yaml, values: &Values, plan: &mut Plan) -> Vec<String> {
    if let Some(quota) = config.at(&["server", "quota"]) {
        plan.remarks
            .security(format_args!("line {}: server.quota is not enforced here", quota.mark.line));
    }
    let all = || vec!["*".to_owned()];
    let auth = config.at(&["server", "auth"]).filter(|auth| !auth.entries().is_empty());
    let Some(auth) = auth.filter(|auth| !is_off(auth, values)) else {
        plan.remarks.note(
            "there are no teams in it: everybody who has the key in GATEWAY_KEY may call every model",
        );
        return all();
    };
    let line = auth.mark.line;
    let is_open = ["access_policy", "route_policy"].into_iter().all(|policy| {
        let rules: Vec<_> = auth.get(policy).into_iter().flat_map(Yaml::items).collect();
        rules.is_empty() || (policy == "access_policy" && lets_all_read(&rules))
    });
    let instead =
        "callers can be recognised by Envoy's jwt_authn filter and `identity.team_metadata`";
    if is_open {
        plan.remarks.security(format_args!(
            "line {line}: server.auth: not carried over: whoever has the key in GATEWAY_KEY may call every model; {instead}"
        ));
        return all();
    }
    plan.remarks.lost(format_args!(
        "line {line}: server.auth: its rules are not carried over, so that nobody may call anything until `teams` says who \
         may; {instead}"
    ));
    Vec::new()
}

/// Whether the variable on which it depends is not set.
fn is_off(auth: &Yaml, values: &Values) -> bool {
    let kind = auth.at(&["provider_config", "type"]).and_then(Yaml::text);
    let has_rules = auth.get("access_policy").or_else(|| auth.get("route_policy")).is_some();
    !has_rules && kind.is_some_and(|kind| matches!(expand(kind, values), Ok(None)))
}

/// Whether some rule lets everybody read every model, and none before it forbids anything.
fn lets_all_read(rules: &[&Yaml]) -> bool {
    for rule in rules {
        if rule.get("forbid").is_some() {
            return false;
        }
        let Some(permit) = rule.get("permit") else { continue };
        let has_condition = rule.get("when").or_else(|| rule.get("unless")).is_some();
        let of_some = permit.get("principal").is_some();
        let reads = match permit.get("actions").map(|actions| &actions.value) {
            Some(Value::List(actions)) => actions.iter().any(|it| it.text() == Some("read")),
            Some(Value::Scalar(action)) => action.text == "read",
            _ => false,
        };
        let of_models = permit.text_of("resource").is_none_or(|it| ["model::*", "*"].contains(&it));
        if reads && of_models && !has_condition && !of_some {
            return true;
        }
    }
    false
}
