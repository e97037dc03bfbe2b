//! The `content-disposition` of a part: its name.

use super::field_name::FieldName;
use super::parameters::{contains, Flaw, Parameter, Parameters};
use super::{Error, ErrorKind};

/// What a part's `content-disposition` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disposition {
    /// Offset of the header's value in the body.
    pub(super) offset: usize,
    pub(super) name: FieldName,
    /// Whether it has a file name, in plain or extended form.
    pub(super) is_file: bool,
}

impl Disposition {
    /// Reads the header's value, which lies at `offset` in the body.
    pub(super) fn read(value: &[u8], offset: usize) -> Result<Self, Error> {
        let error = |at: usize, kind| Error { offset: offset.saturating_add(at), kind };
        let (kind, parameters) = Parameters::split(value);
        let mut parameters = parameters.taking_escaped_quotes();
        if !kind.eq_ignore_ascii_case(b"form-data") {
            return Err(error(0, ErrorKind::InvalidDisposition));
        }
        let mut seen: Vec<Parameter> = Vec::new();
        let (mut name, mut is_file) = (None, false);
        while let Some(parameter) = parameters.next().map_err(|flaw| match flaw {
            Flaw::Syntax(at) => error(at, ErrorKind::InvalidDisposition),
            Flaw::EscapedQuote(at) => error(at, ErrorKind::AmbiguousDisposition),
        })? {
            let fault = |kind| Err(error(parameter.at, kind));
            if seen.iter().any(|other| other.name.eq_ignore_ascii_case(parameter.name)) {
                return fault(ErrorKind::RepeatedDisposition);
            }
            let is_filename = is(&parameter, b"filename");
            // Behind the name every parser has found that already, and without a semicolon there is nothing that could
            // be a parameter to one that does not mind quotes.
            let is_harmless = is_filename && name.is_some() && !parameter.value.contains(&b';');
            let has_name = contains(parameter.value, b"name=");
            if has_name && (!is_harmless || parameter.escaped_quote.is_some()) {
                return fault(ErrorKind::AmbiguousDisposition);
            }
            if let Some(at) = parameter.escaped_quote.filter(|_| !is_harmless) {
                return Err(error(at, ErrorKind::AmbiguousDisposition));
            }
            if !is_filename && !parameter.value.is_ascii() {
                return fault(ErrorKind::NonAscii);
            }
            let is_looked_for = is_filename || is(&parameter, b"name");
            if is_looked_for && parameter.name.iter().any(u8::is_ascii_uppercase) {
                return fault(ErrorKind::AmbiguousDisposition);
            }
            is_file |= is_filename;
            if is(&parameter, b"name") {
                let is_extended = parameter.name.contains(&b'*');
                match FieldName::read(parameter.value).filter(|_| !is_extended) {
                    Some(read) => name = Some(read),
                    None => return fault(ErrorKind::AmbiguousName),
                }
            }
            seen.push(parameter);
        }
        let name = name.ok_or_else(|| error(0, ErrorKind::InvalidDisposition))?;
        Ok(Self { offset, name, is_file })
    }
}

/// Whether a parameter is the one of this name, or its extended form (`filename*`), or a piece of
/// that (`filename*0`).
fn is(parameter: &Parameter, name: &[u8]) -> bool {
    let base = parameter.name.split(|&byte| byte == b'*').next().unwrap_or_default();
    base.eq_ignore_ascii_case(name)
}
