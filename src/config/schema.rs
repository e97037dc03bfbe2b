//! The JSON Schema of the plugin configuration, made of the declarations that read it.
//!
//! What a field is and what it means stands once, in `raw`. Only what the reader leaves to the compiler is added here:
//! which words a field takes, and which fields exclude each other.

use std::collections::BTreeMap;

use serde_json::{json, Map, Value};
use zeroize::Zeroizing;

use super::named::Named;
use super::raw::{Auth, AuthHeader, Configuration};
use super::read::{Json, List};
use super::reader::Text;
use crate::endpoint::Operation;
use crate::limit::Period;
use crate::model_type::Type;
use crate::provider::{Api, Kind};

/// The schema, for editors and other checkers. What it accepts may still be refused for names that nothing defines.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let root = Configuration::describe(&mut definitions);
    definitions.refine();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of the Envoy filter llm_router",
        "$defs": definitions.0,
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
    }
    schema
}

/// A type that can say what JSON it is read from.
pub trait Described {
    /// Its schema; that of a record is put among the definitions and referred to.
    fn describe(definitions: &mut Definitions) -> Value;
}

/// The schemas of the records, by their names.
#[derive(Debug, Default)]
pub struct Definitions(BTreeMap<&'static str, Value>);

/// One field of a record.
pub struct Property {
    /// Its name as it is written.
    pub name: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// The lines of its documentation.
    pub doc: &'static [&'static str],
    /// What it holds.
    pub schema: Value,
}

impl Definitions {
    /// Adds a record, and gives the reference to it.
    pub fn record(
        &mut self,
        name: &'static str,
        about: &[&str],
        properties: impl FnOnce(&mut Self) -> Vec<Property>,
    ) -> Value {
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        if self.0.contains_key(name) {
            return reference;
        }
        let mut fields = Map::new();
        let mut required = Vec::new();
        for Property { name, is_required, doc, mut schema } in properties(self) {
            if is_required {
                required.push(Value::from(name));
            }
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), text(doc).into());
            }
            fields.insert(name.to_owned(), schema);
        }
        let mut record = json!({
            "type": "object",
            "description": text(about),
            "properties": fields,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            set(&mut record, "required", required.into());
        }
        self.0.insert(name, record);
        reference
    }

    /// Adds what the declarations do not say.
    fn refine(&mut self) {
        let types: Vec<_> = Type::ALL.iter().map(|kind| kind.as_str()).collect();
        self.field("Provider", "kind", "enum", json!(Kind::names().collect::<Vec<_>>()));
        self.field("Model", "type", "enum", json!(types));
        let endpoints: Vec<_> = Operation::ALL.into_iter().map(Operation::path).collect();
        for record in ["Provider", "Target"] {
            let of_list = json!({"type": "string", "enum": endpoints});
            self.field(record, "endpoints", "items", of_list);
            self.field(record, "endpoints", "minItems", json!(1));
        }
        let apis = json!({"enum": Api::ALL.map(Api::as_str)});
        self.field("Provider", "apis", "propertyNames", apis);
        self.field("Configuration", "other_paths", "enum", json!(["reject", "pass"]));
        self.field("Configuration", "max_body_bytes", "minimum", json!(1));
        self.field("Configuration", "providers", "minProperties", json!(1));
        self.field(
            "Configuration",
            "providers",
            "propertyNames",
            json!({"pattern": "^[a-z0-9._-]+$"}),
        );
        self.field("Configuration", "base_paths", "minItems", json!(1));
        self.field("Key", "sha256", "pattern", json!("^[0-9A-Fa-f]{64}$"));
        self.field("Key", "expires_at", "format", json!("date-time"));
        self.field("Target", "cost", "minimum", json!(0));
        for part in ["input", "output", "cached"] {
            self.field("Price", part, "minimum", json!(0));
            self.field("Price", part, "maximum", json!(1_000_000));
        }
        self.field("Limit", "per", "enum", json!(Period::ALL.map(Period::as_str)));
        self.field("Limit", "models", "minItems", json!(1));
        for unit in ["requests", "tokens"] {
            self.field("Limit", unit, "minimum", json!(1));
        }
        self.field("Limit", "usd", "exclusiveMinimum", json!(0));
        self.field("Limit", "usd", "maximum", json!(1_000_000));
        let one = ["requests", "tokens", "usd"].map(|unit| json!({"required": [unit]}));
        self.whole("Limit", "oneOf", json!(one));
        self.field(
            "Cooldown",
            "statuses",
            "items",
            json!({"type": "integer", "minimum": 400, "maximum": 599}),
        );
        for (record, one, other) in [("Credential", "value", "env"), ("Key", "sha256", "env")] {
            let either = json!([{"required": [one]}, {"required": [other]}]);
            self.whole(record, "oneOf", either);
        }
        let parts = json!({"anyOf": [{"required": ["strip"]}, {"required": ["prefix"]}]});
        self.whole("Path", "not", json!({"required": ["template"], "allOf": [parts]}));
    }

    fn field(&mut self, record: &str, name: &str, keyword: &str, value: Value) {
        let field =
            self.0.get_mut(record).and_then(|record| record.get_mut("properties")?.get_mut(name));
        if let Some(field) = field {
            set(field, keyword, value);
        }
    }

    fn whole(&mut self, record: &str, keyword: &str, value: Value) {
        if let Some(record) = self.0.get_mut(record) {
            set(record, keyword, value);
        }
    }
}

fn set(schema: &mut Value, keyword: &str, value: Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(keyword.to_owned(), value);
    }
}

/// The lines of a documentation as one text.
fn text(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

impl Described for Text<'_> {
    fn describe(_: &mut Definitions) -> Value {
        json!({"type": "string"})
    }
}

impl Described for Zeroizing<String> {
    fn describe(definitions: &mut Definitions) -> Value {
        Text::describe(definitions)
    }
}

impl Described for bool {
    fn describe(_: &mut Definitions) -> Value {
        json!({"type": "boolean"})
    }
}

impl Described for u32 {
    fn describe(_: &mut Definitions) -> Value {
        json!({"type": "integer", "minimum": 0, "maximum": Self::MAX})
    }
}

impl Described for i64 {
    fn describe(_: &mut Definitions) -> Value {
        json!({"type": "integer"})
    }
}

impl Described for f64 {
    fn describe(_: &mut Definitions) -> Value {
        json!({"type": "number"})
    }
}

/// Any JSON.
impl Described for Value {
    fn describe(_: &mut Definitions) -> Value {
        json!({})
    }
}

/// Any JSON.
impl Described for Json<'_> {
    fn describe(_: &mut Definitions) -> Value {
        json!({})
    }
}

impl<T: Described> Described for Box<T> {
    fn describe(definitions: &mut Definitions) -> Value {
        T::describe(definitions)
    }
}

impl<T: Described> Described for List<T> {
    fn describe(definitions: &mut Definitions) -> Value {
        json!({"type": "array", "items": T::describe(definitions)})
    }
}

impl<T: Described> Described for Named<'_, T> {
    fn describe(definitions: &mut Definitions) -> Value {
        json!({"type": "object", "additionalProperties": T::describe(definitions)})
    }
}

impl Described for Auth<'_> {
    fn describe(definitions: &mut Definitions) -> Value {
        json!({"anyOf": [{"const": "none"}, AuthHeader::describe(definitions)]})
    }
}
