//! What the host can do wrong.

/// A call that the filter makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The callback during which it is made, by the name of the export.
    pub during: &'static str,
    /// The call, by the name of the import.
    pub name: &'static str,
}

/// How a call is answered instead of properly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// With this status, and nothing done.
    Status(u32),
    /// With success, but what should have been given is not written anywhere.
    Nothing,
    /// With success, a null pointer and this size.
    Null(u32),
    /// With success, a pointer, and no bytes at all.
    Empty,
    /// With success and the bytes but for the last.
    Short,
    /// With success and one byte more.
    Long,
    /// With success and these bytes.
    Bytes(Vec<u8>),
    /// With success and this number.
    Number(u64),
}

/// `proxy_status_t` of the ABI.
pub mod status {
    /// Well done.
    pub const OK: u32 = 0;
    /// There is no such thing.
    pub const NOT_FOUND: u32 = 1;
    /// An argument is wrong.
    pub const BAD_ARGUMENT: u32 = 2;
    /// A pointer leads nowhere, or no memory is left.
    pub const INVALID_MEMORY_ACCESS: u32 = 6;
    /// Shared data has changed meanwhile.
    pub const CAS_MISMATCH: u32 = 8;
    /// The host does not have this call.
    pub const UNIMPLEMENTED: u32 = 12;
    /// Every status that the ABI knows but success, then three that it does not know.
    pub const REFUSALS: [u32; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 255, u32::MAX];
}
