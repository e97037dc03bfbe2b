//! The list of models: what a caller can really call, and nothing else.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::route::not_found;
use super::served::Served;
use super::Router;
use crate::catalog::{Destination, Resolution};
use crate::provider;
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::team::Caller;

impl Router {
    /// The answer to `GET models`: OpenAI's list, sorted by id. It holds the registered names, the aliases and the
    /// names that the caller's access lists spell out, each only if a request for it would be sent on, `client_keys` being keys of its own that the caller brought.
    #[must_use]
    pub fn list_models(&self, caller: &Caller, client_keys: &ProviderData) -> Value {
        let catalog = &self.catalog;
        let mut named: BTreeSet<&str> = BTreeSet::new();
        named.extend(catalog.models.keys().map(|name| &**name));
        named.extend(catalog.aliases.keys().map(|name| &**name));
        named.extend(caller.team().aliases.keys().map(|name| &**name));
        named.extend(caller.names_spelled_out());
        let data: Vec<Value> = named
            .into_iter()
            .filter_map(|name| self.describe_model(caller, name, client_keys).ok())
            .collect();
        json!({"object": "list", "data": data})
    }

    /// The answer to `GET models/{name}`.
    ///
    /// # Errors
    ///
    /// [`Reject::ModelNotFound`] if a request for it would not be sent on.
    pub fn describe_model(
        &self,
        caller: &Caller,
        name: &str,
        client_keys: &ProviderData,
    ) -> Result<Value, Reject> {
        let found = self.permitted(caller, name).map_err(|_| not_found(name))?;
        let Served { endpoints, providers } = self.served(caller, &found, client_keys);
        let providers = provider::names(providers.into_iter().map(|provider| &**provider));
        let owner = providers.first().ok_or_else(|| not_found(name))?;
        // When it was made is not known here, but clients read an integer.
        let mut model = json!({
            "id": name, "object": "model", "created": 0, "owned_by": &**owner,
            "providers": providers.iter().map(|provider| &**provider).collect::<Vec<_>>(),
            "endpoints": endpoints.paths(),
        });
        if let (Some(model), Some(details)) = (model.as_object_mut(), details(&found)) {
            model.extend(details);
        }
        Ok(model)
    }
}

/// What the configuration tells of a registered model.
fn details(found: &Resolution<'_>) -> Option<serde_json::Map<String, Value>> {
    let Destination::Registered { model, .. } = found.destination else {
        return None;
    };
    let mut details = serde_json::Map::new();
    if let Some(kind) = model.kind {
        details.insert("type".to_owned(), kind.as_str().into());
    }
    if !model.metadata.is_empty() {
        details.insert("metadata".to_owned(), model.metadata.clone().into());
    }
    Some(details)
}
