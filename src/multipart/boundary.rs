//! The boundary that a form's content type declares.

use super::parameters::{contains, Parameters};

/// The longest boundary that RFC 2046 allows.
const MAX_LENGTH: usize = 70;

/// What separates the parts of a body, as the request's `content-type` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(Vec<u8>);

/// Why a `content-type` names no boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundaryError {
    /// Another media type.
    #[error("the content type is not multipart/form-data")]
    NotFormData,
    /// The parameters cannot be read, or not by all parsers alike: one is in extended form
    /// (`boundary*`), or the word stands in another one, where parsers without a grammar find it.
    #[error("malformed parameters of the content type")]
    Malformed,
    /// No parameter `boundary`.
    #[error("the content type has no boundary")]
    Missing,
    /// More than one parameter `boundary`.
    #[error("the content type has more than one boundary")]
    Repeated,
    /// A charset in which some parsers would read other names and values than this one.
    #[error("the content type has a charset other than UTF-8")]
    Charset,
    /// Not 1 to 70 of the characters that RFC 2046 allows, or a space at either end. A backslash is
    /// not among these characters, so that no parser has anything to unescape.
    #[error("invalid boundary")]
    Invalid,
}

impl Boundary {
    /// Reads the value of a `content-type`, of which a request must have exactly one.
    ///
    /// # Errors
    ///
    /// The media type is another one, or its boundary is missing, repeated or invalid.
    pub fn from_content_type(value: &[u8]) -> Result<Self, BoundaryError> {
        let (media_type, mut parameters) = Parameters::split(value.trim_ascii());
        if !media_type.eq_ignore_ascii_case(b"multipart/form-data") {
            return Err(BoundaryError::NotFormData);
        }
        let mut boundary = None;
        while let Some(parameter) = parameters.next().map_err(|_| BoundaryError::Malformed)? {
            if parameter.name.eq_ignore_ascii_case(b"charset") && !is_utf8(parameter.value) {
                return Err(BoundaryError::Charset);
            }
            if !parameter.name.eq_ignore_ascii_case(b"boundary") {
                if contains(parameter.name, b"boundary") || contains(parameter.value, b"boundary") {
                    return Err(BoundaryError::Malformed);
                }
            } else if boundary.replace(parameter.value).is_some() {
                return Err(BoundaryError::Repeated);
            }
        }
        let boundary = boundary.ok_or(BoundaryError::Missing)?;
        if is_valid(boundary) {
            Ok(Self(boundary.to_vec()))
        } else {
            Err(BoundaryError::Invalid)
        }
    }

    /// `--` and the boundary, which begin every delimiter.
    pub(super) fn dashed(&self) -> Vec<u8> {
        [b"--", self.0.as_slice()].concat()
    }
}

/// Whether a charset is UTF-8, or a part of it.
fn is_utf8(charset: &[u8]) -> bool {
    [&b"utf-8"[..], b"utf8", b"us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

fn is_valid(boundary: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&boundary.len())
        && boundary.trim_ascii() == boundary
        && boundary
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte))
        && !contains(boundary, b"boundary=")
}
