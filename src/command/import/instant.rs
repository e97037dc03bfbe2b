//! Points in time, as LiteLLM writes them: what Python's `datetime.fromisoformat` reads.

use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

/// The time in the form of RFC 3339; `None` if it cannot be read. Without an offset it is in UTC, and without a time of day
/// it is the day's beginning.
pub fn rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).or_else(|| rest.is_empty().then_some(""))?;
    let (time, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(place) => rest.split_at(place),
        None => (rest, "Z"),
    };
    let time = match time.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{time}:00"),
        _ => time.replace(',', "."),
    };
    let written = format!("{date}T{time}{}", offset_of(offset)?);
    OffsetDateTime::parse(&written, &Rfc3339).is_ok().then_some(written)
}

/// `Z`, or `+hh:mm` for `+hh:mm`, `+hhmm` and `+hh`.
fn offset_of(text: &str) -> Option<String> {
    if text.eq_ignore_ascii_case("z") {
        return Some("Z".to_owned());
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let digits = digits.replace(':', "");
    match digits.len() {
        2 => Some(format!("{sign}{digits}:00")),
        4 => digits.split_at_checked(2).map(|(hours, minutes)| format!("{sign}{hours}:{minutes}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
