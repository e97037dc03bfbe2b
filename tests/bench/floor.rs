//! The least that a proxy-wasm filter can do with a request's body: what the router's cost is compared with.
//!
//! Like the router it holds the headers until the body is complete. Its configuration is one word, what it then does:
//! `hold` nothing, `read` copy the body into the VM, `copy` copy it there and back.
#![cfg(target_os = "wasi")]
#![allow(missing_docs, reason = "the macro's function has none")]

use std::hint::black_box;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root { work: Work::Hold }));
}}

#[derive(Clone, Copy)]
enum Work {
    Hold,
    Read,
    Copy,
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

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
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
            (Work::Copy, _) => {
                if let Some(body) = self.get_http_request_body(0, size) {
                    self.set_http_request_body(0, size, &body);
                }
            }
        }
        Action::Continue
    }
}
