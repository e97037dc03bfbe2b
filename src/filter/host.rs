//! Calls to the host, none of which can panic.
//!
//! The SDK's own wrappers panic on a status that they do not expect, and its header getters on bytes that are not
//! UTF-8, which any client can send. These return what the host said. This is the one module with `unsafe` in it: the
//! functions below are the proxy-wasm ABI, version 0.2.1.
#![allow(unsafe_code, reason = "the ABI is a set of foreign functions")]

mod abi;

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::header::Headers;
use crate::reject::Reply;

use abi::*;

const REQUEST: u32 = 0;
const REQUEST_HEADERS: u32 = 0;
const REQUEST_TRAILERS: u32 = 1;
const RESPONSE_HEADERS: u32 = 2;
const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const PLUGIN_CONFIGURATION: u32 = 7;
const NOT_FOUND: u32 = 1;
const INVALID_MEMORY_ACCESS: u32 = 6;
const CAS_MISMATCH: u32 = 8;
/// An HTTP answer, not a gRPC one.
const NO_GRPC_STATUS: i32 = -1;

/// The host refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The call.
    call: &'static str,
    /// The status that it returned: `proxy_status_t` of the ABI.
    status: u32,
}

impl Refused {
    /// The host gave less of a body than it had said there is.
    pub const SHORT_BODY: Self = Self { call: "proxy_get_buffer_bytes", status: 0 };

    /// The host gave a field a name that is none.
    pub const UNREADABLE_NAME: Self = Self { call: "proxy_get_header_map_pairs", status: 0 };

    /// The VM has no memory left for what is to be done.
    pub const NO_MEMORY: Self = Self { call: "memory.grow", status: INVALID_MEMORY_ACCESS };
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} returned status {}", self.call, self.status)
    }
}

/// Writes a line to the host's log. There is nobody to tell if the host refuses.
pub fn log(level: u32, message: &str) {
    let _ = unsafe { proxy_log(level, message.as_ptr(), message.len()) };
}

/// The least level that the host's log shows, as the ABI counts: 0 is trace.
pub fn log_level() -> Result<u32, Refused> {
    let mut level = 0;
    check("proxy_get_log_level", unsafe { proxy_get_log_level(&mut level) })?;
    Ok(level)
}

/// The time of day.
pub fn now() -> Result<SystemTime, Refused> {
    let mut nanoseconds = 0;
    check("proxy_get_current_time_nanoseconds", unsafe {
        proxy_get_current_time_nanoseconds(&mut nanoseconds)
    })?;
    Ok(UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds)).unwrap_or(UNIX_EPOCH))
}

/// The plugin's configuration.
pub fn plugin_configuration() -> Result<Vec<u8>, Refused> {
    buffer(PLUGIN_CONFIGURATION, 0, usize::MAX)
}

/// The request's header fields.
pub fn request_headers() -> Result<Headers, Refused> {
    headers(REQUEST_HEADERS)
}

/// The answer's header fields.
pub fn response_headers() -> Result<Headers, Refused> {
    headers(RESPONSE_HEADERS)
}

/// Leaves exactly one header field `name`.
pub fn set_request_header(name: &str, value: &[u8]) -> Result<(), Refused> {
    check("proxy_replace_header_map_value", unsafe {
        proxy_replace_header_map_value(
            REQUEST_HEADERS,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

/// Drops all trailers of the request, and returns what they were.
pub fn remove_request_trailers() -> Result<Headers, Refused> {
    let trailers = headers(REQUEST_TRAILERS)?;
    for (name, _) in trailers.iter() {
        let name = std::str::from_utf8(name).map_err(|_| Refused::UNREADABLE_NAME)?;
        remove_header(REQUEST_TRAILERS, name)?;
    }
    Ok(trailers)
}

/// Leaves exactly one field `name` in the answer.
pub fn set_response_header(name: &str, value: &[u8]) -> Result<(), Refused> {
    check("proxy_replace_header_map_value", unsafe {
        proxy_replace_header_map_value(
            RESPONSE_HEADERS,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

/// Drops every header field `name`.
pub fn remove_request_header(name: &str) -> Result<(), Refused> {
    remove_header(REQUEST_HEADERS, name)
}

/// Drops every field `name` of the response.
pub fn remove_response_header(name: &str) -> Result<(), Refused> {
    remove_header(RESPONSE_HEADERS, name)
}

fn remove_header(map: u32, name: &str) -> Result<(), Refused> {
    check("proxy_remove_header_map_value", unsafe {
        proxy_remove_header_map_value(map, name.as_ptr(), name.len())
    })
}

/// At most `len` bytes of the request's body that is buffered, from `start` on.
pub fn request_body(start: usize, len: usize) -> Result<Vec<u8>, Refused> {
    buffer(REQUEST_BODY, start, len)
}

/// Puts `bytes` in the place of the first `len` bytes of the request's body.
pub fn replace_request_body_front(len: usize, bytes: &[u8]) -> Result<(), Refused> {
    check("proxy_set_buffer_bytes", unsafe {
        proxy_set_buffer_bytes(REQUEST_BODY, 0, len, bytes.as_ptr(), bytes.len())
    })
}

/// Puts `bytes` behind the last one of the request's body.
pub fn append_to_request_body(bytes: &[u8]) -> Result<(), Refused> {
    // What starts behind the end is appended.
    const END: usize = usize::MAX;
    check("proxy_set_buffer_bytes", unsafe {
        proxy_set_buffer_bytes(REQUEST_BODY, END, 0, bytes.as_ptr(), bytes.len())
    })
}

/// At most `len` bytes of the answer's body that is passing, from its start on.
pub fn response_body(len: usize) -> Result<Vec<u8>, Refused> {
    buffer(RESPONSE_BODY, 0, len)
}

/// A property; `None` if the host has none of that path.
pub fn property<'a>(path: impl IntoIterator<Item = &'a str>) -> Result<Option<Vec<u8>>, Refused> {
    property_at(&path.into_iter().collect::<Vec<_>>().join("\0"))
}

/// What the response is by Envoy's own words: `via_upstream` for a provider's.
pub const CODE_DETAILS: &str = "response\0code_details";

/// Likewise, with the segments of the path separated by zero bytes.
pub fn property_at(path: &str) -> Result<Option<Vec<u8>>, Refused> {
    let value = Owned::of(|data, size| unsafe {
        proxy_get_property(path.as_ptr(), path.len(), data, size)
    });
    if value.status == NOT_FOUND {
        return Ok(None);
    }
    value.or_refused("proxy_get_property").map(Some)
}

/// A property that is a whole number.
pub fn number_property(path: &[&str]) -> Option<u64> {
    let bytes = property(path.iter().copied()).ok().flatten()?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// What all workers' VMs have stored under `key`, and the version of it; nothing has version 0.
pub fn shared_data(key: &str) -> Result<(Vec<u8>, u32), Refused> {
    let mut version = 0;
    let data = Owned::of(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut version)
    });
    if data.status == NOT_FOUND {
        return Ok((Vec::new(), 0));
    }
    Ok((data.or_refused("proxy_get_shared_data")?, version))
}

/// Stores `data` under `key`, unless what is stored is no longer of `version`: then it is `false`.
pub fn set_shared_data(key: &str, data: &[u8], version: u32) -> Result<bool, Refused> {
    let status = unsafe {
        proxy_set_shared_data(key.as_ptr(), key.len(), data.as_ptr(), data.len(), version)
    };
    if status == CAS_MISMATCH {
        return Ok(false);
    }
    check("proxy_set_shared_data", status).map(|()| true)
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum MetricKind {
    /// It only grows.
    Counter = 0,
    /// It collects values.
    Histogram = 2,
}

/// Defines a metric, or finds the one of this name.
pub fn define_metric(kind: MetricKind, name: &str) -> Result<u32, Refused> {
    let mut id = 0;
    check("proxy_define_metric", unsafe {
        proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &mut id)
    })?;
    Ok(id)
}

/// Adds to a counter.
pub fn increment_metric(id: u32, by: u64) -> Result<(), Refused> {
    let by = i64::try_from(by).unwrap_or(i64::MAX);
    check("proxy_increment_metric", unsafe { proxy_increment_metric(id, by) })
}

/// Adds a value to a histogram.
pub fn record_metric(id: u32, value: u64) -> Result<(), Refused> {
    check("proxy_record_metric", unsafe { proxy_record_metric(id, value) })
}

/// Sets a filter state object: Envoy keeps it as `wasm.<name>`.
pub fn set_filter_state(name: &str, value: &str) -> Result<(), Refused> {
    check("proxy_set_property", unsafe {
        proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// A filter state object that was set here or by the filter's other part; `None` if there is none.
pub fn filter_state(name: &str) -> Result<Option<Vec<u8>>, Refused> {
    property(["filter_state", &["wasm.", name].concat()])
}

/// Whether Envoy had no room for the request in a circuit breaker: a bit of `%RESPONSE_FLAGS%`.
pub fn overflowed() -> bool {
    const UPSTREAM_OVERFLOW: u64 = 0x80;
    number_property(&["response", "flags"]).unwrap_or_default() & UPSTREAM_OVERFLOW != 0
}

/// Whether the client has ended the request: bits of `%RESPONSE_FLAGS%`. Over HTTP/1.1 it can only close its connection,
/// over HTTP/2 and HTTP/3 it resets the stream.
pub fn client_left() -> bool {
    const DOWNSTREAM_CONNECTION_TERMINATION: u64 = 0x4000;
    const DOWNSTREAM_PROTOCOL_ERROR: u64 = 0x4_0000;
    const DOWNSTREAM_REMOTE_RESET: u64 = 0x1000_0000;
    const LEFT: u64 =
        DOWNSTREAM_CONNECTION_TERMINATION | DOWNSTREAM_PROTOCOL_ERROR | DOWNSTREAM_REMOTE_RESET;
    number_property(&["response", "flags"]).unwrap_or_default() & LEFT != 0
}

/// Answers the request. `details` is for access logs (`%RESPONSE_CODE_DETAILS%`).
pub fn send_reply(reply: &Reply, details: &str) -> Result<(), Refused> {
    let headers = pairs(&reply.headers);
    check("proxy_send_local_response", unsafe {
        proxy_send_local_response(
            u32::from(reply.status),
            details.as_ptr(),
            details.len(),
            reply.body.as_ptr(),
            reply.body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    })
}

/// Resets the request's stream: nothing of it is sent on, nor answered.
pub fn reset_request() -> Result<(), Refused> {
    check("proxy_close_stream", unsafe { proxy_close_stream(REQUEST) })
}

/// Whether there is memory left for `len` bytes more. An allocation that fails traps, so what depends on a client's
/// input asks before.
pub fn reserve(len: usize) -> Result<(), Refused> {
    let mut room = Vec::<u8>::new();
    let reserved = room.try_reserve_exact(len);
    // Without this the compiler would drop the allocation, since nothing is written to it.
    black_box(&room);
    reserved.map_err(|_| Refused::NO_MEMORY)
}

fn headers(map: u32) -> Result<Headers, Refused> {
    const CALL: &str = "proxy_get_header_map_pairs";
    let pairs = Owned::of(|data, size| unsafe { proxy_get_header_map_pairs(map, data, size) });
    Headers::from_pairs(pairs.or_refused(CALL)?).ok_or(Refused { call: CALL, status: 0 })
}

fn buffer(kind: u32, start: usize, len: usize) -> Result<Vec<u8>, Refused> {
    let bytes =
        Owned::of(|data, size| unsafe { proxy_get_buffer_bytes(kind, start, len, data, size) });
    // The host answers NOT_FOUND for an empty buffer, which is no error: a stream's last frame may be empty.
    if bytes.status == NOT_FOUND {
        return Ok(Vec::new());
    }
    bytes.or_refused("proxy_get_buffer_bytes")
}

fn check(call: &'static str, status: u32) -> Result<(), Refused> {
    match status {
        0 => Ok(()),
        status => Err(Refused { call, status }),
    }
}

/// Fields in the form in which the ABI passes a map; the counterpart of [`Headers::from_pairs`].
fn pairs(fields: &[(&str, Cow<'_, str>)]) -> Vec<u8> {
    // No reply of ours comes near 4 GiB of headers.
    let length = |len: usize| u32::try_from(len).unwrap_or_default().to_le_bytes();
    let mut bytes = length(fields.len()).to_vec();
    for (name, value) in fields {
        bytes.extend(length(name.len()));
        bytes.extend(length(value.len()));
    }
    for text in fields.iter().flat_map(|(name, value)| [*name, &**value]) {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
