//! Why a body is not accepted, and where.

use super::inside::MAX_PLACES;
use super::MAX_DEPTH;

/// Why a body is not a document this scanner accepts, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    /// Offset in the whole body, however it was cut into chunks: of the first byte that cannot
    /// belong to a valid document; of the opening quote of a repeated member; of the first byte of
    /// an ill-formed UTF-8 sequence; or the body's length, if the body ends too early.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The body begins with a byte order mark, which RFC 8259 (section 8.1) forbids, or with a byte of one.
    #[error("the body begins with a byte order mark; send UTF-8 without one")]
    ByteOrderMark,
    /// The first byte after white space, if any, does not open an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// A watched member comes again, in the same or in another case.
    #[error("repeated member `{0}`")]
    DuplicateMember(&'static str),
    /// A member whose place is wanted comes more often than places are kept.
    #[error("more than {max} members `{0}`", max = MAX_PLACES)]
    TooMany(&'static str),
    /// More than [`MAX_DEPTH`] arrays and objects lie inside one another.
    #[error("more than {max} nested arrays and objects", max = MAX_DEPTH)]
    TooDeep,
    /// A string is not UTF-8 as RFC 3629 defines it.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// The body ends inside the document, or before it.
    #[error("unexpected end of the body")]
    UnexpectedEnd,
    /// Something other than white space follows the document.
    #[error("unexpected byte after the document")]
    TrailingByte,
    /// An object goes on with something other than a member's name.
    #[error("expected a member name")]
    ExpectedName,
    /// A member's name is not followed by a colon.
    #[error("expected a colon")]
    ExpectedColon,
    /// No JSON value begins like this.
    #[error("expected a value")]
    ExpectedValue,
    /// A value in an array or object is followed by neither a comma nor the closing bracket.
    #[error("expected a comma or a closing bracket")]
    ExpectedComma,
    /// A word begins like `true`, `false` or `null` and ends otherwise.
    #[error("invalid literal")]
    InvalidLiteral,
    /// A number has a leading zero, or no digit where RFC 8259 requires one.
    #[error("invalid number")]
    InvalidNumber,
    /// A backslash begins none of the nine escapes of RFC 8259.
    #[error("invalid escape")]
    InvalidEscape,
    /// A string holds a raw control character, i.e. a byte below 0x20.
    #[error("unescaped control character in a string")]
    ControlCharacter,
}
