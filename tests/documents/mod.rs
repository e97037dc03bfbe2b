//! JSON texts that RFC 8259 allows, and such as it does not, in the manner of the public parsing suites.
//!
//! A row is a value; it is judged as a member of an object that also names a model, since the router takes no other
//! text. Rows of [`text`] are whole bodies. Every row is judged whole and byte by byte, by the scanner and by the
//! router, natively and under Node, and by the filter in a real Envoy.

#![allow(dead_code, reason = "each runner uses its part")]

mod number;
mod string;
mod structure;
mod text;

/// What a body is, by RFC 8259 and by what the router adds to it: the text is an object.
#[derive(Debug, Clone)]
pub struct Document {
    /// What the row is about, and its place in the table.
    pub name: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it is allowed.
    pub is_valid: bool,
}

/// The model that every valid body names.
pub const MODEL: &str = "documents";

/// Every row of every table, each value before and behind the model.
pub fn all() -> Vec<Document> {
    let mut all = Vec::new();
    for (is_valid, about, values) in [
        (true, "number", number::VALID),
        (false, "no number", number::INVALID),
        (true, "string", string::VALID),
        (false, "no string", string::INVALID),
        (true, "value", structure::VALID),
        (false, "no value", structure::INVALID),
    ] {
        for (row, value) in values.iter().enumerate() {
            let value = value.to_vec();
            let mut push = |place, body| {
                all.push(Document { name: format!("{about} {row}, {place}"), body, is_valid });
            };
            push("last", [b"{\"model\":\"documents\",\"a\":", &*value, b"}"].concat());
            push("first", [b"{\"a\":", &*value, b",\"model\":\"documents\"}"].concat());
            push("inside", [b"{\"a\":[{\"b\":", &*value, b"}],\"model\":\"documents\"}"].concat());
        }
    }
    for (is_valid, about, bodies) in
        [(true, "text", text::VALID), (false, "no text", text::INVALID)]
    {
        for (row, body) in bodies.iter().enumerate() {
            all.push(Document { name: format!("{about} {row}"), body: body.to_vec(), is_valid });
        }
    }
    all.extend(text::deep());
    all
}
