//! Variables in a Llama Stack's file: `${env.NAME}`, with what stands for it if it is not set after `:=`, and what stands
//! there only if it is set after `:+`.

use crate::import::secret::Secret;
use crate::import::values::Values;

/// A reference in a text.
struct Reference<'t> {
    before: &'t str,
    name: &'t str,
    otherwise: Option<Otherwise<'t>>,
    after: &'t str,
}

/// What follows the variable's name.
#[derive(Clone, Copy)]
enum Otherwise<'t> {
    /// What stands for it if it is not set.
    Default(&'t str),
    /// What stands there if it is set.
    IfSet(&'t str),
}

fn first(text: &str) -> Option<Reference<'_>> {
    let (before, rest) = text.split_once("${env.")?;
    let (inner, after) = rest.split_once('}')?;
    let (name, otherwise) = match inner.split_once(':') {
        None => (inner, None),
        Some((name, behind)) => (
            name,
            Some(match (behind.strip_prefix('='), behind.strip_prefix('+')) {
                (Some(default), _) => Otherwise::Default(default),
                (None, Some(value)) => Otherwise::IfSet(value),
                // As the first versions wrote it.
                (None, None) => Otherwise::Default(behind),
            }),
        ),
    };
    Some(Reference { before, name, otherwise, after })
}

/// A text with the values of its variables; `None` if nothing is left of it. What is not known of the environment is taken
/// to be unset where something stands for it, and set where something depends on it.
///
/// # Errors
///
/// The variable on which it depends.
pub fn expand(text: &str, values: &Values) -> Result<Option<String>, String> {
    let mut made = String::new();
    let mut rest = text;
    while let Some(Reference { before, name, otherwise, after }) = first(rest) {
        made.push_str(before);
        let known = values.get(name);
        match (otherwise, known) {
            (Some(Otherwise::IfSet(value)), known) => {
                if known.is_some() || !values.is_unset(name) {
                    made.push_str(value);
                }
            }
            (_, Some(value)) => made.push_str(&value),
            (Some(Otherwise::Default(default)), None) => made.push_str(default),
            (None, None) => return Err(name.to_owned()),
        }
        rest = after;
    }
    made.push_str(rest);
    Ok(Some(made).filter(|made| !made.is_empty()))
}

/// The variables of a text that have something to stand for them and of which nothing is known.
pub fn assumed<'t>(text: &'t str, values: &Values) -> Vec<&'t str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(reference) = first(rest) {
        let is_open = matches!(reference.otherwise, Some(Otherwise::Default(_)));
        let is_known = values.is_complete() || values.get(reference.name).is_some();
        if is_open && !is_known {
            names.push(reference.name);
        }
        rest = reference.after;
    }
    names
}

/// A secret: the variable, if the text is nothing else; what stands for a variable that is not set; or the text itself.
/// `None` if there is none.
///
/// # Errors
///
/// Why the filter would refuse it.
pub fn secret(text: &str, values: &Values) -> Result<Option<Secret>, String> {
    match first(text) {
        None => Some(text).filter(|text| !text.is_empty()).map(Secret::value).transpose(),
        Some(Reference { before: "", name, otherwise, after: "" }) => {
            let default = match otherwise {
                Some(Otherwise::Default(default)) => default,
                Some(Otherwise::IfSet(_)) => return Err("it depends on a variable".to_owned()),
                None => "",
            };
            match values.is_unset(name) {
                false => Ok(Some(Secret::Env(name.to_owned()))),
                true if default.is_empty() => Ok(None),
                true => Secret::value(default).map(Some),
            }
        }
        Some(_) => match expand(text, values) {
            Ok(made) => made.as_deref().map(Secret::value).transpose(),
            Err(name) => Err(format!("the variable {name} is not known here (--env-file)")),
        },
    }
}

/// What stands for the variable that a text is, if it is not set.
pub fn default_of(text: &str) -> Option<&str> {
    match first(text)? {
        Reference {
            before: "", otherwise: Some(Otherwise::Default(default)), after: "", ..
        } => Some(default),
        _ => None,
    }
}
