//! What names the session of a model's requests.

use super::{items, settings};
use crate::affinity::{Affinity, SessionSource};
use crate::body_field::FIELDS;
use crate::catalog::{Model, Target};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::header::CREDENTIAL_HEADERS;

/// Reads a model's list of sources; `None` if there is none.
#[inline(never)]
pub fn compile(raw: &Option<List<Text>>, at: At<'_>, report: &mut Report) -> Option<Affinity> {
    if raw.as_ref()?.is_empty() {
        report.error(at, "it names no session; leave it out, and chance decides");
    }
    let mut sources: Vec<SessionSource> = Vec::new();
    for (index, text) in items(raw) {
        let at = at.index(index);
        let source = match text.strip_prefix("header ") {
            Some(name) => header(name, at, report),
            None => member(text, at, report),
        };
        if sources.contains(&source) {
            report.error(at, "this is repeated");
        }
        sources.push(source);
    }
    Some(Affinity { sources })
}

fn header(name: &str, at: At<'_>, report: &mut Report) -> SessionSource {
    let name = name.to_ascii_lowercase();
    settings::check_name(&name, at, report);
    if CREDENTIAL_HEADERS.contains(&name.as_str()) {
        report.error(at, "this header carries credentials; name another");
    }
    SessionSource::Header(name.into())
}

fn member(path: &str, at: At<'_>, report: &mut Report) -> SessionSource {
    let mut names = path.split('.').map(Box::<str>::from);
    let name = names.next().unwrap_or_default();
    let inner: Vec<Box<str>> = names.collect();
    let is_empty = name.is_empty() || inner.iter().any(|name| name.is_empty());
    if is_empty || path.contains(' ') {
        report.error(
            at,
            "a session is named by `header NAME`, or by a member of the body: `user`, `metadata.user_id`",
        );
    } else if *name == *"model" || FIELDS.iter().any(|(known, _)| *known == &*name) {
        report.error(at, format_args!("the member {name:?} names no session"));
    }
    SessionSource::Member { name: name.into(), inner }
}

/// Warns if a model has `affinity` but no two equal targets: then there is nothing for it to decide.
#[inline(never)]
pub fn warn_if_it_decides_nothing(model: &Model, at: At<'_>, report: &mut Report) {
    let targets = &model.targets;
    let is_one_of_several = |one: &Target| {
        let equals = targets.iter().filter(|other| {
            other.priority == one.priority && other.cost.total_cmp(&one.cost).is_eq()
        });
        equals.count() > 1
    };
    if model.affinity.is_some() && !targets.iter().any(is_one_of_several) {
        report.warn(at, "it decides nothing: no two targets have the same priority and cost");
    }
}
