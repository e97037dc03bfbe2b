//! The configuration that is being made.

use std::fmt::Display;

use envoy_llm_router::Node;

use super::secret::Secret;

/// A configuration, and what it lacks.
#[derive(Debug, Default)]
pub struct Plan {
    /// The providers by name.
    pub providers: Vec<(String, Provider)>,
    /// The models by name.
    pub models: Vec<(String, Model)>,
    /// The credentials by name.
    pub credentials: Vec<(String, Credential)>,
    /// The teams by name.
    pub teams: Vec<(String, Team)>,
    /// Failures and seconds of the cooldown.
    pub cooldown: (Option<i64>, Option<i64>),
    /// What could not be carried over, and what is left to do.
    pub remarks: Vec<String>,
}

/// A provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provider {
    /// The kind, if it is known.
    pub kind: Option<&'static str>,
    /// Where it is, if the kind does not say so.
    pub authority: Option<String>,
    /// What takes the place of `/v1` in paths.
    pub prefix: Option<String>,
    /// Bedrock's region.
    pub region: Option<String>,
    /// Azure's version of the API.
    pub api_version: Option<String>,
    /// Whether it is sent a credential; `None`: as its kind is.
    pub is_sent_a_credential: Option<bool>,
    /// The credential of all who have none.
    pub default_credential: Option<String>,
    /// Whether callers bring their own.
    pub client_credentials: bool,
}

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What it does.
    pub purpose: Option<&'static str>,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The teams that alone may use it.
    pub teams: Vec<String>,
    /// What is told of it.
    pub metadata: Vec<(String, Node)>,
    /// Where it is served.
    pub targets: Vec<Target>,
}

/// A place where a model is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The provider.
    pub provider: String,
    /// The name there.
    pub model: String,
    /// The rank.
    pub priority: i64,
    /// What it costs.
    pub cost: Option<f64>,
    /// Its share.
    pub weight: Option<i64>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The provider that it is for.
    pub provider: String,
    /// The secret.
    pub secret: Secret,
}

/// A team.
#[derive(Debug, Clone, Default)]
pub struct Team {
    /// What it may call.
    pub models: Vec<String>,
    /// Its virtual keys.
    pub keys: Vec<Node>,
    /// Its names for models.
    pub aliases: Vec<(String, String)>,
    /// Its credentials.
    pub credentials: Vec<String>,
    /// Those for single models.
    pub model_credentials: Vec<(String, Vec<String>)>,
}

impl Plan {
    /// Notes something that could not be carried over.
    pub fn remark(&mut self, text: impl Display) {
        let text = text.to_string();
        if !self.remarks.contains(&text) {
            self.remarks.push(text);
        }
    }

    /// The name of the provider that is so; it is added if there is none yet. One that is the same but for its default
    /// credential is another: each key is a provider of its own.
    pub fn provider(&mut self, name: &str, provider: &Provider) -> String {
        if let Some((name, _)) = self.providers.iter().find(|(_, known)| known == provider) {
            return name.clone();
        }
        let name =
            self.free(name, |plan, name| plan.providers.iter().any(|(known, _)| known == name));
        self.providers.push((name.clone(), provider.clone()));
        name
    }

    /// The name of the credential that is so; it is added if there is none yet.
    pub fn credential(&mut self, name: &str, credential: &Credential) -> String {
        if let Some((name, _)) = self.credentials.iter().find(|(_, known)| known == credential) {
            return name.clone();
        }
        let is_taken =
            |plan: &Self, name: &str| plan.credentials.iter().any(|(known, _)| known == name);
        let name = self.free(name, is_taken);
        self.credentials.push((name.clone(), credential.clone()));
        name
    }

    /// The model or team of this name, as it is made so far.
    pub fn entry<'p, T: Default>(list: &'p mut Vec<(String, T)>, name: &str) -> Option<&'p mut T> {
        if !list.iter().any(|(known, _)| known == name) {
            list.push((name.to_owned(), T::default()));
        }
        list.iter_mut().find(|(known, _)| known == name).map(|(_, entry)| entry)
    }

    fn free(&self, name: &str, is_taken: impl Fn(&Self, &str) -> bool) -> String {
        let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !is_taken(self, name)).unwrap_or_default()
    }

    /// The plugin configuration.
    pub fn to_node(&self) -> Node {
        let mut fields = vec![
            ("providers", map(&self.providers, |name, provider| provider.to_node(name))),
            ("models", map(&self.models, |name, model| model.to_node(name))),
        ];
        if !self.credentials.is_empty() {
            fields.push((
                "credentials",
                map(&self.credentials, |_, credential| credential.to_node()),
            ));
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
}

impl Provider {
    fn to_node(&self, name: &str) -> Node {
        let mut fields = Vec::new();
        fields.extend(self.kind.map(|kind| ("kind", text(kind))));
        fields.push(("cluster", text(name)));
        fields.extend(self.authority.as_deref().map(|host| ("authority", text(host))));
        if let Some(prefix) = &self.prefix {
            fields.push(("path", object(vec![("strip", text("/v1")), ("prefix", text(prefix))])));
        }
        fields.extend(self.region.as_deref().map(|region| ("region", text(region))));
        fields.extend(self.api_version.as_deref().map(|version| ("api_version", text(version))));
        match self.is_sent_a_credential {
            Some(true) => fields.push(("auth", object(vec![("header", text("authorization"))]))),
            Some(false) => fields.push(("auth", text("none"))),
            None => {}
        }
        fields.extend(
            self.default_credential.as_deref().map(|name| ("default_credential", text(name))),
        );
        if self.client_credentials {
            fields.push(("client_credentials", Node::Bool(true)));
        }
        object(fields)
    }
}

impl Model {
    fn to_node(&self, name: &str) -> Node {
        let mut fields = Vec::new();
        fields.extend(self.purpose.map(|purpose| ("type", text(purpose))));
        if !self.aliases.is_empty() {
            fields.push(("aliases", texts(&self.aliases)));
        }
        if !self.teams.is_empty() {
            fields.push(("teams", texts(&self.teams)));
        }
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
        fields.extend(self.weight.map(|weight| ("weight", whole(weight))));
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
