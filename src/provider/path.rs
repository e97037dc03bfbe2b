//! The `:path` that a provider is sent.

use std::borrow::Cow;

use thiserror::Error;

use crate::endpoint::RequestPath;
use crate::query::percent_encode;

/// How a provider wants the client's path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PathRule {
    /// As the client sent it.
    #[default]
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
            Self::AsSent => with_model_in_path(sent, model)?.unwrap_or_else(|| sent.canonical()),
            Self::Base(prefix) => owned([prefix, "/", sent.endpoint].concat()),
            Self::Front { strip, prefix } => {
                let native = sent.native().and(Some(sent));
                let native =
                    native.map(|sent| with_model_in_path(sent, model)).transpose()?.flatten();
                let path = native.unwrap_or_else(|| sent.usual());
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

    /// Whether a pair of this name is the provider's own: then the client's is not sent.
    #[must_use]
    pub fn sets_query(&self, name: &[u8]) -> bool {
        match self {
            Self::Template(template) => {
                template.query.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
            }
            Self::AsSent | Self::Base(_) | Self::Front { .. } => false,
        }
    }

    /// Whether there is no path without a model.
    #[must_use]
    pub fn needs_model(&self) -> bool {
        matches!(self, Self::Template(template) if template.pieces.contains(&Piece::Model))
    }

    /// Whether the model of an API that has it in the path stands in the path that is sent.
    #[must_use]
    pub fn keeps_model(&self) -> bool {
        matches!(self, Self::AsSent | Self::Front { .. }) || self.needs_model()
    }

    /// Whether the model stands in the path that is sent.
    #[must_use]
    pub fn names_the_model(&self, sent: RequestPath<'_>) -> bool {
        match self {
            Self::AsSent => sent.model.is_some(),
            Self::Front { .. } => sent.native().is_some(),
            Self::Base(_) => false,
            Self::Template(template) => template.pieces.contains(&Piece::Model),
        }
    }
}

/// The client's path with `model` in the place of the one that it names; `None` for one that names none.
fn with_model_in_path<'a>(
    sent: RequestPath<'_>,
    model: &str,
) -> Result<Option<Cow<'a, [u8]>>, UnsafeModel> {
    let Some(place) = sent.model else { return Ok(None) };
    Ok(Some(Cow::Owned(sent.naming(place, &encoded(model)?))))
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
    /// The names of the pairs in its query, in lower case.
    query: Vec<Box<str>>,
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
        let query = text.split_once('?').map(|(_, query)| query);
        let names = query.into_iter().flat_map(|query| query.split('&'));
        let names = names.map(|pair| pair.split('=').next().unwrap_or_default());
        Ok(Self {
            pieces,
            query: names.map(|name| name.to_ascii_lowercase().into()).collect(),
            has_query: query.is_some(),
        })
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
