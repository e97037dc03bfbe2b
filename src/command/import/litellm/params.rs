//! A deployment's `litellm_params`, and what stands in for them.

use super::Settings;
use crate::yaml::Yaml;

/// The parameters of a deployment: those of a credential that takes the place of its own, its own, those of the credential
/// that it names, and those that all deployments have, in this order.
#[derive(Clone, Copy)]
pub struct Params<'y> {
    settings: &'y Settings<'y>,
    /// What stands at the deployment itself.
    pub own: &'y Yaml,
    stored: Option<&'y Yaml>,
    replacing: Option<&'y Yaml>,
    /// The credential that it names, if the file does not hold it.
    pub missing: Option<&'y str>,
}

/// What a team's credential replaces.
const REPLACED: [&str; 3] = ["api_base", "base_url", "api_version"];

impl<'y> Params<'y> {
    /// Those of a deployment.
    pub fn of(own: &'y Yaml, settings: &'y Settings<'y>) -> Self {
        let named = own.text_of("litellm_credential_name");
        let stored = named.and_then(|name| settings.credential(name));
        let missing = named.filter(|_| stored.is_none());
        Self { settings, own, stored, replacing: None, missing }
    }

    /// The same with a team's credential in the place of the deployment's address.
    pub fn replaced_by(self, credential: &'y Yaml) -> Self {
        Self { replacing: Some(credential), missing: None, ..self }
    }

    /// What is written for a parameter. Empty text is nothing.
    pub fn text(&self, name: &str) -> Option<&'y str> {
        let replacing = self.replacing.filter(|_| REPLACED.contains(&name));
        let holders = [replacing, Some(self.own), self.stored, self.settings.default_params()];
        let mut texts = holders.into_iter().flatten().filter_map(|holder| holder.text_of(name));
        texts.find(|text| !text.is_empty())
    }

    /// The value of a parameter.
    ///
    /// # Errors
    ///
    /// That it is in a variable of which nothing is known.
    pub fn value(&self, name: &str) -> Result<Option<String>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let value = self.settings.values.of_litellm(text).map_err(|variable| {
            format!(
                "its {name} is in the variable {variable}, which is not known here (--env-file)"
            )
        })?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// The base URL: the deployment's own, or that in one of `variables`.
    ///
    /// # Errors
    ///
    /// That it is not known.
    pub fn base(&self, variables: &[&str]) -> Result<Option<String>, String> {
        // A credential's address replaces the deployment's in whichever of the two spellings.
        let replacing = self.replacing.filter(|it| it.get("api_base").is_some());
        let names: &[&str] = match replacing {
            Some(_) => &["api_base"],
            None => &["api_base", "base_url"],
        };
        for name in names {
            if let Some(base) = self.value(name)? {
                return Ok(Some(base));
            }
        }
        if self.settings.litellm_has("api_base") {
            return Err("litellm_settings.api_base stands for its address".to_owned());
        }
        Ok(self.variable(variables))
    }

    /// The first of these variables that is set.
    pub fn variable(&self, variables: &[&str]) -> Option<String> {
        self.settings.values.first(variables).map(|(_, value)| value)
    }

    /// Whether variables that are not known may be set.
    pub fn is_environment_known(&self) -> bool {
        self.settings.values.is_complete()
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.replace('_', "").parse().ok()
    }
}
