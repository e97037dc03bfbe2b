//! The plugin: one configuration, in one VM.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use super::host;
use super::logger;
use super::metrics::Metrics;
use super::stream::Stream;
use crate::router::{Loaded, Router};

/// The root context. It hands its router to every stream; a new configuration comes with a plugin of its own, so
/// streams that are under way keep theirs.
#[derive(Default)]
pub struct Plugin {
    router: Option<Rc<Router>>,
    metrics: Rc<Metrics>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        logger::follow_host_level();
        let configuration = match host::plugin_configuration() {
            Ok(configuration) => configuration,
            Err(refused) => {
                log::error!("the configuration cannot be read: {refused}");
                return false;
            }
        };
        match Router::from_configuration(&configuration, &|name| std::env::var(name).ok()) {
            Ok(Loaded { router, warnings }) => {
                for warning in warnings {
                    log::warn!("configuration: {warning}");
                }
                self.router = Some(Rc::new(router));
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
        Some(Box::new(Stream::new(self.router.clone(), Rc::clone(&self.metrics))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
