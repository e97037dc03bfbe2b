//! A strict, resumable scanner for `multipart/form-data` request bodies (RFC 7578).
//!
//! Such a body is a recording or a video with a few short text parts around it, one of them the
//! `model`. [`Scanner`] is fed the body piece by piece, looks for nothing in a file but the next
//! delimiter, and remembers where the model's value lies. What it allocates is bounded by the part
//! headers, which have limits, and by the model's value, which has one too.
//!
//! Strictness is a matter of safety: what this scanner takes for the `model` must be what the
//! provider takes for it too, and parsers of this format disagree a lot. RFC 2046 lets a receiver
//! skip text around the parts and blanks after a delimiter; PHP ends a part at a bare line feed;
//! Werkzeug decodes by a part's charset, aiohttp reads as much as a part's `content-length` says;
//! backslashes and percent signs in a name are unescaped here and kept there. No client needs any
//! of this to send a model and a file, so none of it is interpreted: a body that two parsers could
//! read differently is refused.

mod boundary;
mod disposition;
mod document;
mod error;
mod field_name;
mod form;
mod parameters;
mod part_headers;
mod scanner;
mod search;

#[cfg(test)]
mod tests;

pub use boundary::{Boundary, BoundaryError};
pub use document::{Part, ScannedForm};
pub use error::{Error, ErrorKind};
pub use scanner::Scanner;

/// The most parts a body may have; no form of an OpenAI-style API has more than a few dozen.
pub const MAX_PARTS: usize = 1_000;

/// The most bytes the headers of one part may take, the blank line after them included.
pub const MAX_PART_HEADERS: usize = 8 * 1024;

/// The most headers one part may have. Forms have two or three; there are parsers that refuse more than 32.
pub const MAX_HEADERS_OF_PART: usize = 32;

/// The most bytes the headers of all parts may take together.
pub const MAX_HEADERS: usize = 64 * 1024;

/// The most bytes the model's value may have.
pub const MAX_MODEL: usize = 4 * 1024;
