//! A `google.protobuf.Struct` in the protobuf wire format (<https://protobuf.dev/programming-guides/encoding/>), written as JSON
//! text.

use std::fmt::Write;

use serde_json::Number;
use zeroize::Zeroizing;

use crate::node::number;

/// How deep the JSON may become: deeper than any reader goes.
const DEEPEST: u8 = 128;

/// Writes an encoded `Struct` as JSON, names in order; `None` if it is none.
pub fn to_json(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let mut json = Json(Zeroizing::new(String::with_capacity(bytes.len())));
    json.record(bytes, DEEPEST)?;
    Some(json.0)
}

/// The text as far as it is written. Secrets stand in it.
struct Json(Zeroizing<String>);

impl Json {
    /// Writes a `Struct`: field 1 is an entry, with a name and a value. Of entries with one name the last counts.
    fn record(&mut self, bytes: &[u8], depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut entries: Vec<(&str, &[u8])> = Vec::new();
        for field in Fields(bytes) {
            let entry = match field? {
                (1, Payload::Bytes(entry)) => entry,
                (1, _) => return None,
                _ => continue,
            };
            let (mut name, mut value) = ("", &[][..]);
            for field in Fields(entry) {
                match field? {
                    (1, Payload::Bytes(bytes)) => name = std::str::from_utf8(bytes).ok()?,
                    (2, Payload::Bytes(bytes)) => value = bytes,
                    (1 | 2, _) => return None,
                    _ => {}
                }
            }
            entries.push((name, value));
        }
        // They come in any order, and those of one name stay in theirs.
        entries.sort_by_key(|(name, _)| *name);
        self.push("{");
        let mut is_first = true;
        for (place, (name, value)) in entries.iter().enumerate() {
            if entries.get(place.saturating_add(1)).is_some_and(|(next, _)| next == name) {
                continue;
            }
            self.push(if std::mem::take(&mut is_first) { "" } else { "," });
            self.text(name);
            self.push(":");
            self.value(value, depth)?;
        }
        self.push("}");
        Some(())
    }

    /// Writes a `Value`, which is one of its fields, or nothing, which is null.
    fn value(&mut self, bytes: &[u8], depth: u8) -> Option<()> {
        let mut last = None;
        for field in Fields(bytes) {
            last = Some(field?).filter(|(number, _)| (1..=6).contains(number)).or(last);
        }
        match last {
            None | Some((1, _)) => self.push("null"),
            Some((2, Payload::Fixed(bytes))) => self.number(number(f64::from_le_bytes(bytes))),
            Some((3, Payload::Bytes(bytes))) => self.text(std::str::from_utf8(bytes).ok()?),
            Some((4, Payload::Varint(value))) => {
                self.push(if value == 0 { "false" } else { "true" });
            }
            Some((5, Payload::Bytes(bytes))) => self.record(bytes, depth)?,
            Some((6, Payload::Bytes(bytes))) => self.list(bytes, depth)?,
            _ => return None,
        }
        Some(())
    }

    /// Writes a `ListValue`: field 1 is an item.
    fn list(&mut self, bytes: &[u8], depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut separator = "[";
        for field in Fields(bytes) {
            let item = match field? {
                (1, Payload::Bytes(item)) => item,
                (1, _) => return None,
                _ => continue,
            };
            self.push(separator);
            self.value(item, depth)?;
            separator = ",";
        }
        self.push(if separator == "[" { "[]" } else { "]" });
        Some(())
    }

    fn number(&mut self, number: Option<Number>) {
        match number {
            Some(number) => self.push(&number.to_string()),
            None => self.push("null"),
        }
    }

    fn text(&mut self, text: &str) {
        self.push("\"");
        for piece in text.split_inclusive(is_special) {
            let special = piece.chars().next_back().filter(|last| is_special(*last));
            let plain = piece.len().saturating_sub(special.map_or(0, char::len_utf8));
            self.push(piece.get(..plain).unwrap_or_default());
            if let Some(special) = special {
                let mut escape = String::new();
                // Writing to a String cannot fail.
                let _ = write!(escape, "\\u{:04x}", u32::from(special));
                self.push(&escape);
            }
        }
        self.push("\"");
    }

    fn push(&mut self, text: &str) {
        let len = self.0.len().saturating_add(text.len());
        if len > self.0.capacity() {
            // A string that grew by itself would leave secrets behind where it stood before.
            let mut larger = String::with_capacity(len.saturating_mul(2));
            larger.push_str(&self.0);
            self.0 = Zeroizing::new(larger);
        }
        self.0.push_str(text);
    }
}

/// Whether a character cannot stand in a JSON string as it is.
fn is_special(character: char) -> bool {
    matches!(character, '"' | '\\' | '\0'..='\x1F')
}

/// The value of a field, by its wire type.
enum Payload<'a> {
    Varint(u64),
    Fixed([u8; 8]),
    Bytes(&'a [u8]),
    /// Four bytes, which nothing here has.
    Other,
}

/// The fields of a message by their numbers; `None` where it is no message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Payload<'a>)> {
        let tag = self.varint()?;
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => Payload::Fixed(*self.take(8)?.first_chunk()?),
            2 => {
                let len = self.varint()?.try_into().ok()?;
                Payload::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Payload::Other)?,
            _ => return None,
        };
        let number = tag >> 3;
        (number != 0).then_some((number, payload))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Payload<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests;
