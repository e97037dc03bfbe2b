//! Envoy's own configuration, as an operator would write it.

use super::listener::{self, loopback};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use super::listener::{Listener, Plugin};
use super::pool::Pool;

/// The labels of the filter's metrics.
pub const LABELS: [&str; 4] = ["team", "provider", "model", "code"];

/// The cluster of what is no provider's: it must be among the clusters.
pub const SITE: &str = "site";

/// The cluster at whose address nobody listens.
pub const UNREACHABLE: &str = "unreachable";

/// A whole bootstrap that somebody else makes, given where the clusters' endpoints listen.
pub type Maker = Arc<dyn Fn(&BTreeMap<String, SocketAddr>) -> Value + Send + Sync>;

/// Everything one Envoy process is told.
#[derive(Clone, Default)]
pub struct Bootstrap {
    pub listeners: Vec<Listener>,
    pub clusters: BTreeMap<String, SocketAddr>,
    /// The clusters that are spoken to in HTTP/2.
    pub http2_clusters: BTreeSet<String>,
    /// The virtual machine's environment.
    pub environment: BTreeMap<String, String>,
    /// The clusters in which several providers are endpoints.
    pub pools: Vec<Pool>,
    /// Listeners as Envoy has them, which no test asks for by their names.
    pub further_listeners: Vec<Value>,
    /// Clusters as Envoy has them.
    pub further_clusters: Vec<Value>,
    /// Where listeners come from instead, once Envoy runs.
    pub listener_discovery: Option<PathBuf>,
    /// Likewise for pools.
    pub pool_discovery: Option<PathBuf>,
    /// What is told instead of all that; the listeners are named above all the same, and the variables are Envoy's.
    pub made: Option<Maker>,
    /// How many workers Envoy has, if not as many as everywhere.
    pub workers: Option<u32>,
    /// What Envoy logs: warnings, if nothing is said; of the filter everything from debug on.
    pub log_level: Option<&'static str>,
}

impl Bootstrap {
    /// The bootstrap file's contents; access logs go to `access_log`.
    pub fn render(&self, access_log: &Path) -> Value {
        if let Some(make) = &self.made {
            return make(&self.clusters);
        }
        let mut bootstrap = json!({
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": loopback(0)},
            "static_resources": {"clusters": self.render_clusters()},
            "stats_config": {"stats_tags": LABELS.map(stats_tag)},
            // Histograms are merged at a flush.
            "stats_flush_interval": "0.2s",
        });
        match &self.listener_discovery {
            Some(path) => {
                bootstrap["dynamic_resources"]["lds_config"] = json!({
                    "resource_api_version": "V3",
                    "path_config_source": {"path": path},
                });
            }
            None => {
                bootstrap["static_resources"]["listeners"] = self.render_listeners(access_log);
            }
        }
        if let Some(path) = &self.pool_discovery {
            bootstrap["dynamic_resources"]["cds_config"] = json!({
                "resource_api_version": "V3",
                "path_config_source": {"path": path},
            });
        }
        bootstrap
    }

    /// The pools as a discovery file.
    pub fn render_pools(&self, addresses: &BTreeMap<String, SocketAddr>) -> Value {
        let pools = self.pools.iter().map(|pool| {
            let mut cluster = pool.render(addresses, &self.environment);
            cluster["@type"] = "type.googleapis.com/envoy.config.cluster.v3.Cluster".into();
            cluster
        });
        json!({"resources": pools.collect::<Vec<_>>()})
    }

    /// The same listeners as a discovery file.
    pub fn render_discovery(&self, access_log: &Path) -> Value {
        let mut listeners = self.render_listeners(access_log);
        for listener in listeners.as_array_mut().into_iter().flatten() {
            listener["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener".into();
        }
        json!({"resources": listeners})
    }

    fn render_listeners(&self, access_log: &Path) -> Value {
        let listeners = self.listeners.iter();
        listeners
            .map(|one| listener::render(one, &self.environment, access_log))
            .chain(self.further_listeners.iter().cloned())
            .collect()
    }

    fn render_clusters(&self) -> Value {
        let own = self.clusters.iter().map(|(name, address)| self.render_cluster(name, *address));
        let pools = self.pools.iter().map(|pool| pool.render(&self.clusters, &self.environment));
        let further = self.further_clusters.iter().cloned();
        match self.pool_discovery {
            Some(_) => own.chain(further).collect(),
            None => own.chain(further).chain(pools).collect(),
        }
    }

    fn render_cluster(&self, name: &str, address: SocketAddr) -> Value {
        let protocol = match self.http2_clusters.contains(name) {
            true => json!({"http2_protocol_options": {}}),
            false => json!({"http_protocol_options": {"enable_trailers": true}}),
        };
        let endpoint = json!({"endpoint": {"address": loopback(address.port())}});
        json!({
            "name": name,
            "type": "STATIC",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [endpoint]}],
            },
            "circuit_breakers": {"thresholds": [{
                "max_connections": AT_ONCE, "max_pending_requests": AT_ONCE,
                "max_requests": AT_ONCE,
            }]},
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3\
                        .HttpProtocolOptions",
                    "explicit_http_config": protocol,
                },
            },
        })
    }
}

/// How many requests a cluster may be sent at once.
const AT_ONCE: u32 = 4096;

/// Takes a label out of a metric's name, where it stands as `.label=.=value;.;`.
fn stats_tag(label: &str) -> Value {
    json!({"tag_name": label, "regex": format!(r"(\.{label}=\.=(.*?);\.;)")})
}
