//! What Envoy must know of a configuration.

use super::Router;

/// A place of a provider, as Envoy knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The provider's name in the configuration.
    pub name: String,
    /// The cluster that reaches it.
    pub cluster: String,
    /// The host that its requests are sent to; `None`: whichever the client named.
    pub authority: Option<String>,
}

impl Router {
    /// The places of all providers, in the order of the providers' names; each cluster and host of a provider once.
    #[must_use]
    pub fn upstreams(&self) -> Vec<Upstream> {
        let mut upstreams = Vec::new();
        for provider in self.catalog.providers.values() {
            for place in provider.apis().map(|api| provider.place(api)) {
                let upstream = Upstream {
                    name: provider.name.to_string(),
                    cluster: place.cluster.to_string(),
                    authority: place.authority.as_deref().map(str::to_owned),
                };
                if !upstreams.contains(&upstream) {
                    upstreams.push(upstream);
                }
            }
        }
        upstreams
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
