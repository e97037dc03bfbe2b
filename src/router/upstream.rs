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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Upstream;
    use crate::router::Router;

    #[test]
    fn envoy_must_know_each_place_of_a_provider_once_and_how_requests_are_taken_in() {
        let configuration = json!({
            "providers": {
                "a": {
                    "cluster": "a", "authority": "a.example", "auth": "none",
                    "apis": {"anthropic": {"cluster": "a-claude", "authority": "claude.example"}},
                },
                "b": {"cluster": "b", "auth": "none"},
            },
            "cluster_header": "x-cluster",
            "max_body_bytes": 4096,
        });
        let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &|_| None);
        let router = loaded.unwrap_or_else(|refusal| panic!("{:?}", refusal.errors)).router;
        let place = |name: &str, cluster: &str, authority: Option<&str>| Upstream {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            authority: authority.map(str::to_owned),
        };
        let expected = [
            place("a", "a", Some("a.example")),
            place("a", "a-claude", Some("claude.example")),
            place("b", "b", None),
        ];
        assert_eq!(router.upstreams(), expected);
        assert_eq!((router.cluster_header(), router.max_body_bytes()), ("x-cluster", 4096));
    }
}
