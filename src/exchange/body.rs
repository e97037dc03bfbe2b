//! Request bodies: what in them decides where a request goes, and where it stands.

use std::ops::Range;

use super::admission;
use super::rewrite::Splice;
use crate::endpoint::Carrier;
use crate::header::Headers;
use crate::json::{self, Keep, Kind, Member, Watch};
use crate::multipart;
use crate::provider_data::{self, InvalidProviderData};
use crate::reject::{InvalidModel, Reject};

/// A body that is coming in.
pub enum Body {
    /// A JSON object.
    Json(json::Scanner),
    /// A form.
    Form(multipart::Scanner),
}

/// What a body holds for the router.
#[derive(Debug)]
pub struct Contents {
    /// Its length in bytes.
    pub len: usize,
    /// The model that it names.
    pub model: Option<String>,
    /// The JSON of the caller's own keys.
    pub provider_data: Option<Vec<u8>>,
    /// How the model is put into it.
    place: Place,
    /// What must go, whatever happens.
    cut: Option<Range<usize>>,
}

/// Where the model stands, or could.
#[derive(Debug)]
enum Place {
    /// In place of this JSON string.
    JsonString(Range<usize>),
    /// As a new member behind the opening brace at this offset, before others or alone.
    NewMember { at: usize, alone: bool },
    /// In place of this text of a form's part, whose length may be told in these digits.
    FormText { value: Range<usize>, told_length: Option<Range<usize>> },
    /// Nowhere: a form is not given parts that it does not have.
    Nowhere,
}

const MODEL: &str = "model";

/// Members that other gateways let a caller set. Honouring one would let it choose where a key is sent.
const FORBIDDEN: [&str; 4] = ["api_key", "api_base", "base_url", "user_config"];

const WATCHED: &[Watch] = &[
    Watch { name: MODEL, keep: Keep::Value },
    Watch { name: provider_data::MEMBER, keep: Keep::Value },
    Watch { name: "api_key", keep: Keep::Span },
    Watch { name: "api_base", keep: Keep::Span },
    Watch { name: "base_url", keep: Keep::Span },
    Watch { name: "user_config", keep: Keep::Span },
];

impl Body {
    /// The body that these headers announce, if it can be taken at all.
    pub fn announced(carrier: Carrier, headers: &Headers, limit: usize) -> Result<Self, Reject> {
        admission::check_encoding(headers)?;
        let body = match carrier {
            Carrier::Form => {
                Self::Form(multipart::Scanner::new(&admission::form_boundary(headers)?))
            }
            Carrier::Json | Carrier::Query => {
                admission::check_json(headers)?;
                Self::Json(json::Scanner::new(WATCHED))
            }
        };
        admission::check_length(headers, limit)?;
        Ok(body)
    }

    /// How much was fed, in bytes.
    pub fn scanned(&self) -> usize {
        match self {
            Self::Json(scanner) => scanner.scanned(),
            Self::Form(scanner) => scanner.scanned(),
        }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Reject> {
        match self {
            Self::Json(scanner) => scanner.feed(piece).map_err(invalid_json),
            Self::Form(scanner) => scanner.feed(piece).map_err(invalid_form),
        }
    }

    /// Ends it.
    pub fn finish(self) -> Result<Contents, Reject> {
        match self {
            Self::Json(scanner) => {
                scanner.finish().map_err(invalid_json).and_then(|document| of_json(&document))
            }
            Self::Form(scanner) => scanner.finish().map_err(invalid_form).and_then(of_form),
        }
    }
}

impl Contents {
    /// The changes that make it name `model`, and nothing that must not be sent. `is_needed` says whether a body that
    /// names none is to be given one.
    pub fn naming(&self, model: &str, is_needed: bool) -> Result<Vec<Splice>, Reject> {
        let named = (self.model.as_deref() != Some(model)).then_some(());
        let mut splices: Vec<Splice> = match &self.place {
            Place::JsonString(value) if named.is_some() => {
                vec![Splice::new(value.clone(), json_string(model)?)]
            }
            Place::NewMember { at, alone } if is_needed => {
                let comma = if *alone { "" } else { "," };
                vec![Splice::new(*at..*at, format!("\"{MODEL}\":{}{comma}", json_string(model)?))]
            }
            Place::FormText { value, told_length } => named
                .map(|()| {
                    let length = told_length
                        .iter()
                        .map(|told| Splice::new(told.clone(), model.len().to_string()));
                    length.chain([Splice::new(value.clone(), model)]).collect()
                })
                .unwrap_or_default(),
            Place::Nowhere if is_needed => return Err(Reject::MissingModel),
            Place::JsonString(_) | Place::NewMember { .. } | Place::Nowhere => Vec::new(),
        };
        splices.extend(self.cut.iter().map(|range| Splice::new(range.clone(), "")));
        splices.sort_by_key(|splice| splice.range.start);
        Ok(splices)
    }
}

fn of_json(document: &json::Document) -> Result<Contents, Reject> {
    let is_there = |name: &&str| document.member(name).is_some() || document.has_variant(name);
    if let Some(name) = FORBIDDEN.into_iter().find(is_there) {
        return Err(Reject::ForbiddenField(name));
    }
    // It would not be cut, and a provider that does not mind the case would read it.
    if document.has_variant(provider_data::MEMBER) {
        return Err(Reject::ForbiddenField(provider_data::MEMBER));
    }
    let data = document.member(provider_data::MEMBER);
    if data.is_some_and(|data| !data.is_whole()) {
        return Err(Reject::InvalidProviderData(InvalidProviderData::TooLong));
    }
    let model = document.member(MODEL);
    Ok(Contents {
        len: document.len(),
        model: model.map(name_of).transpose().map_err(Reject::InvalidModel)?,
        provider_data: data.filter(|data| data.kind != Kind::Null).map(|data| data.raw.clone()),
        place: match model {
            Some(model) => Place::JsonString(model.value.clone()),
            None => Place::NewMember {
                at: document.inside(),
                alone: document.is_empty() || data.is_some_and(is_only),
            },
        },
        cut: data.map(Member::with_comma),
    })
}

/// Whether a member has no neighbours.
fn is_only(member: &Member) -> bool {
    member.comma_before.is_none() && member.comma_after.is_none()
}

fn of_form(document: multipart::Document) -> Result<Contents, Reject> {
    if let Some(name) = document.forbidden {
        return Err(Reject::ForbiddenField(name));
    }
    let (model, place) = match document.model {
        None => (None, Place::Nowhere),
        Some(part) => {
            let name = String::from_utf8(part.text)
                .map_err(|_| Reject::InvalidModel(InvalidModel::Unprintable))?;
            let place = Place::FormText { value: part.value, told_length: part.content_length };
            (Some(check_name(name).map_err(Reject::InvalidModel)?), place)
        }
    };
    Ok(Contents { len: document.len, model, provider_data: None, place, cut: None })
}

fn name_of(member: &Member) -> Result<String, InvalidModel> {
    if member.kind != Kind::String {
        return Err(InvalidModel::NotAString);
    }
    if !member.is_whole() {
        return Err(InvalidModel::TooLong);
    }
    member.text().ok_or(InvalidModel::Unprintable).and_then(check_name)
}

/// Refuses what could not name a model, wherever it was found.
pub fn check_name(name: String) -> Result<String, InvalidModel> {
    if name.is_empty() {
        return Err(InvalidModel::Empty);
    }
    if name.chars().any(char::is_control) {
        return Err(InvalidModel::Unprintable);
    }
    Ok(name)
}

fn json_string(text: &str) -> Result<String, Reject> {
    let is_plain = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    match text.bytes().all(is_plain) {
        true => Ok(["\"", text, "\""].concat()),
        false => serde_json::to_string(text).map_err(|_| Reject::Internal),
    }
}

fn invalid_json(error: json::Error) -> Reject {
    match error.kind {
        json::ErrorKind::DuplicateMember(name) => Reject::DuplicateField(name),
        _ => Reject::InvalidJson(error),
    }
}

fn invalid_form(error: multipart::Error) -> Reject {
    match error.kind {
        multipart::ErrorKind::DuplicateModel => Reject::DuplicateField(MODEL),
        _ => Reject::InvalidMultipart(error),
    }
}
