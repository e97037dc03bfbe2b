//! What a part of a form is, by its name.

use crate::body_field::{needs_permission, FIELDS};

/// What a part is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldName {
    Model,
    Forbidden(&'static str),
    /// Only providers that allow it are sent it.
    NeedsPermission(&'static str),
    /// `_charset_` of RFC 7578, section 4.6.
    Charset,
    /// Nothing the router cares about, for any parser.
    Other,
}

impl FieldName {
    /// `None` if parsers may disagree about the name.
    ///
    /// Only letters, digits and `-_.[]` are the same to all: quotes, backslashes, percent signs,
    /// blanks and encoded words (`=?utf-8?…?=`) are decoded or dropped by some. Nor is that enough:
    /// there are those that ignore case, that read `model[]` and `[model]` as `model`, and that
    /// take `provider.data` for `provider_data`.
    pub(super) fn read(name: &[u8]) -> Option<Self> {
        let is_plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-_.[]".contains(&byte);
        if name.is_empty() || !name.iter().all(is_plain) {
            return None;
        }
        if name == b"model" {
            return Some(Self::Model);
        }
        if name.eq_ignore_ascii_case(b"_charset_") {
            return Some(Self::Charset);
        }
        if is_like(name, "model") {
            return None;
        }
        Some(match FIELDS.iter().map(|(known, _)| *known).find(|known| is_like(name, known)) {
            None => Self::Other,
            Some(known) if needs_permission(known) => Self::NeedsPermission(known),
            Some(known) => Self::Forbidden(known),
        })
    }
}

/// Whether the name, or what stands before its first bracket, is `field` but for case and
/// punctuation.
fn is_like(name: &[u8], field: &str) -> bool {
    let before_bracket = name.split(|&byte| byte == b'[').next().unwrap_or_default();
    [name, before_bracket].into_iter().any(|name| letters(name).eq(letters(field.as_bytes())))
}

fn letters(name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase)
}
