//! The proxy-wasm filter: the host's callbacks on one side, an [`Exchange`](crate::Exchange) on the other.
//!
//! Nothing is decided here. What could fail at the host ends in an answer of status 500 and never in a trap: a trap
//! would take every request of the worker with it.

mod attempt;
mod body;
mod host;
mod logger;
mod metrics;
mod plugin;
mod pool;
mod stream;
mod world;

proxy_wasm::main! {{
    logger::install();
    proxy_wasm::set_root_context(|_| Box::new(plugin::Plugin::default()));
}}
