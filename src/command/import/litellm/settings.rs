//! What holds for all of a LiteLLM proxy's models.

use crate::import::values::Values;
use crate::yaml::Yaml;

/// The parts of the file.
pub struct Settings<'y> {
    /// `router_settings`.
    pub router: Option<&'y Yaml>,
    /// `litellm_settings`.
    pub litellm: Option<&'y Yaml>,
    /// `general_settings`.
    pub general: Option<&'y Yaml>,
    /// `credential_list`.
    credentials: Option<&'y Yaml>,
    /// LiteLLM's environment.
    pub values: Values,
}

impl<'y> Settings<'y> {
    /// The settings of a file.
    pub fn of(config: &'y Yaml, values: Values) -> Self {
        Self {
            router: config.get("router_settings"),
            litellm: config.get("litellm_settings"),
            general: config.get("general_settings"),
            credentials: config.get("credential_list"),
            values: values.with_file(config.get("environment_variables")),
        }
    }

    /// What is stored as the credential `name`.
    pub fn credential(&self, name: &str) -> Option<&'y Yaml> {
        let mut all = self.credentials.into_iter().flat_map(Yaml::items);
        all.find(|credential| credential.text_of("credential_name") == Some(name))?
            .get("credential_values")
    }

    /// Parameters of all deployments that have none of their own.
    pub fn default_params(&self) -> Option<&'y Yaml> {
        self.router?.get("default_litellm_params")
    }

    /// Whether a setting of LiteLLM's is there.
    pub fn litellm_has(&self, name: &str) -> bool {
        self.litellm.is_some_and(|litellm| litellm.get(name).is_some())
    }

    /// Whether a setting of the router is `true`.
    pub fn router_is(&self, name: &str) -> bool {
        self.router.is_some_and(|router| router.is_true(name))
    }

    /// A number of the router's settings, or of LiteLLM's.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let holder = [self.router, self.litellm].into_iter().flatten();
        let number: f64 = holder.filter_map(|it| it.text_of(name)).next()?.parse().ok()?;
        #[allow(clippy::cast_possible_truncation, reason = "a number of seconds")]
        Some(number.ceil().clamp(0.0, 1e9) as i64)
    }

    /// Whether the cheapest deployment is taken first.
    pub fn is_by_cost(&self) -> bool {
        self.strategy() == Some("cost-based-routing")
    }

    /// How deployments are chosen, if it is said.
    pub fn strategy(&self) -> Option<&'y str> {
        self.router?.text_of("routing_strategy")
    }

    /// Whether every call goes to another LiteLLM proxy.
    pub fn uses_litellm_proxy(&self) -> bool {
        let variable = self.values.get("USE_LITELLM_PROXY");
        self.litellm.is_some_and(|litellm| litellm.is_true("use_litellm_proxy"))
            || variable.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether a deployment is there in LiteLLM's environment (`supported_environments`).
    ///
    /// # Errors
    ///
    /// That it is not, or that it is not known.
    pub fn check_environment(&self, info: Option<&Yaml>) -> Result<(), String> {
        let Some(list) = info.and_then(|info| info.get("supported_environments")) else {
            return Ok(());
        };
        let Some(here) = self.values.get("LITELLM_ENVIRONMENT") else {
            return Err(
                "it is for some environments only, and LITELLM_ENVIRONMENT is not known here \
                        (--env-file)"
                    .to_owned(),
            );
        };
        match list.items().any(|item| item.text() == Some(here.as_str())) {
            true => Ok(()),
            false => Err(format!("it is not for the environment {here:?}")),
        }
    }
}
