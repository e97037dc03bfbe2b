//! What a target does to the members of a body.

use std::rc::Rc;

use super::{entries, items};
use crate::body::STREAM;
use crate::body_field::FIELDS;
use crate::config::named::Named;
use crate::config::raw::Parameters as RawParameters;
use crate::config::read::Json;
use crate::config::report::{At, Report};
use crate::parameters::Parameters;

/// Members that no target changes: they are the request itself.
const OF_THE_REQUEST: [&str; 4] = ["model", "messages", "input", STREAM];

/// Reads a target's parameters; `None` if it changes nothing.
#[inline(never)]
pub fn compile(
    raw: &Option<RawParameters>,
    at: At<'_>,
    report: &mut Report,
) -> Option<Rc<Parameters>> {
    let raw = raw.as_ref()?;
    let mut parameters = Parameters {
        default: values(&raw.default, at.key("default"), report),
        set: values(&raw.set, at.key("set"), report),
        remove: Vec::new(),
    };
    for (index, name) in items(&raw.remove) {
        check(name, at.key("remove").index(index), report);
        parameters.remove.push(name.as_str().into());
    }
    let names: Vec<&str> = parameters.names().collect();
    for (index, name) in names.iter().enumerate() {
        // A request with a name in another case is refused, and the names are ASCII.
        if names.iter().take(index).any(|earlier| earlier.eq_ignore_ascii_case(name)) {
            report.error(at, format_args!("{name:?} is there twice: what shall become of it?"));
        }
    }
    if names.is_empty() {
        report.warn(at, "it changes nothing");
        return None;
    }
    Some(Rc::new(parameters))
}

fn values(raw: &Option<Named<Json>>, at: At<'_>, report: &mut Report) -> Vec<(Box<str>, Box<str>)> {
    let mut values = Vec::new();
    for (name, value) in entries(raw) {
        check(name, at.key(name), report);
        match value.text() {
            Some(text) => values.push((name.into(), text.into())),
            None => report.error(at.key(name), "it cannot be written as JSON"),
        }
    }
    values
}

fn check(name: &str, at: At<'_>, report: &mut Report) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if name.is_empty() || !name.bytes().all(is_plain) {
        report.error(at, "a member's name has neither blanks, quotes nor backslashes");
    } else if OF_THE_REQUEST.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        report.error(at, format_args!("{name:?} is the request itself, and no parameter"));
    } else if FIELDS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        report.error(
            at,
            format_args!("{name:?} is decided by the rules for bodies, and by no target"),
        );
    }
}
