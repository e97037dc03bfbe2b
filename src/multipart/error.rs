//! Why a form is refused.

use super::{MAX_HEADERS, MAX_HEADERS_OF_PART, MAX_MODEL, MAX_PARTS, MAX_PART_HEADERS};

/// Why a body is not a form this scanner accepts, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    /// Offset in the whole body, however it was cut into chunks: of the first byte that cannot
    /// stand there; of the header, parameter or delimiter at fault, if it is wrong as a whole; or
    /// the body's length, if the body ends too early.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something other than one line break stands before the first delimiter. RFC 2046 would have
    /// it skipped; but there are parsers that take a part from it.
    #[error("unexpected byte before the first boundary")]
    Preamble,
    /// Something other than a line break and an empty line follows the last delimiter. RFC 2046 would have it
    /// skipped; but there are parsers that go on reading parts.
    #[error("unexpected byte after the last boundary")]
    Epilogue,
    /// A boundary is followed by neither CRLF nor `--`. For some parsers that is a delimiter still,
    /// blanks before CRLF included, for others part of the content.
    #[error("expected CRLF or `--` after the boundary")]
    AmbiguousDelimiter,
    /// `--boundary` stands elsewhere than after CRLF, where there are parsers that find it none the
    /// less. RFC 2046 forbids it in any part.
    #[error("the boundary stands inside a part")]
    BoundaryInPart,
    /// The body ends before the last delimiter, or inside it.
    #[error("unexpected end of the body")]
    UnexpectedEnd,
    /// More than [`MAX_PARTS`] parts.
    #[error("more than {max} parts", max = MAX_PARTS)]
    TooManyParts,
    /// The headers of a part, or of all parts together, are longer than [`MAX_PART_HEADERS`] or
    /// [`MAX_HEADERS`].
    #[error(
        "more than {part} bytes of headers in a part, or {all} in all",
        part = MAX_PART_HEADERS, all = MAX_HEADERS
    )]
    HeadersTooLong,
    /// A part has more than [`MAX_HEADERS_OF_PART`] headers.
    #[error("more than {max} headers in a part", max = MAX_HEADERS_OF_PART)]
    TooManyHeaders,
    /// A delimiter comes before the blank line that ends a part's headers.
    #[error("a part without a blank line after its headers")]
    UnfinishedHeaders,
    /// CR or LF stands alone in a part's headers.
    #[error("a line break other than CRLF")]
    BareLineBreak,
    /// A part's headers hold NUL or another control character but the tab.
    #[error("control character in a part's header")]
    ControlCharacter,
    /// A byte beyond ASCII in a part's headers, elsewhere than in a quoted `filename`.
    #[error("non-ASCII byte in a part's header")]
    NonAscii,
    /// A part's header goes on in the next line, which RFC 9112 calls obsolete.
    #[error("folded header")]
    FoldedHeader,
    /// A line in a part's headers is not a name, a colon and a value.
    #[error("invalid header")]
    InvalidHeader,
    /// A part has no `content-disposition`.
    #[error("a part without `content-disposition`")]
    MissingDisposition,
    /// A part has more than one `content-disposition`, or one with a repeated parameter.
    #[error("repeated `content-disposition` or parameter of it")]
    RepeatedDisposition,
    /// A part's `content-disposition` is not `form-data` with a `name` and well-formed parameters.
    #[error("invalid `content-disposition`")]
    InvalidDisposition,
    /// A parameter of `content-disposition` is not the same for all parsers: it has a quote after a
    /// backslash, or the text of another parameter in it, or is `name` or `filename` but for case.
    #[error("ambiguous `content-disposition`")]
    AmbiguousDisposition,
    /// Parsers may disagree about a part's name: it has other characters than ASCII letters and
    /// digits and `-_.[]`, or is given in extended form (`name*`), or is `model` but for case and
    /// punctuation.
    #[error("ambiguous name of a part")]
    AmbiguousName,
    /// A part is named `_charset_`, by which RFC 7578 has all other parts decoded.
    #[error("a part named `_charset_`")]
    CharsetPart,
    /// A part's own `content-length` is not a number or not the length of its content, or comes
    /// twice.
    #[error("wrong `content-length` of a part")]
    WrongContentLength,
    /// A second part is named `model`.
    #[error("repeated part `model`")]
    DuplicateModel,
    /// The part `model` has a file name, so it is no text for many parsers.
    #[error("the part `model` is a file")]
    ModelIsFile,
    /// A header of the part `model` lets some parsers decode its value: a `content-type` other than
    /// `text/plain` in UTF-8 or US-ASCII, a `content-transfer-encoding` other than `7bit`, `8bit`
    /// and `binary`, or any other header that begins with `content-`.
    #[error("the part `model` is encoded")]
    ModelIsEncoded,
    /// The model's value is longer than [`MAX_MODEL`].
    #[error("more than {max} bytes in the part `model`", max = MAX_MODEL)]
    ModelTooLong,
}
