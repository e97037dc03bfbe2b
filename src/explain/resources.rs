//! What callers reach of what is stored at providers.

use crate::credential::Authorization;
use crate::provider_data::ProviderData;
use crate::team::Caller;

/// A way of a caller's to resources at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewResources {
    /// The provider.
    pub provider: String,
    /// The families that are served there.
    pub families: Vec<&'static str>,
    /// The credential that requests are sent with; `None` inside where none is needed, and outside where they are refused.
    pub credential: Option<Option<String>>,
}

impl OverviewResources {
    /// What `caller` reaches, the usual provider first.
    pub fn of(caller: &Caller) -> Vec<Self> {
        let Some(resources) = &caller.team().resources else { return Vec::new() };
        let families: Vec<_> = resources.families.iter().map(|family| family.path()).collect();
        let client_keys = ProviderData::default();
        let reached = resources.providers.iter().map(|provider| Self {
            provider: provider.name.to_string(),
            families: families.clone(),
            credential: resources
                .authorization(caller, provider, resources.usual_api(), &client_keys)
                .map(|one| match one {
                    Authorization::Credential(_) => {
                        provider.credential_name(&one).map(str::to_owned)
                    }
                    Authorization::NotNeeded(_) | Authorization::CallersKey { .. } => None,
                }),
        });
        reached.collect()
    }
}
