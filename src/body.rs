//! Request bodies: what in them decides where a request goes, where it stands, and how it is changed.

mod declared;
#[cfg(any(target_os = "wasi", feature = "internals", test))]
mod edit;
mod layout;
mod members;
mod splice;

use std::rc::Rc;

use crate::body_field::{OF_BEDROCK, OF_GEMINI};
use crate::endpoint::ModelSource;
use crate::header::Headers;
use crate::json;
use crate::multipart;
use crate::reject::Reject;

use layout::{invalid_form, invalid_json, WATCHED, WATCHED_WITH_SESSION};

#[cfg(any(target_os = "wasi", feature = "internals", test))]
pub use edit::{edit, Buffer};
pub use layout::{check_name, Body, BodyChanges, BodyLayout, BodyParts};
pub use members::{JsonMembers, NotedMember, STREAM, STREAM_OPTIONS};
pub use splice::{resulting_len, Splice};

/// How much of a body is copied at once, in bytes; only its last piece is smaller.
pub const PIECE: usize = 256 * 1024;

/// Reads a body piece by piece as it comes in.
#[allow(clippy::large_enum_variant, reason = "there is one for a request, behind a pointer")]
pub enum BodyReader {
    /// A JSON object.
    Json(json::Scanner),
    /// A JSON object whose member `session` names the model.
    JsonSession(json::Scanner),
    /// A form.
    Form(multipart::Scanner),
}

impl BodyReader {
    /// A reader for the body that these headers announce. `limit` is the largest body that is taken, in bytes; `noted` are
    /// further members of a JSON body whose values are wanted.
    ///
    /// # Errors
    ///
    /// The body is too large, in an encoding, or of a type that the endpoint does not take.
    pub fn new(
        source: ModelSource,
        headers: &Headers,
        limit: usize,
        noted: &Rc<[Rc<str>]>,
    ) -> Result<Self, Reject> {
        declared::check_encoding(headers)?;
        let body = match source {
            ModelSource::Form => Self::form(headers)?,
            ModelSource::JsonOrForm if declared::is_form(headers) => Self::form(headers)?,
            ModelSource::GeminiPath | ModelSource::BedrockPath => {
                declared::check_json(headers)?;
                let scanner = json::Scanner::noting(WATCHED, Rc::clone(noted));
                Self::Json(scanner.looking_inside(match source {
                    ModelSource::GeminiPath => OF_GEMINI,
                    _ => OF_BEDROCK,
                }))
            }
            ModelSource::Json | ModelSource::Query | ModelSource::JsonOrForm => {
                declared::check_json(headers).map_err(|refused| match source {
                    ModelSource::JsonOrForm => Reject::UnsupportedContentType(
                        "application/json in UTF-8, or multipart/form-data",
                    ),
                    _ => refused,
                })?;
                Self::Json(json::Scanner::noting(WATCHED, Rc::clone(noted)))
            }
            ModelSource::JsonSession => {
                declared::check_json(headers)?;
                Self::JsonSession(json::Scanner::noting(WATCHED_WITH_SESSION, Rc::clone(noted)))
            }
        };
        declared::check_length(headers, limit)?;
        Ok(body)
    }

    fn form(headers: &Headers) -> Result<Self, Reject> {
        Ok(Self::Form(multipart::Scanner::new(&declared::form_boundary(headers)?)))
    }

    /// How much of the body was read, in bytes.
    #[must_use]
    pub fn scanned(&self) -> usize {
        match self {
            Self::Json(scanner) | Self::JsonSession(scanner) => scanner.scanned(),
            Self::Form(scanner) => scanner.scanned(),
        }
    }

    /// Reads the next piece.
    ///
    /// # Errors
    ///
    /// The body cannot be read already.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Reject> {
        match self {
            Self::Json(scanner) | Self::JsonSession(scanner) => {
                scanner.feed(piece).map_err(invalid_json)
            }
            Self::Form(scanner) => scanner.feed(piece).map_err(invalid_form),
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// The body is not whole, or holds what no request may.
    pub fn finish(self) -> Result<Body, Reject> {
        match self {
            Self::Json(scanner) => scanner.finish().map_err(invalid_json).and_then(Body::of_json),
            Self::JsonSession(scanner) => {
                scanner.finish().map_err(invalid_json).and_then(Body::of_session)
            }
            Self::Form(scanner) => scanner.finish().map_err(invalid_form).and_then(Body::of_form),
        }
    }
}
