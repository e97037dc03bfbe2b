//! What a body holds for the router, and where in it.

use std::ops::Range;

use serde::Serialize;

use super::Splice;
use crate::body_field::{Rule, FIELDS};
use crate::json::{self, Keep, Kind, Member, Noted, Watch};
use crate::multipart;
use crate::provider_data::{self, InvalidProviderData};
use crate::reject::{InvalidModel, Reject};

/// A body that was read.
#[derive(Debug)]
pub struct Body {
    /// The JSON of the caller's own keys.
    pub provider_data: Option<Vec<u8>>,
    /// What is wrong with the `model` that it has, where it is nothing that could name one.
    pub invalid_model: Option<InvalidModel>,
    /// Whether it has no `model`, but one in another case, which a provider could read for it.
    pub has_model_variant: bool,
    /// Its members that a provider is sent only where it allows them.
    pub needs_permission: Vec<&'static str>,
    /// The values of members that are read and left alone.
    pub noted: Vec<Noted>,
    /// Where its parts lie.
    pub layout: BodyLayout,
}

/// Where in a body the parts lie that requests of providers differ in. Offsets are those of the body as it came. The
/// filter in a pool makes the edits of each attempt from this: see [`crate::failover`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BodyLayout {
    /// Its length in bytes.
    pub len: usize,
    /// The model that it names.
    pub model: Option<String>,
    /// How another model is put into it.
    pub position: ModelPosition,
    /// What must go, whatever happens.
    pub cut: Option<Range<usize>>,
}

/// Where the model stands, or could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ModelPosition {
    /// In place of this JSON value, a string where the body names a model.
    JsonString(Range<usize>),
    /// As a new member behind the opening brace at this offset, with a comma behind it where other members follow.
    NewMember {
        /// The offset.
        at: usize,
        /// Whether no other member will be left.
        is_only: bool,
    },
    /// In place of this text of a form's part, whose length may be written in digits at another place.
    FormText {
        /// The text.
        value: Range<usize>,
        /// The digits.
        length: Option<Range<usize>>,
    },
    /// Nowhere: a form is not given parts that it does not have.
    Nowhere,
}

const MODEL: &str = "model";

/// The member that holds the model of a session.
const SESSION: &str = "session";

/// `model` and every member of [`FIELDS`].
pub(super) const WATCHED: &[Watch] = &watched::<{ FIELDS.len() + 1 }>();

/// The same and `session`.
pub(super) const WATCHED_WITH_SESSION: &[Watch] = &watched::<{ FIELDS.len() + 2 }>();

const fn watched<const N: usize>() -> [Watch; N] {
    let mut all = [const { Watch { name: SESSION, keep: Keep::Value } }; N];
    let mut index = 0;
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "evaluated by the compiler, which refuses an index that is out of bounds"
    )]
    {
        all[0] = Watch { name: MODEL, keep: Keep::Value };
        while index < FIELDS.len() {
            let (name, rule) = FIELDS[index];
            let keep = if matches!(rule, Rule::CallersKeys) { Keep::Value } else { Keep::Span };
            all[index + 1] = Watch { name, keep };
            index += 1;
        }
    }
    all
}

impl Body {
    pub(super) fn of_json(document: json::Document) -> Result<Self, Reject> {
        let mut needs_permission = Vec::new();
        for (name, rule) in FIELDS {
            let has_variant = document.has_variant(name);
            let is_there = has_variant || document.member(name).is_some();
            match rule {
                Rule::Forbidden if is_there => return Err(Reject::ForbiddenField(name)),
                // A variant would not be cut, and a provider that does not mind the case would read it.
                Rule::CallersKeys if has_variant => return Err(Reject::ForbiddenField(name)),
                Rule::ChoosesModels | Rule::ChoosesModelsAtSomeKinds if is_there => {
                    needs_permission.push(name);
                }
                _ => {}
            }
        }
        let data = document.member(provider_data::MEMBER);
        if data.is_some_and(|data| !data.is_whole()) {
            return Err(Reject::InvalidProviderData(InvalidProviderData::TooLong));
        }
        let found = JsonModel::of(&document, data.is_some_and(is_only), 0);
        Ok(Self {
            provider_data: data.filter(|data| data.kind != Kind::Null).map(|data| data.raw.clone()),
            invalid_model: found.invalid,
            has_model_variant: found.has_variant,
            needs_permission,
            layout: BodyLayout {
                len: document.len(),
                model: found.name,
                position: found.position,
                cut: data.map(Member::with_comma),
            },
            noted: document.into_noted(),
        })
    }

    /// A body whose model stands in its member `session`.
    pub(super) fn of_session(document: json::Document) -> Result<Self, Reject> {
        if document.member(MODEL).is_some() || document.has_variant(MODEL) {
            // Who reads the one, and who the other?
            return Err(Reject::DuplicateField(MODEL));
        }
        if document.has_variant(SESSION) {
            return Err(Reject::DuplicateField(SESSION));
        }
        let found = match document.member(SESSION) {
            Some(session) if session.kind == Kind::Object => {
                if !session.is_whole() {
                    return Err(Reject::InvalidModel(InvalidModel::SessionTooLong));
                }
                let mut scanner = json::Scanner::new(WATCHED);
                let inner = scanner.feed(&session.raw).and_then(|()| scanner.finish());
                Some(JsonModel::of(&inner.map_err(invalid_json)?, false, session.value.start))
            }
            _ => None,
        };
        let mut body = Self::of_json(document)?;
        (body.layout.model, body.invalid_model, body.has_model_variant) = (None, None, false);
        body.layout.position = ModelPosition::Nowhere;
        if let Some(found) = found {
            body.invalid_model = found.invalid;
            body.has_model_variant = found.has_variant;
            body.layout.model = found.name;
            body.layout.position = found.position;
        }
        Ok(body)
    }

    pub(super) fn of_form(document: multipart::Document) -> Result<Self, Reject> {
        if let Some(name) = document.forbidden {
            return Err(Reject::ForbiddenField(name));
        }
        let (model, position) = match document.model {
            None => (Ok(None), ModelPosition::Nowhere),
            Some(part) => {
                let name = String::from_utf8(part.text).map_err(|_| InvalidModel::Unprintable);
                let position =
                    ModelPosition::FormText { value: part.value, length: part.content_length };
                (name.and_then(check_name).map(Some), position)
            }
        };
        let (model, invalid_model) = either(model);
        let layout = BodyLayout { len: document.len, model, position, cut: None };
        let needs_permission = document.needs_permission;
        Ok(Self {
            provider_data: None,
            invalid_model,
            has_model_variant: false,
            needs_permission,
            noted: Vec::new(),
            layout,
        })
    }
}

impl BodyLayout {
    /// The changes that make the body name `model`, and hold nothing that must not be sent. `is_needed` says whether a
    /// body that names no model is given one. They are in the order of their places; none overlaps another.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingModel`] for a form without a part `model` where one is needed.
    pub fn naming(&self, model: &str, is_needed: bool) -> Result<Vec<Splice>, Reject> {
        let changes = self.model.as_deref() != Some(model);
        let mut splices: Vec<Splice> = match &self.position {
            ModelPosition::JsonString(value) if changes => {
                vec![Splice::new(value.clone(), json_string(model)?)]
            }
            ModelPosition::NewMember { at, is_only } if is_needed => {
                let comma = if *is_only { "" } else { "," };
                vec![Splice::new(*at..*at, format!("\"{MODEL}\":{}{comma}", json_string(model)?))]
            }
            ModelPosition::FormText { value, length } if changes => {
                let length = length
                    .iter()
                    .map(|digits| Splice::new(digits.clone(), model.len().to_string()));
                length.chain([Splice::new(value.clone(), model)]).collect()
            }
            ModelPosition::Nowhere if is_needed => return Err(Reject::MissingModel),
            _ => Vec::new(),
        };
        splices.extend(self.cut.iter().map(|range| Splice::new(range.clone(), "")));
        splices.sort_by_key(|splice| splice.range.start);
        Ok(splices)
    }
}

/// The model of a JSON object, and its place.
struct JsonModel {
    name: Option<String>,
    invalid: Option<InvalidModel>,
    has_variant: bool,
    position: ModelPosition,
}

impl JsonModel {
    /// That of an object that begins `offset` bytes into the body. `is_emptied` says that what it holds will be cut.
    fn of(document: &json::Document, is_emptied: bool, offset: usize) -> Self {
        let at = |place: usize| place.saturating_add(offset);
        let model = document.member(MODEL);
        let (name, invalid) = either(model.map(name_of).transpose());
        let position = match model {
            Some(model) => ModelPosition::JsonString(at(model.value.start)..at(model.value.end)),
            None => ModelPosition::NewMember {
                at: at(document.inside()),
                is_only: document.is_empty() || is_emptied,
            },
        };
        Self { name, invalid, has_variant: document.has_variant(MODEL), position }
    }
}

fn either(model: Result<Option<String>, InvalidModel>) -> (Option<String>, Option<InvalidModel>) {
    match model {
        Ok(model) => (model, None),
        Err(invalid) => (None, Some(invalid)),
    }
}

/// Whether a member has no neighbours.
fn is_only(member: &Member) -> bool {
    member.comma_before.is_none() && member.comma_after.is_none()
}

fn name_of(member: &Member) -> Result<String, InvalidModel> {
    match member.kind {
        Kind::String => {}
        Kind::Null => return Err(InvalidModel::Null),
        _ => return Err(InvalidModel::NotAString),
    }
    if !member.is_whole() {
        return Err(InvalidModel::TooLong);
    }
    member.text().ok_or(InvalidModel::Unprintable).and_then(check_name)
}

/// Refuses what could not name a model, wherever it was found.
///
/// # Errors
///
/// What is wrong with it.
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

pub(super) fn invalid_json(error: json::Error) -> Reject {
    match error.kind {
        json::ErrorKind::DuplicateMember(name) => Reject::DuplicateField(name),
        _ => Reject::InvalidJson(error),
    }
}

pub(super) fn invalid_form(error: multipart::Error) -> Reject {
    match error.kind {
        multipart::ErrorKind::DuplicateModel => Reject::DuplicateField(MODEL),
        _ => Reject::InvalidMultipart(error),
    }
}
