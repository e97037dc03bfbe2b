//! The functions of the proxy-wasm ABI, version 0.2.1, and how they pass memory.
#![allow(missing_docs, reason = "each function is told by the ABI's specification")]

use std::ptr::{null_mut, slice_from_raw_parts_mut};

use super::{check, Refused};

#[link(wasm_import_module = "env")]
extern "C" {
    pub fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    pub fn proxy_get_log_level(level: *mut u32) -> u32;
    pub fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    pub fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    pub fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    pub fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    pub fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    pub fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    pub fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    pub fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    pub fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    pub fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        data: *const u8,
        data_size: usize,
        cas: u32,
    ) -> u32;
    pub fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    pub fn proxy_increment_metric(id: u32, by: i64) -> u32;
    pub fn proxy_record_metric(id: u32, value: u64) -> u32;
    pub fn proxy_close_stream(stream: u32) -> u32;
    pub fn proxy_send_local_response(
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

/// What a call returned, and the bytes that the host allocated in this VM for it.
pub struct Owned {
    /// What it returned.
    pub status: u32,
    bytes: Vec<u8>,
}

impl Owned {
    /// Makes a call that gives bytes.
    pub fn of(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Self {
        let (mut data, mut size) = (null_mut::<u8>(), 0_usize);
        let status = call(&mut data, &mut size);
        let bytes = if status != 0 || data.is_null() {
            Vec::new()
        } else {
            // SAFETY: the host got this memory, `size` bytes of it, from the exported `malloc`, or where there is none
            // from the SDK's `proxy_on_memory_allocate`, which leaks a boxed slice. Both are the allocator that this
            // target's `Box<[u8]>` has: the one of the C library.
            unsafe { Box::from_raw(slice_from_raw_parts_mut(data, size)) }.into_vec()
        };
        Self { status, bytes }
    }

    /// The bytes, if the call went well.
    pub fn or_refused(self, call: &'static str) -> Result<Vec<u8>, Refused> {
        check(call, self.status).map(|()| self.bytes)
    }
}
