//! Changes to the members of a JSON body.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use super::Splice;
use crate::json::{MemberPlace, Noted, Scanner, ValueKind};
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
    /// The names of such members that the body spells in another case, each followed by a space. No name that a target
    /// changes contains a space.
    pub variants: String,
    /// What `stream_options` must be so that the answer tells its tokens; `None` if it does so anyway.
    pub stream_options: Option<String>,
    /// Where further inside the same model is named again, as APIs do that have it in the path.
    pub inner_models: Vec<Range<usize>>,
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

/// What becomes of a member that is there.
enum Deed<'a> {
    Keep,
    Set(Cow<'a, str>),
    Remove,
}

impl JsonMembers {
    /// The changes that write `model`, if it is given, make the changes of a target, and leave out what must not be sent.
    /// They are in the order of their places; none overlaps another.
    ///
    /// # Errors
    ///
    /// [`Reject::RepeatedMember`] where a member that is to be changed is there twice, or in another case: readers that fold
    /// case, as Go's encoding/json does, could take that one.
    pub fn splices(
        &self,
        model: Option<String>,
        parameters: Option<&Parameters>,
        tells_usage: bool,
    ) -> Result<Vec<Splice>, Reject> {
        let options = self.stream_options.as_deref().filter(|_| tells_usage);
        let changes = Changes { parameters, options };
        let repeated = self.noted.iter().filter(|noted| noted.is_repeated);
        let unclear = repeated.map(|noted| &*noted.name).chain(self.variants.split(' '));
        for name in unclear {
            let tells_usage = tells_usage && matches!(name, STREAM | STREAM_OPTIONS);
            if tells_usage || parameters.is_some_and(|own| own.names().any(|own| *own == *name)) {
                return Err(Reject::RepeatedMember(name.into()));
            }
        }
        let mut added = String::new();
        let mut left = self.count.saturating_sub(usize::from(self.provider_data.is_some()));
        for noted in &self.noted {
            left = left.saturating_sub(usize::from(matches!(changes.deed(noted), Deed::Remove)));
        }
        let is_there = |name: &str| self.noted.iter().any(|noted| noted.name == name);
        if let (Some(model), None) = (&model, &self.model) {
            add(&mut added, super::layout::MODEL, model);
        }
        for (name, value) in changes.given().filter(|(name, _)| !is_there(name)) {
            add(&mut added, name, value);
        }
        let mut splices = Vec::new();
        if !added.is_empty() {
            if left > 0 {
                added.push(',');
            }
            splices.push(Splice::new(self.inside..self.inside, added));
        }
        let mut run = Run(None);
        let (mut model, mut data) = (self.model.as_ref().zip(model), self.provider_data.as_ref());
        let mut noted = self.noted.iter();
        loop {
            // The one of the three that comes first in the body.
            let start = |place: Option<&MemberPlace>| place.map_or(usize::MAX, |at| at.key.start);
            let next = noted.as_slice().first().map(|noted| &noted.place);
            let [at_model, at_data, at_next] =
                [model.as_ref().map(|(place, _)| *place), data, next].map(start);
            let (place, deed) = if at_model < at_data.min(at_next) {
                let Some((place, model)) = model.take() else { break };
                (place, Deed::Set(model.into()))
            } else if at_data < at_next {
                let Some(place) = data.take() else { break };
                (place, Deed::Remove)
            } else {
                let Some(noted) = noted.next() else { break };
                (&noted.place, changes.deed(noted))
            };
            match deed {
                Deed::Keep => {}
                Deed::Remove => run.add(place, &mut splices),
                Deed::Set(value) => {
                    run.cut(&mut splices);
                    splices.push(Splice::new(place.value.clone(), value.into_owned()));
                }
            }
        }
        run.cut(&mut splices);
        Ok(splices)
    }

    /// Writes `model` wherever it is named again, but where something else is written anyway.
    pub fn add_inner(&self, model: &str, splices: &mut Vec<Splice>) {
        for place in &self.inner_models {
            let at = splices.partition_point(|splice| splice.range.start < place.start);
            let before = at.checked_sub(1).and_then(|last| splices.get(last));
            let is_free = before.is_none_or(|splice| splice.range.end <= place.start)
                && splices.get(at).is_none_or(|splice| place.end <= splice.range.start);
            if is_free {
                splices.insert(at, Splice::new(place.clone(), model));
            }
        }
    }
}

/// What a target and its provider want of the members of a body, beside the model.
struct Changes<'a> {
    parameters: Option<&'a Parameters>,
    options: Option<&'a str>,
}

impl<'a> Changes<'a> {
    /// The members that are given where there are none.
    fn given(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let parameters = self.parameters.into_iter();
        let own = parameters.flat_map(|own| own.default.iter().chain(&own.set));
        own.map(|(name, value)| (&**name, &**value))
            .chain(self.options().map(|options| (STREAM_OPTIONS, options)))
    }

    /// The options of a stream, unless the target says what becomes of them.
    fn options(&self) -> Option<&'a str> {
        let is_told = |own: &Parameters| own.names().any(|name| name == STREAM_OPTIONS);
        self.options.filter(|_| !self.parameters.is_some_and(is_told))
    }

    fn deed(&self, noted: &NotedMember) -> Deed<'a> {
        let named = |(name, _): &&(Box<str>, Box<str>)| **name == *noted.name;
        let value = |(_, value): &'a (Box<str>, Box<str>)| Deed::Set((&**value).into());
        let deed = match self.parameters {
            Some(own) if own.remove.iter().any(|name| **name == *noted.name) => Some(Deed::Remove),
            Some(own) => match own.default.iter().find(named) {
                Some(_) if !noted.is_null => Some(Deed::Keep),
                default => default.or_else(|| own.set.iter().find(named)).map(value),
            },
            None => None,
        };
        let options = || self.options().filter(|_| noted.name == STREAM_OPTIONS);
        let deed = deed.or_else(|| options().map(|options| Deed::Set(options.into())));
        deed.unwrap_or(Deed::Keep)
    }
}

/// Adds a member to those that are not there yet. Its name is JSON as it is: those of a configuration are checked.
fn add(added: &mut String, name: &str, value: &str) {
    if !added.is_empty() {
        added.push(',');
    }
    for part in ["\"", name, "\":", value] {
        added.push_str(part);
    }
}

/// Members that go and are neighbours: the first and the last of them.
struct Run<'a>(Option<(&'a MemberPlace, &'a MemberPlace)>);

impl<'a> Run<'a> {
    fn add(&mut self, place: &'a MemberPlace, splices: &mut Vec<Splice>) {
        match &mut self.0 {
            Some((_, last))
                if last.comma_after.is_some() && last.comma_after == place.comma_before =>
            {
                *last = place;
            }
            _ => {
                self.cut(splices);
                self.0 = Some((place, place));
            }
        }
    }

    /// Cuts them out, and one of the commas around them, so that what is left is valid.
    fn cut(&mut self, splices: &mut Vec<Splice>) {
        let Some((first, last)) = self.0.take() else { return };
        let range = match (first.comma_before, last.comma_after) {
            (_, Some(after)) => first.key.start..after.saturating_add(1),
            (Some(before), None) => before..last.value.end,
            (None, None) => first.key.start..last.value.end,
        };
        splices.push(Splice::new(range, ""));
    }
}

impl From<&Noted> for NotedMember {
    fn from(noted: &Noted) -> Self {
        Self {
            name: (*noted.name).to_owned(),
            place: noted.place.clone(),
            is_null: noted.kind == ValueKind::Null,
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
        ValueKind::Null => Some(ASKED.to_owned()),
        ValueKind::Object => {
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
    let comma = if document.is_empty() { "" } else { "," };
    if !document.noted_variants().is_empty() {
        return WithUsage::Unclear;
    }
    let (range, new): (_, [&str; 3]) = match document.noted() {
        [] => (document.inside()..document.inside(), ["\"include_usage\":", "true", comma]),
        [asked] if !asked.is_repeated && asked.raw == b"true" => return WithUsage::Already,
        [asked] if !asked.is_repeated => (asked.place.value.clone(), ["", "true", ""]),
        _ => return WithUsage::Unclear,
    };
    match (options.get(..range.start), options.get(range.end..)) {
        (Some(before), Some(after)) => {
            let [name, value, comma] = new;
            WithUsage::Text([before, name, value, comma, after].concat())
        }
        _ => WithUsage::Unclear,
    }
}

#[cfg(test)]
mod tests;
