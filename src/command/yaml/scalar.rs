//! What a scalar means to those who read it.

use envoy_llm_router::Node;
use serde_json::Number;

use super::Mark;

/// A scalar as it is written.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// Its text, without quotes.
    pub text: String,
    /// Whether it is written without quotes, so that it may be something else than text.
    pub is_plain: bool,
    /// Where its lines stand, if it is a literal block (`|`).
    pub block: Option<Block>,
}

/// Where the lines of a literal block stand.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// The line of its first line.
    pub first_line: usize,
    /// How far its lines are indented.
    pub indent: usize,
}

impl Block {
    /// The place in the file of a place in the block's text.
    pub fn place(self, mark: Mark) -> Mark {
        Mark {
            line: self.first_line.saturating_add(mark.line.saturating_sub(1)),
            column: self.indent.saturating_add(mark.column),
        }
    }
}

/// Who reads the file: they disagree about what is a number or a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Envoy, of a YAML file. Numbers that are no whole 32-bit numbers become text on their way into a `Struct`.
    Envoy,
    /// Kubernetes, which makes JSON of YAML.
    Kubernetes,
    /// A reader of JSON.
    Json,
}

impl Scalar {
    /// What it means.
    pub fn resolve(&self, dialect: Dialect) -> Node {
        let text = || Node::Text(self.text.clone());
        if !self.is_plain {
            return text();
        }
        let resolved = match dialect {
            Dialect::Json => serde_json::from_str(&self.text).ok(),
            Dialect::Envoy => null(&self.text)
                .or_else(|| truth(&self.text))
                .or_else(|| whole(&self.text).map(of_32_bits)),
            Dialect::Kubernetes => null(&self.text)
                .or_else(|| truth(&self.text))
                .or_else(|| whole(&self.text).map(|number| Node::Number(number.into())))
                .or_else(|| number(&self.text)),
        };
        resolved.unwrap_or_else(text)
    }
}

fn null(text: &str) -> Option<Node> {
    ["", "~", "null", "Null", "NULL"].contains(&text).then_some(Node::Null)
}

/// The truth values of YAML 1.1, in lower case, in upper case, or with a capital.
fn truth(text: &str) -> Option<Node> {
    let lower = text.to_ascii_lowercase();
    let mut capital = lower.clone();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if ![lower.clone(), lower.to_ascii_uppercase(), capital].contains(&text.to_owned()) {
        return None;
    }
    match lower.as_str() {
        "true" | "yes" | "on" | "y" => Some(Node::Bool(true)),
        "false" | "no" | "off" | "n" => Some(Node::Bool(false)),
        _ => None,
    }
}

/// A whole number: decimal, hexadecimal after `0x`, octal after `0`.
fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok()?,
        None if digits.len() > 1 && digits.starts_with('0') => {
            i64::from_str_radix(digits, 8).ok()?
        }
        None => digits.parse().ok()?,
    };
    match negative {
        true => number.checked_neg(),
        false => Some(number),
    }
}

fn of_32_bits(number: i64) -> Node {
    match i32::try_from(number) {
        Ok(number) => Node::Number(number.into()),
        Err(_) => Node::Text(number.to_string()),
    }
}

fn number(text: &str) -> Option<Node> {
    let begins = text.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit());
    let number = text.parse().ok().filter(|_| begins)?;
    Number::from_f64(number).map(Node::Number)
}
