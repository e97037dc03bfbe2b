//! The plugin: one configuration, in one VM.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use zeroize::Zeroize;

use super::attempt::AttemptStream;
use super::host;
use super::logger;
use super::metrics::Metrics;
use super::stream::Stream;
use super::world::Envoy;
use crate::failover::PoolRouter;
use crate::router::{Loaded, Router};

/// The root context. It hands its router to every stream; a new configuration comes with a plugin of its own, so
/// streams that are under way keep theirs.
pub struct Plugin {
    role: Role,
    metrics: Rc<Metrics>,
}

/// What a plugin does with its configuration.
enum Role {
    /// It has none, and nothing goes through.
    Unconfigured,
    /// It routes what comes in at a listener.
    Listener(Rc<Router>),
    /// It makes each attempt in a pool its provider's.
    Pool(Rc<PoolRouter>),
}

/// The `root_id` by which a plugin in a pool's filter chain says what it is for.
const POOL: &[u8] = b"llm_router_upstream";

impl Default for Plugin {
    fn default() -> Self {
        Self { role: Role::Unconfigured, metrics: Rc::default() }
    }
}

/// The plugin's name: what limits count is kept for this one. Two configurations that have a team of one name in one VM
/// count apart under different names, and a new configuration of the same filter goes on counting.
fn name() -> Box<str> {
    let name = host::property(["plugin_name"]).ok().flatten().unwrap_or_default();
    String::from_utf8(name).unwrap_or_default().into_boxed_str()
}

fn role_of(mut router: Router) -> Role {
    let root_id = host::property(["plugin_root_id"]).ok().flatten().unwrap_or_default();
    if root_id != POOL {
        router.open_limits(name(), &Envoy::default());
        return Role::Listener(Rc::new(router));
    }
    let pool_router = PoolRouter::new(Rc::new(router));
    if !pool_router.has_pools() {
        log::warn!(
            "configuration: no model has a `failover_cluster`: nothing will come to this pool"
        );
    }
    Role::Pool(Rc::new(pool_router))
}

/// The text of a configuration. Secrets may stand in it.
struct Configuration(Vec<u8>);

impl Drop for Configuration {
    fn drop(&mut self) {
        // Eight bytes at a time: it may be megabytes long.
        let (front, middle, back) = bytemuck::pod_align_to_mut::<u8, u64>(&mut self.0);
        front.zeroize();
        middle.zeroize();
        back.zeroize();
    }
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        logger::follow_host_level();
        let configuration = match host::plugin_configuration() {
            Ok(configuration) => Configuration(configuration),
            Err(refused) => {
                log::error!("the configuration cannot be read: {refused}");
                return false;
            }
        };
        match Router::from_configuration(&configuration.0, &|name| std::env::var(name).ok()) {
            Ok(Loaded { router, warnings }) => {
                for warning in warnings {
                    log::warn!("configuration: {warning}");
                }
                self.role = role_of(router);
                true
            }
            Err(refusal) => {
                log::error!("{refusal}");
                for error in &refusal.errors {
                    log::error!("configuration: {error}");
                }
                for warning in &refusal.warnings {
                    log::warn!("configuration: {warning}");
                }
                false
            }
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        let metrics = Rc::clone(&self.metrics);
        Some(match &self.role {
            Role::Unconfigured => Box::new(Stream::new(None, metrics)),
            Role::Listener(router) => Box::new(Stream::new(Some(Rc::clone(router)), metrics)),
            Role::Pool(router) => Box::new(AttemptStream::new(Rc::clone(router), metrics)),
        })
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
