//! Values that other gateways take from their environment.

use std::collections::BTreeMap;

use super::secret::Secret;
use crate::environment::Environment;
use crate::yaml::Yaml;

/// What is known of the other gateway's environment.
pub struct Values {
    environment: Environment,
    /// `environment_variables` of a LiteLLM proxy's file: they count where the environment has nothing.
    of_file: BTreeMap<String, String>,
}

/// What precedes a variable's name in a LiteLLM proxy's file.
const OS_ENVIRON: &str = "os.environ/";

impl Values {
    /// The environment alone.
    pub fn new(environment: Environment) -> Self {
        Self { environment, of_file: BTreeMap::new() }
    }

    /// Adds the variables that the file itself gives.
    pub fn with_file(mut self, variables: Option<&Yaml>) -> Self {
        for entry in variables.map(Yaml::entries).unwrap_or_default() {
            if let Some(value) = entry.value.text() {
                self.of_file.insert(entry.key.clone(), value.to_owned());
            }
        }
        self
    }

    /// What a variable holds, if that is known. One that is empty is as good as none.
    pub fn get(&self, variable: &str) -> Option<String> {
        let known = self.environment.get(variable).filter(|value| !value.is_empty());
        known.or_else(|| self.of_file.get(variable).cloned())
    }

    /// Whether a variable is certain to be unset.
    pub fn is_unset(&self, variable: &str) -> bool {
        self.environment.is_complete() && self.get(variable).is_none()
    }

    /// Whether all variables are known.
    pub fn is_complete(&self) -> bool {
        self.environment.is_complete()
    }

    /// The first of these variables that is set, with its value.
    pub fn first<'v>(&self, variables: &[&'v str]) -> Option<(&'v str, String)> {
        variables.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// A text of a LiteLLM proxy's file, or the value of the variable that it names (`os.environ/NAME`).
    ///
    /// # Errors
    ///
    /// The variable, if nothing is known of it.
    pub fn of_litellm(&self, text: &str) -> Result<String, String> {
        match text.strip_prefix(OS_ENVIRON) {
            Some(name) => self.get(name).ok_or_else(|| name.to_owned()),
            None => Ok(text.to_owned()),
        }
    }

    /// A secret of a LiteLLM proxy's file: where it is, or itself.
    ///
    /// # Errors
    ///
    /// Why it cannot be one here.
    pub fn secret_of_litellm(&self, text: &str) -> Result<Secret, String> {
        if let Some(name) = text.strip_prefix(OS_ENVIRON).or_else(|| shell_variable(text)) {
            return match self.of_file.get(name).filter(|_| self.environment.get(name).is_none()) {
                Some(value) => Secret::value(value),
                None if name.is_empty() => Err("its variable has no name".to_owned()),
                None => Ok(Secret::Env(name.to_owned())),
            };
        }
        if text.starts_with("oidc/") {
            return Err(
                "it is a token of an OpenID provider, which nothing fetches here".to_owned()
            );
        }
        Secret::value(text)
    }
}

/// The variable of `${NAME}` or `$NAME`, which something else than LiteLLM was to fill in.
fn shell_variable(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let name = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}
