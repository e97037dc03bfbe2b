//! What Envoy must know of a configuration.

use super::Router;

/// A provider, as Envoy knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its name in the configuration.
    pub name: String,
    /// The cluster that reaches it.
    pub cluster: String,
    /// The host that its requests are sent to; `None`: whichever the client named.
    pub authority: Option<String>,
}

impl Router {
    /// The providers, in the order of their names.
    #[must_use]
    pub fn upstreams(&self) -> Vec<Upstream> {
        let providers = self.catalog.providers.values();
        providers
            .map(|provider| Upstream {
                name: provider.name.to_string(),
                cluster: provider.cluster.to_string(),
                authority: provider.authority.as_deref().map(str::to_owned),
            })
            .collect()
    }

    /// The header that names the cluster to Envoy's route.
    #[must_use]
    pub fn cluster_header(&self) -> &str {
        &self.settings.cluster_header
    }

    /// The largest request body that is taken, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.settings.max_body_bytes
    }
}
