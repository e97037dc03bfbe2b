//! The `:path` that a provider is sent.

use std::borrow::Cow;

use percent_encoding::{utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};
use thiserror::Error;

/// A client's path, taken apart where the rules need it. All of it is as the client sent it.
#[derive(Debug, Clone, Copy)]
pub struct RequestPath<'a> {
    /// The path without the query.
    pub path: &'a [u8],
    /// The base path that such requests have: the one that this begins with, or for an Azure client's the usual one.
    pub base: &'a str,
    /// What follows the base path, without the slash: `chat/completions`.
    pub endpoint: &'a str,
    /// The deployment that an Azure client names in the path, percent-encoded.
    pub deployment: Option<&'a str>,
    /// The query, without its `?`.
    pub query: Option<&'a [u8]>,
}

/// What precedes the deployment in the path of an Azure client.
pub const DEPLOYMENTS: &str = "/openai/deployments/";

/// How a provider wants the client's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathRule {
    /// As the client sent it.
    AsSent,
    /// With this in the place of the base path.
    Base(Box<str>),
    /// With `strip` cut off the front and `prefix` put there; a path that does not begin with `strip` is left
    /// alone.
    Front {
        /// What is cut off.
        strip: Box<str>,
        /// What is put in front.
        prefix: Box<str>,
    },
    /// Written anew.
    Template(Template),
}

impl PathRule {
    /// The path to send, with `query` in the place of the client's.
    ///
    /// # Errors
    ///
    /// [`UnsafeModel`] where the model would become a `.` or `..` segment of the path.
    pub fn rewrite<'a>(
        &self,
        sent: RequestPath<'a>,
        query: Option<&[u8]>,
        model: &str,
    ) -> Result<Cow<'a, [u8]>, UnsafeModel> {
        let mut own_query = false;
        let path = match self {
            Self::AsSent if sent.deployment.is_some() => {
                owned([DEPLOYMENTS, &encoded(model)?, "/", sent.endpoint].concat())
            }
            Self::AsSent => Cow::Borrowed(sent.path),
            Self::Base(prefix) => owned([prefix, "/", sent.endpoint].concat()),
            Self::Front { strip, prefix } => {
                let path = match sent.deployment {
                    Some(_) => owned([sent.base, "/", sent.endpoint].concat()),
                    None => Cow::Borrowed(sent.path),
                };
                match cut(&path, strip) {
                    Some(rest) => Cow::Owned([prefix.as_bytes(), rest].concat()),
                    None => path,
                }
            }
            Self::Template(template) => {
                own_query = template.has_query;
                owned(template.fill(sent.endpoint, model)?)
            }
        };
        let Some(query) = query else { return Ok(path) };
        let separator = if own_query { b"&" } else { b"?" };
        Ok(Cow::Owned([&*path, separator, query].concat()))
    }

    /// Whether the model stands in the path that is sent.
    #[must_use]
    pub fn names_the_model(&self, sent: RequestPath<'_>) -> bool {
        match self {
            Self::AsSent => sent.deployment.is_some(),
            Self::Base(_) | Self::Front { .. } => false,
            Self::Template(template) => template.pieces.contains(&Piece::Model),
        }
    }
}

fn owned<'a>(path: String) -> Cow<'a, [u8]> {
    Cow::Owned(path.into_bytes())
}

/// What follows `front` in `path`, if `front` ends where a segment does.
fn cut<'p>(path: &'p [u8], front: &str) -> Option<&'p [u8]> {
    path.strip_prefix(front.as_bytes()).filter(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// A path with places for the model and the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    has_query: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    Model,
    Endpoint,
}

impl Template {
    /// Reads a template: a path in which `{model}` and `{endpoint}` are filled in.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if !is_path(text) {
            return Err(TemplateError::NotAPath);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
            pieces.push(Piece::Literal(literal.into()));
            pieces.push(match name {
                "model" => Piece::Model,
                "endpoint" => Piece::Endpoint,
                _ => return Err(TemplateError::UnknownPlace(name.into())),
            });
            rest = after;
        }
        pieces.push(Piece::Literal(rest.into()));
        Ok(Self { pieces, has_query: text.contains('?') })
    }

    /// The path with `endpoint` and the percent-encoded `model` in it.
    fn fill(&self, endpoint: &str, model: &str) -> Result<String, UnsafeModel> {
        let model = encoded(model)?;
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text,
            Piece::Endpoint => endpoint,
            Piece::Model => &model,
        });
        Ok(filled.collect())
    }
}

/// A model as one segment of a path.
fn encoded(model: &str) -> Result<String, UnsafeModel> {
    // Encoded dots are still dot segments to many servers (WHATWG URL, section 4.4), and some decode %2F.
    if model.split(['/', '\\']).any(|segment| segment == "." || segment == "..") {
        return Err(UnsafeModel);
    }
    Ok(percent_encode(model))
}

/// `text` with everything but unreserved characters percent-encoded.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_UNRESERVED).collect()
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const OUTSIDE_UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether `text` may stand at the front of a `:path`: it begins with a slash and holds only what may be sent.
#[must_use]
pub fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// A path template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// It does not begin with a slash, or holds what no path may.
    #[error("a path begins with `/` and holds no spaces, control or non-ASCII characters")]
    NotAPath,
    /// A `{` without its `}`.
    #[error("a `{{` is never closed")]
    Unclosed,
    /// A place that nothing is known to fill.
    #[error("unknown place `{{{0}}}`: there are `{{model}}` and `{{endpoint}}`")]
    UnknownPlace(Box<str>),
}

/// A model's name would become a `.` or `..` segment of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the model cannot stand in a path")]
pub struct UnsafeModel;

#[cfg(test)]
mod tests;
