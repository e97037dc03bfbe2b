//! The plugin configuration, as it is written.

use envoy_llm_router::Node;

use super::{Auth, Credential, Model, Path, Plan, Provider, Target, Team};
use crate::import::secret::Secret;

impl Plan {
    /// The plugin configuration.
    pub fn to_node(&self) -> Node {
        let provider = |name: &str, provider: &Provider| {
            let key = provider.key.as_ref();
            let default = key.and_then(|key| self.credential_named_for(name, key));
            provider.to_node(name, default)
        };
        let mut fields = vec![
            ("providers", map(&self.providers, provider)),
            ("models", map(&self.models, |name, model| model.to_node(name))),
        ];
        if !self.credentials.is_empty() {
            let credentials = map(&self.credentials, |_, credential| credential.to_node());
            fields.push(("credentials", credentials));
        }
        fields.push(("teams", map(&self.teams, |_, team| team.to_node())));
        let (failures, seconds) = self.cooldown;
        let cooldown: Vec<_> = [("failures", failures), ("seconds", seconds)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, whole(value?))))
            .collect();
        if !cooldown.is_empty() {
            fields.push(("cooldown", object(cooldown)));
        }
        object(fields)
    }

    fn credential_named_for(&self, provider: &str, secret: &Secret) -> Option<&str> {
        let is_it = |credential: &Credential| {
            credential.provider == provider && credential.secret == *secret
        };
        let found = self.credentials.iter().find(|(_, credential)| is_it(credential));
        found.map(|(name, _)| name.as_str())
    }
}

impl Provider {
    fn to_node(&self, name: &str, default_credential: Option<&str>) -> Node {
        let mut fields = Vec::new();
        fields.extend(self.kind.map(|kind| ("kind", text(kind))));
        fields.push(("cluster", text(name)));
        fields.extend(self.authority.as_deref().map(|host| ("authority", text(host))));
        fields.extend(self.path.as_ref().map(|path| ("path", path.to_node())));
        fields.extend(self.region.as_deref().map(|region| ("region", text(region))));
        fields.extend(self.project.as_deref().map(|project| ("project", text(project))));
        fields.extend(self.customer.as_deref().map(|account| ("account", text(account))));
        fields.extend(self.api_version.as_deref().map(|version| ("api_version", text(version))));
        fields.extend(self.auth.map(|auth| match auth {
            Auth::None => ("auth", text("none")),
            Auth::Header(header) => ("auth", object(vec![("header", text(header))])),
        }));
        if !self.unregistered_models {
            fields.push(("unregistered_models", Node::Bool(false)));
        }
        fields.extend(default_credential.map(|name| ("default_credential", text(name))));
        if self.client_credentials {
            fields.push(("client_credentials", Node::Bool(true)));
        }
        object(fields)
    }
}

impl Path {
    fn to_node(&self) -> Node {
        match self {
            Self::Template(template) => object(vec![("template", text(template))]),
            Self::Prefix(prefix) if prefix.is_empty() => object(vec![("strip", text("/v1"))]),
            Self::Prefix(prefix) => object(vec![("strip", text("/v1")), ("prefix", text(prefix))]),
        }
    }
}

impl Model {
    fn to_node(&self, name: &str) -> Node {
        let mut fields = Vec::new();
        fields.extend(self.purpose.map(|purpose| ("type", text(purpose))));
        if !self.aliases.is_empty() {
            fields.push(("aliases", texts(&self.aliases)));
        }
        fields.extend(self.teams.as_ref().map(|teams| ("teams", texts(teams))));
        if !self.metadata.is_empty() {
            fields.push(("metadata", Node::Map(self.metadata.clone())));
        }
        let targets = self.targets.iter().map(|target| target.to_node(name));
        fields.push(("targets", Node::List(targets.collect())));
        object(fields)
    }
}

impl Target {
    fn to_node(&self, registered: &str) -> Node {
        let mut fields = vec![("provider", text(&self.provider))];
        if self.model != registered {
            fields.push(("model", text(&self.model)));
        }
        if self.priority != 0 {
            fields.push(("priority", whole(self.priority)));
        }
        let cost = self.cost.and_then(serde_json::Number::from_f64);
        fields.extend(cost.map(|cost| ("cost", Node::Number(cost))));
        fields.extend(self.weight.map(|weight| ("weight", whole(i64::from(weight)))));
        object(fields)
    }
}

impl Credential {
    fn to_node(&self) -> Node {
        let secret = match &self.secret {
            Secret::Env(name) => ("env", text(name)),
            Secret::Value(value) => ("value", text(value)),
        };
        object(vec![("provider", text(&self.provider)), secret])
    }
}

impl Team {
    fn to_node(&self) -> Node {
        let mut fields = Vec::new();
        if !self.keys.is_empty() {
            fields.push(("keys", Node::List(self.keys.clone())));
        }
        fields.push(("models", texts(&self.models)));
        if !self.aliases.is_empty() {
            fields.push(("aliases", map(&self.aliases, |_, meant| text(meant))));
        }
        if !self.credentials.is_empty() {
            fields.push(("credentials", texts(&self.credentials)));
        }
        if !self.model_credentials.is_empty() {
            let lists = map(&self.model_credentials, |_, names| texts(names));
            fields.push(("model_credentials", lists));
        }
        if !self.limits.is_empty() {
            fields.push(("limits", Node::List(self.limits.clone())));
        }
        object(fields)
    }
}

/// A string.
pub fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

/// A whole number.
pub fn whole(number: i64) -> Node {
    Node::Number(number.into())
}

/// An object of these fields.
pub fn object(fields: Vec<(&str, Node)>) -> Node {
    Node::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn texts(list: &[String]) -> Node {
    Node::List(list.iter().map(|item| text(item)).collect())
}

fn map<T>(list: &[(String, T)], render: impl Fn(&str, &T) -> Node) -> Node {
    Node::Map(list.iter().map(|(name, entry)| (name.clone(), render(name, entry))).collect())
}
