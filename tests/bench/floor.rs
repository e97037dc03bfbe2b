//! The least that a proxy-wasm filter can do with a request's body: what the router's cost is compared with.
//!
//! Like the router it holds the headers until the body is complete. Its configuration begins with a line of one word, what it
//! then does:
//! `hold` nothing, `read` copy the body into the VM, `copy` copy it there and back, `calls` make every host call that the
//! router makes for a common request and its answer, through the SDK and with nothing of its own in between.
//! `calls-at-listener` and `calls-in-pool` make those of a request that goes to a pool.
#![cfg(target_os = "wasi")]
#![allow(missing_docs, reason = "the macro's function has none")]

use std::hint::black_box;

use proxy_wasm::hostcalls::{
    define_metric, get_current_time, get_map_bytes, get_property, get_shared_data,
    increment_metric, log, record_metric, remove_map_value, set_map_value, set_property,
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
    Calls(&'static Calls, Metrics),
}

/// How many calls of each kind the router makes beside those for fields and bodies, as `tests/abi/cost.rs` counts them.
struct Calls {
    /// Where the request goes.
    cluster: &'static str,
    /// Whether it changes the body.
    changes_body: bool,
    /// Whether it reads the answer's body.
    reads_answer: bool,
    /// Properties and shared data that are read, half of them before the request is sent.
    properties: usize,
    shared: usize,
    removed: usize,
    times: usize,
    /// Filter state: before the request is sent, and when all is over.
    states: usize,
    counts: usize,
    counters: usize,
    histograms: usize,
}

/// A request that goes to one provider.
const ALONE: Calls = Calls {
    cluster: "upstream",
    changes_body: true,
    reads_answer: true,
    properties: 1,
    shared: 0,
    removed: 1,
    times: 3,
    states: 6,
    counts: 3,
    counters: 3,
    histograms: 2,
};

/// One that goes to a pool, at the listener.
const AT_LISTENER: Calls =
    Calls { cluster: "pool", changes_body: false, properties: 5, shared: 8, times: 4, ..ALONE };

/// And in the pool.
const IN_POOL: Calls = Calls {
    reads_answer: false,
    properties: 4,
    shared: 2,
    removed: 2,
    times: 1,
    states: 7,
    counts: 0,
    counters: 1,
    histograms: 0,
    ..ALONE
};

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

/// What is called when.
impl Calls {
    fn on_request_headers(&self) -> Result<(), Status> {
        get_map_bytes(MapType::HttpRequestHeaders).map(|headers| drop(black_box(headers)))?;
        (0..self.properties.saturating_sub(1)).try_for_each(|_| property())
    }

    /// When the body is complete and was written back.
    fn on_request(&self, size: usize) -> Result<(), Status> {
        const STATES: [(&str, &str); 7] = [
            ("llm_router.team", "team"),
            ("llm_router.key_id", "key"),
            ("llm_router.model", "claude-sonnet-4.6"),
            ("llm_router.provider", "provider"),
            ("llm_router.upstream_model", "us.anthropic.claude-sonnet-4.6"),
            ("llm_router.code", "ok"),
            ("llm_router.attempts", "1"),
        ];
        (0..self.times.saturating_sub(2)).try_for_each(|_| time())?;
        (0..self.shared).try_for_each(|_| {
            get_shared_data("llm_router.cooldown.team.provider.0c5d2e9a71b34f6e")
                .map(|data| drop(black_box(data)))
        })?;
        let removed = ["accept-encoding", "x-forwarded-for"];
        removed
            .iter()
            .take(self.removed)
            .try_for_each(|name| remove_map_value(MapType::HttpRequestHeaders, name))?;
        if self.changes_body {
            set("content-length", &size.to_string())?;
        }
        set(":authority", "provider.example")?;
        set("authorization", "Bearer provider-key-17-0c5d2e9a71b34f6e")?;
        if !self.in_pool() {
            set("x-llm-cluster", self.cluster)?;
        }
        (STATES.iter().take(self.states))
            .try_for_each(|(name, value)| set_property(vec![name], Some(value.as_bytes())))
    }

    fn on_answer_headers(&self) -> Result<(), Status> {
        if self.times > 1 {
            time()?;
        }
        property()?;
        get_map_bytes(MapType::HttpResponseHeaders).map(|headers| drop(black_box(headers)))
    }

    fn on_done(&self, metrics: Metrics) -> Result<(), Status> {
        const COUNTS: [(&str, &str); 3] = [
            ("llm_router.prompt_tokens", "12"),
            ("llm_router.completion_tokens", "7"),
            ("llm_router.total_tokens", "19"),
        ];
        time()?;
        (COUNTS.iter().take(self.counts))
            .try_for_each(|(name, value)| set_property(vec![name], Some(value.as_bytes())))?;
        (0..self.counters).try_for_each(|_| increment_metric(metrics.counter, 1))?;
        (0..self.histograms).try_for_each(|_| record_metric(metrics.histogram, 1))
    }

    fn in_pool(&self) -> bool {
        self.histograms == 0
    }
}

fn set(name: &str, value: &str) -> Result<(), Status> {
    set_map_value(MapType::HttpRequestHeaders, name, Some(value))
}

fn time() -> Result<(), Status> {
    black_box(get_current_time()?);
    Ok(())
}

fn property() -> Result<(), Status> {
    get_property(vec!["response", "code_details"]).map(|details| drop(black_box(details)))
}

struct Root {
    work: Work,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let configuration = self.get_plugin_configuration().unwrap_or_default();
        self.work = match configuration.split(|byte| *byte == b'\n').next() {
            Some(b"hold") => Work::Hold,
            Some(b"read") => Work::Read,
            Some(b"copy") => Work::Copy,
            Some(word) => {
                let calls = match word {
                    b"calls" => &ALONE,
                    b"calls-at-listener" => &AT_LISTENER,
                    b"calls-in-pool" => &IN_POOL,
                    _ => return false,
                };
                let Some(metrics) = Metrics::define() else { return false };
                Work::Calls(calls, metrics)
            }
            None => return false,
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
        if let Work::Calls(calls, metrics) = self.work {
            tell(calls.on_done(metrics));
        }
        true
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        if let Work::Calls(calls, _) = self.work {
            tell(calls.on_request_headers());
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
            (Work::Read | Work::Calls(Calls { changes_body: false, .. }, _), _) => {
                black_box(self.get_http_request_body(0, size));
            }
            (Work::Copy | Work::Calls(..), _) => {
                if let Some(body) = self.get_http_request_body(0, size) {
                    self.set_http_request_body(0, size, &body);
                }
            }
        }
        if let Work::Calls(calls, _) = self.work {
            tell(calls.on_request(size));
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if let Work::Calls(calls, _) = self.work {
            tell(calls.on_answer_headers());
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _end_of_stream: bool) -> Action {
        if size > 0 && matches!(self.work, Work::Calls(Calls { reads_answer: true, .. }, _)) {
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
