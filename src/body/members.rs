//! Changes to the members of a JSON body.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use super::Splice;
use crate::json::{Kind, MemberPlace, Noted, Scanner};
use crate::parameters::Parameters;
use crate::reject::Reject;

/// Where in a JSON body the members lie that requests of providers differ in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonMembers {
    /// Behind the opening brace, where a further member can be put.
    pub inside: usize,
    /// How many members there are.
    pub count: usize,
    /// The model.
    pub model: Option<MemberPlace>,
    /// The caller's keys, which must go, whatever happens.
    pub provider_data: Option<MemberPlace>,
    /// Those that some target of the configuration changes.
    pub noted: Vec<NotedMember>,
    /// What `stream_options` must be so that the answer tells its tokens; `None` if it does so anyway.
    pub stream_options: Option<String>,
}

/// A member that some target of the configuration changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotedMember {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub place: MemberPlace,
    /// Whether its value is null.
    pub is_null: bool,
    /// Whether there is another one of this name.
    pub is_repeated: bool,
}

/// The member in which a client asks for the tokens of a stream, which a provider may be made to tell.
pub const STREAM_OPTIONS: &str = "stream_options";

/// The member that says whether the answer is a stream.
pub const STREAM: &str = "stream";

const INCLUDE_USAGE: &str = "include_usage";

impl JsonMembers {
    /// The changes that write `model`, if it is given, make the changes of a target, and leave out what must not be sent.
    /// They are in the order of their places; none overlaps another.
    ///
    /// # Errors
    ///
    /// [`Reject::RepeatedMember`] where a member that is to be changed is there twice.
    pub fn splices(
        &self,
        model: Option<String>,
        parameters: Option<&Parameters>,
        tells_usage: bool,
    ) -> Result<Vec<Splice>, Reject> {
        let mut edits = Edits::default();
        if let Some(model) = model {
            edits.set(super::layout::MODEL, self.model.as_ref(), model.into());
        }
        edits.removed.extend(&self.provider_data);
        if let Some(parameters) = parameters {
            for (name, value) in &parameters.default {
                match self.only(name)? {
                    Some(noted) if !noted.is_null => {}
                    noted => edits.set(name, noted.map(|noted| &noted.place), (&**value).into()),
                }
            }
            for (name, value) in &parameters.set {
                edits.set(name, self.only(name)?.map(|noted| &noted.place), (&**value).into());
            }
            for name in &parameters.remove {
                edits.removed.extend(self.only(name)?.map(|noted| &noted.place));
            }
        }
        let options = self.stream_options.as_deref().filter(|_| tells_usage);
        let is_free = |parameters: &Parameters| !parameters.names().any(|n| n == STREAM_OPTIONS);
        if let Some(options) = options.filter(|_| parameters.is_none_or(is_free)) {
            let place = self.only(STREAM_OPTIONS)?.map(|noted| &noted.place);
            edits.set(STREAM_OPTIONS, place, options.into());
        }
        Ok(edits.splices(self.inside, self.count))
    }

    /// The member of this name, if it is there: once.
    fn only(&self, name: &str) -> Result<Option<&NotedMember>, Reject> {
        match self.noted.iter().find(|noted| noted.name == name) {
            Some(noted) if noted.is_repeated => Err(Reject::RepeatedMember(name.into())),
            noted => Ok(noted),
        }
    }
}

#[derive(Default)]
struct Edits<'a> {
    splices: Vec<Splice>,
    /// The members that are not there yet, with commas between them.
    added: String,
    removed: Vec<&'a MemberPlace>,
}

impl<'a> Edits<'a> {
    fn set(&mut self, name: &str, place: Option<&'a MemberPlace>, value: Cow<'_, str>) {
        match place {
            Some(place) => {
                self.splices.push(Splice::new(place.value.clone(), value.into_owned()));
            }
            None => {
                if !self.added.is_empty() {
                    self.added.push(',');
                }
                // The names of a configuration are checked: nothing in them needs an escape.
                for part in ["\"", name, "\":", &value] {
                    self.added.push_str(part);
                }
            }
        }
    }

    fn splices(mut self, inside: usize, count: usize) -> Vec<Splice> {
        if !self.added.is_empty() {
            if count > self.removed.len() {
                self.added.push(',');
            }
            self.splices.push(Splice::new(inside..inside, self.added));
        }
        self.removed.sort_by_key(|place| place.key.start);
        let neighbours = |one: &&MemberPlace, next: &&MemberPlace| {
            one.comma_after.is_some() && one.comma_after == next.comma_before
        };
        let runs =
            self.removed.chunk_by(neighbours).filter_map(|run| cut(run.first()?, run.last()?));
        self.splices.extend(runs.map(|range| Splice::new(range, "")));
        self.splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        self.splices
    }
}

/// The bytes to cut so that a run of members is gone and what is left is valid: they, and one of the commas around them.
fn cut(first: &MemberPlace, last: &MemberPlace) -> Option<Range<usize>> {
    Some(match (first.comma_before, last.comma_after) {
        (_, Some(after)) => first.key.start..after.checked_add(1)?,
        (Some(before), None) => before..last.value.end,
        (None, None) => first.key.start..last.value.end,
    })
}

impl From<&Noted> for NotedMember {
    fn from(noted: &Noted) -> Self {
        Self {
            name: noted.name.to_string(),
            place: noted.place.clone(),
            is_null: noted.kind == Kind::Null,
            is_repeated: noted.is_repeated,
        }
    }
}

/// What `stream_options` must be so that a stream ends with its tokens; `None` if nothing is to be done, or nothing can be.
#[must_use]
pub fn stream_options(noted: &[Noted]) -> Option<String> {
    const ASKED: &str = r#"{"include_usage":true}"#;
    let member = |name: &str| noted.iter().find(|noted| *noted.name == *name);
    let is_stream = member(STREAM).is_some_and(|stream| stream.raw == b"true");
    if !is_stream {
        return None;
    }
    let Some(options) = member(STREAM_OPTIONS) else { return Some(ASKED.to_owned()) };
    match options.kind {
        Kind::Null => Some(ASKED.to_owned()),
        Kind::Object => {
            // What is longer than anybody's options, or says it twice, is written anew.
            let whole = options.whole().and_then(|raw| std::str::from_utf8(raw).ok());
            match whole.map(with_usage) {
                Some(WithUsage::Already) => None,
                Some(WithUsage::Text(text)) => Some(text),
                Some(WithUsage::Unclear) | None => Some(ASKED.to_owned()),
            }
        }
        // The provider says what is wrong with it.
        _ => None,
    }
}

enum WithUsage {
    Already,
    Text(String),
    Unclear,
}

/// The options with `include_usage: true` among them, and every other byte as it is.
fn with_usage(options: &str) -> WithUsage {
    let mut scanner = Scanner::noting(&[], [INCLUDE_USAGE.into()].into());
    let Ok(document) = scanner.feed(options.as_bytes()).and_then(|()| scanner.finish()) else {
        return WithUsage::Unclear;
    };
    let (inside, count) = (document.inside(), document.count());
    let noted = document.into_noted();
    let mut edits = Edits::default();
    match noted.first() {
        Some(asked) if asked.is_repeated => return WithUsage::Unclear,
        Some(asked) if asked.raw == b"true" => return WithUsage::Already,
        asked => edits.set(INCLUDE_USAGE, asked.map(|asked| &asked.place), "true".into()),
    }
    let mut text = String::with_capacity(options.len().saturating_add(24));
    let mut done = 0;
    for splice in edits.splices(inside, count) {
        let (Some(kept), Ok(new)) =
            (options.get(done..splice.range.start), std::str::from_utf8(&splice.replacement))
        else {
            return WithUsage::Unclear;
        };
        text.push_str(kept);
        text.push_str(new);
        done = splice.range.end;
    }
    text.push_str(options.get(done..).unwrap_or_default());
    WithUsage::Text(text)
}

#[cfg(test)]
mod tests;
