//! The least that a proxy-wasm filter can do with a request's body: what the router's cost is compared with.
//!
//! Like the router it holds the headers until the body is complete. Its configuration is one word, what it then does:
//! `hold` nothing, `read` copy the body into the VM, `copy` copy it there and back, `calls` make every host call that the
//! router makes for a common request and its answer, through the SDK and with nothing of its own in between.
#![cfg(target_os = "wasi")]
#![allow(missing_docs, reason = "the macro's function has none")]

use std::hint::black_box;

use proxy_wasm::hostcalls::{
    define_metric, get_current_time, get_map_bytes, get_property, increment_metric, log,
    record_metric, remove_map_value, set_map_value, set_property,
};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MapType, MetricType, Status};

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root { work: Work::Hold }));
}}

#[derive(Clone, Copy)]
enum Work {
    Hold,
    Read,
    Copy,
    Calls(Metrics),
}

/// The ids of a counter and a histogram.
#[derive(Clone, Copy)]
struct Metrics {
    counter: u32,
    histogram: u32,
}

impl Metrics {
    fn define() -> Option<Self> {
        let counter = define_metric(MetricType::Counter, "counter").ok()?;
        let histogram = define_metric(MetricType::Histogram, "histogram").ok()?;
        Some(Self { counter, histogram })
    }
}

/// The calls that the router makes for a common request besides those for its body, as `tests/abi/cost.rs` counts them.
mod calls {
    use super::*;

    pub fn on_request_headers() -> Result<(), Status> {
        get_map_bytes(MapType::HttpRequestHeaders).map(|headers| drop(black_box(headers)))
    }

    /// When the body is complete and was written back.
    pub fn on_request(size: usize) -> Result<(), Status> {
        const STATES: [(&str, &str); 6] = [
            ("llm_router.team", "team"),
            ("llm_router.key_id", "key"),
            ("llm_router.model", "claude-sonnet-4.6"),
            ("llm_router.provider", "provider"),
            ("llm_router.upstream_model", "us.anthropic.claude-sonnet-4.6"),
            ("llm_router.code", "ok"),
        ];
        black_box(get_current_time()?);
        remove_map_value(MapType::HttpRequestHeaders, "accept-encoding")?;
        let length = size.to_string();
        for (name, value) in [
            ("content-length", &*length),
            (":authority", "provider.example"),
            ("authorization", "Bearer provider-key-17-0c5d2e9a71b34f6e"),
            ("x-llm-cluster", "upstream"),
        ] {
            set_map_value(MapType::HttpRequestHeaders, name, Some(value))?;
        }
        STATES.iter().try_for_each(|(name, value)| set_property(vec![name], Some(value.as_bytes())))
    }

    pub fn on_answer_headers() -> Result<(), Status> {
        black_box(get_current_time()?);
        black_box(get_property(vec!["response", "code_details"])?);
        get_map_bytes(MapType::HttpResponseHeaders).map(|headers| drop(black_box(headers)))
    }

    pub fn on_done(metrics: Metrics) -> Result<(), Status> {
        const COUNTS: [(&str, &str); 3] = [
            ("llm_router.prompt_tokens", "12"),
            ("llm_router.completion_tokens", "7"),
            ("llm_router.total_tokens", "19"),
        ];
        black_box(get_current_time()?);
        COUNTS
            .iter()
            .try_for_each(|(name, value)| set_property(vec![name], Some(value.as_bytes())))?;
        (0..3).try_for_each(|_| increment_metric(metrics.counter, 1))?;
        (0..2).try_for_each(|_| record_metric(metrics.histogram, 1))
    }
}

struct Root {
    work: Work,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.work = match self.get_plugin_configuration().as_deref() {
            Some(b"hold") => Work::Hold,
            Some(b"read") => Work::Read,
            Some(b"copy") => Work::Copy,
            Some(b"calls") => match Metrics::define() {
                Some(metrics) => Work::Calls(metrics),
                None => return false,
            },
            _ => return false,
        };
        true
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { work: self.work }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    work: Work,
}

impl Context for Stream {
    fn on_done(&mut self) -> bool {
        if let Work::Calls(metrics) = self.work {
            tell(calls::on_done(metrics));
        }
        true
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        if matches!(self.work, Work::Calls(_)) {
            tell(calls::on_request_headers());
        }
        if end_of_stream {
            Action::Continue
        } else {
            Action::Pause
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        match (self.work, size) {
            (Work::Hold, _) | (_, 0) => {}
            (Work::Read, _) => {
                black_box(self.get_http_request_body(0, size));
            }
            (Work::Copy | Work::Calls(_), _) => {
                if let Some(body) = self.get_http_request_body(0, size) {
                    self.set_http_request_body(0, size, &body);
                }
            }
        }
        if matches!(self.work, Work::Calls(_)) {
            tell(calls::on_request(size));
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if matches!(self.work, Work::Calls(_)) {
            tell(calls::on_answer_headers());
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _end_of_stream: bool) -> Action {
        if matches!(self.work, Work::Calls(_)) && size > 0 {
            black_box(self.get_http_response_body(0, size));
        }
        Action::Continue
    }
}

/// A call that was refused makes the figures wrong: Envoy's log says so.
fn tell(result: Result<(), Status>) {
    if let Err(status) = result {
        let _ = log(LogLevel::Error, &format!("a host call was refused: {status:?}"));
    }
}
