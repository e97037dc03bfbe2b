//! Calls to the host, none of which can panic.
//!
//! The SDK's own wrappers panic on a status that they do not expect, and its header getters on bytes that are not
//! UTF-8, which any client can send. These return what the host said. This is the one module with `unsafe` in it: the
//! functions below are the proxy-wasm ABI, version 0.2.1.
#![allow(unsafe_code, reason = "the ABI is a set of foreign functions")]

use std::fmt;
use std::ptr::{null_mut, slice_from_raw_parts_mut};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::header::Headers;
use crate::reject::Reply;

#[link(wasm_import_module = "env")]
extern "C" {
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
}

const REQUEST_HEADERS: u32 = 0;
const REQUEST_BODY: u32 = 0;
const PLUGIN_CONFIGURATION: u32 = 7;
const NOT_FOUND: u32 = 1;
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
    const CALL: &str = "proxy_get_header_map_pairs";
    let pairs =
        Owned::of(|data, size| unsafe { proxy_get_header_map_pairs(REQUEST_HEADERS, data, size) });
    Headers::from_pairs(pairs.or_refused(CALL)?).ok_or(Refused { call: CALL, status: 0 })
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

/// Drops every header field `name`.
pub fn remove_request_header(name: &str) -> Result<(), Refused> {
    check("proxy_remove_header_map_value", unsafe {
        proxy_remove_header_map_value(REQUEST_HEADERS, name.as_ptr(), name.len())
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

/// A property that is a number, if the host has it.
pub fn number_property(path: &[&str]) -> Result<Option<u64>, Refused> {
    let path = path.join("\0");
    let value = Owned::of(|data, size| unsafe {
        proxy_get_property(path.as_ptr(), path.len(), data, size)
    });
    if value.status == NOT_FOUND {
        return Ok(None);
    }
    let bytes = value.or_refused("proxy_get_property")?;
    Ok(bytes.try_into().ok().map(u64::from_le_bytes))
}

/// Sets a filter state object: Envoy keeps it as `wasm.<name>`.
pub fn set_filter_state(name: &str, value: &str) -> Result<(), Refused> {
    check("proxy_set_property", unsafe {
        proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
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

fn buffer(kind: u32, start: usize, len: usize) -> Result<Vec<u8>, Refused> {
    let bytes =
        Owned::of(|data, size| unsafe { proxy_get_buffer_bytes(kind, start, len, data, size) });
    // An empty buffer is not found: a stream's last frame may well hold no data.
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

/// What a call returned, and the bytes that the host allocated in this VM for it.
struct Owned {
    status: u32,
    bytes: Vec<u8>,
}

impl Owned {
    fn of(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Self {
        let (mut data, mut size) = (null_mut::<u8>(), 0_usize);
        let status = call(&mut data, &mut size);
        let bytes = if status != 0 || data.is_null() {
            Vec::new()
        } else {
            // SAFETY: the host got this memory from `proxy_on_memory_allocate`, which the SDK exports and which
            // leaks a boxed slice of exactly `size` bytes: the same allocator, length and alignment.
            unsafe { Box::from_raw(slice_from_raw_parts_mut(data, size)) }.into_vec()
        };
        Self { status, bytes }
    }

    fn or_refused(self, call: &'static str) -> Result<Vec<u8>, Refused> {
        check(call, self.status).map(|()| self.bytes)
    }
}

/// Fields in the form in which the ABI passes a map; the counterpart of [`Headers::from_pairs`].
fn pairs(fields: &[(&str, &str)]) -> Vec<u8> {
    // No reply of ours comes near 4 GiB of headers.
    let length = |len: usize| u32::try_from(len).unwrap_or_default().to_le_bytes();
    let mut bytes = length(fields.len()).to_vec();
    for (name, value) in fields {
        bytes.extend(length(name.len()));
        bytes.extend(length(value.len()));
    }
    for text in fields.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
