//! What a body holds for the router, and where in it.

use std::mem;
use std::ops::Range;

use serde::Serialize;

use super::members::{stream_options, JsonMembers, NotedMember};
use super::Splice;
use crate::body_field::{Rule, FIELDS};
use crate::json::{self, Keep, Member, Noted, ValueKind, Watch};
use crate::multipart;
use crate::parameters::Parameters;
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
    /// The members that the configuration asks for.
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
    /// Where its parts lie.
    pub parts: BodyParts,
}

/// What a body is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum BodyParts {
    /// Members.
    Json(JsonMembers),
    /// A form with a part that names the model; its length may be written in digits at another place.
    Form {
        /// The text of that part.
        value: Range<usize>,
        /// The digits.
        length: Option<Range<usize>>,
    },
    /// A form without such a part, which is not given one.
    FormWithoutModel,
}

/// What a provider is to be sent of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyChanges<'a> {
    /// The model's name there.
    pub model: &'a str,
    /// Whether a body that names no model is given one.
    pub needs_model: bool,
    /// What the target does to other members.
    pub parameters: Option<&'a Parameters>,
    /// Whether a stream is asked for its tokens.
    pub tells_usage: bool,
}

pub(super) const MODEL: &str = "model";

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
    pub(super) fn of_json(mut document: json::ScannedJson) -> Result<Self, Reject> {
        let mut needs_permission = Vec::new();
        for (name, rule) in FIELDS {
            let has_variant = document.has_variant(name);
            let is_there = has_variant || document.member(name).is_some();
            match rule {
                Rule::Forbidden if is_there => return Err(Reject::ForbiddenField(name)),
                // Only the exact name is cut out. A provider that ignores case would read the other spelling.
                Rule::CallersKeys if has_variant => return Err(Reject::ForbiddenField(name)),
                Rule::ChoosesModels | Rule::ChoosesModelsAtSomeKinds if is_there => {
                    needs_permission.push(name);
                }
                _ => {}
            }
        }
        needs_permission.append(&mut document.noticed);
        let places = mem::take(&mut document.places);
        let data = document.member(provider_data::MEMBER);
        if data.is_some_and(|data| !data.is_whole()) {
            return Err(Reject::InvalidProviderData(InvalidProviderData::TooLong));
        }
        let model = document.member(MODEL);
        let members = JsonMembers {
            inside: document.inside(),
            count: document.count(),
            model: model.map(Member::place),
            provider_data: data.map(Member::place),
            noted: document.noted().iter().map(NotedMember::from).collect(),
            variants: document.noted_variants().to_owned(),
            stream_options: stream_options(document.noted()),
            inner_models: places,
        };
        let (name, invalid_model) = either(model.map(name_of).transpose());
        Ok(Self {
            provider_data: data
                .filter(|data| data.kind != ValueKind::Null)
                .map(|data| data.raw.clone()),
            invalid_model,
            has_model_variant: document.has_variant(MODEL),
            needs_permission,
            layout: BodyLayout {
                len: document.len(),
                model: name,
                parts: BodyParts::Json(members),
            },
            noted: document.into_noted(),
        })
    }

    /// A body whose model stands in its member `session`.
    pub(super) fn of_session(document: json::ScannedJson) -> Result<Self, Reject> {
        if document.member(MODEL).is_some() || document.has_variant(MODEL) {
            // Two members name a model, and nobody knows which of them the provider reads.
            return Err(Reject::DuplicateField(MODEL));
        }
        if document.has_variant(SESSION) {
            return Err(Reject::DuplicateField(SESSION));
        }
        if document.noted().iter().any(|noted| *noted.name == *SESSION) {
            // A target's change of `session` would overwrite the model that is written in it.
            return Err(Reject::RepeatedMember(SESSION.into()));
        }
        let session = document.member(SESSION).filter(|session| session.kind == ValueKind::Object);
        let (mut name, mut invalid, mut place, mut has_variant) = (None, None, None, false);
        if let Some(session) = session {
            if !session.is_whole() {
                return Err(Reject::InvalidModel(InvalidModel::SessionTooLong));
            }
            let mut scanner = json::Scanner::new(WATCHED);
            let inner = scanner.feed(&session.raw).and_then(|()| scanner.finish());
            let inner = inner.map_err(invalid_json)?;
            let model = inner.member(MODEL);
            (name, invalid) = either(model.map(name_of).transpose());
            place = model.map(|model| model.place().moved(session.value.start));
            has_variant = inner.has_variant(MODEL);
        }
        let mut body = Self::of_json(document)?;
        body.layout.model = name;
        body.invalid_model = invalid;
        body.has_model_variant = has_variant;
        if let BodyParts::Json(members) = &mut body.layout.parts {
            members.model = place;
        }
        Ok(body)
    }

    pub(super) fn of_form(document: multipart::ScannedForm) -> Result<Self, Reject> {
        if let Some(name) = document.forbidden {
            return Err(Reject::ForbiddenField(name));
        }
        let (model, parts) = match document.model {
            None => (Ok(None), BodyParts::FormWithoutModel),
            Some(part) => {
                let name = String::from_utf8(part.text).map_err(|_| InvalidModel::Unprintable);
                let parts = BodyParts::Form { value: part.value, length: part.content_length };
                (name.and_then(check_name).map(Some), parts)
            }
        };
        let (model, invalid_model) = either(model);
        let layout = BodyLayout { len: document.len, model, parts };
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
    /// The changes with which a provider is sent the body. They are in the order of their places; none overlaps another.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingModel`] for a form without a part `model` where one is needed, and [`Reject::RepeatedMember`].
    pub fn splices(&self, changes: BodyChanges<'_>) -> Result<Vec<Splice>, Reject> {
        let BodyChanges { model, needs_model, parameters, tells_usage } = changes;
        let is_other = self.model.as_deref() != Some(model);
        match &self.parts {
            BodyParts::Json(members) => {
                let is_written = is_other && (members.model.is_some() || needs_model);
                let text = is_written.then(|| json_string(model)).transpose()?;
                let mut splices = members.splices(text, parameters, tells_usage)?;
                if !members.inner_models.is_empty() {
                    members.add_inner(&json_string(model)?, &mut splices);
                }
                Ok(splices)
            }
            BodyParts::Form { value, length } if is_other => {
                let length = length
                    .iter()
                    .map(|digits| Splice::new(digits.clone(), model.len().to_string()));
                let mut splices: Vec<Splice> =
                    length.chain([Splice::new(value.clone(), model)]).collect();
                splices.sort_by_key(|splice| splice.range.start);
                Ok(splices)
            }
            BodyParts::FormWithoutModel if needs_model => Err(Reject::MissingModel),
            BodyParts::Form { .. } | BodyParts::FormWithoutModel => Ok(Vec::new()),
        }
    }
}

fn either(model: Result<Option<String>, InvalidModel>) -> (Option<String>, Option<InvalidModel>) {
    match model {
        Ok(model) => (model, None),
        Err(invalid) => (None, Some(invalid)),
    }
}

fn name_of(member: &Member) -> Result<String, InvalidModel> {
    match member.kind {
        ValueKind::String => {}
        ValueKind::Null => return Err(InvalidModel::Null),
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
