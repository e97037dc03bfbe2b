use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;
use prost_types::{value::Kind, ListValue, Struct, Value};
use serde_json::{json, Map, Value as Json};

use super::to_json;

/// What the JSON of an encoded `Struct` is expected to be.
fn expected(record: &Struct) -> Json {
    let members = record.fields.iter().map(|(name, value)| (name.clone(), of_value(value)));
    Json::Object(members.collect::<Map<_, _>>())
}

fn of_value(value: &Value) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(value)) => (*value).into(),
        Some(Kind::NumberValue(value)) => crate::node::number(*value).into(),
        Some(Kind::StringValue(value)) => value.as_str().into(),
        Some(Kind::ListValue(list)) => list.values.iter().map(of_value).collect(),
        Some(Kind::StructValue(record)) => expected(record),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let whole = any::<i32>().prop_map(f64::from);
    // What has few digits is read as it was written.
    let fraction = (any::<i32>(), 0_i32..9)
        .prop_map(|(number, places)| f64::from(number) / 10_f64.powi(places));
    let leaf = prop_oneof![
        Just(None),
        Just(Some(Kind::NullValue(0))),
        any::<bool>().prop_map(|value| Some(Kind::BoolValue(value))),
        prop_oneof![whole, fraction].prop_map(|value| Some(Kind::NumberValue(value))),
        "[a\"\\\\\u{0}-\u{20}é😀{}\\[\\]]{0,8}".prop_map(|text| Some(Kind::StringValue(text))),
    ];
    leaf.prop_map(|kind| Value { kind }).prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|values| Kind::ListValue(ListValue { values })),
            fields(inner).prop_map(|fields| Kind::StructValue(Struct { fields })),
        ]
        .prop_map(|kind| Value { kind: Some(kind) })
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = BTreeMap<String, Value>> {
    prop::collection::btree_map("[a-c\"\n]{0,3}", value, 0..5)
}

proptest! {
    #[test]
    fn a_struct_becomes_the_json_that_it_stands_for(fields in fields(value())) {
        let record = Struct { fields };
        let json = to_json(&record.encode_to_vec()).unwrap();
        let read: Json = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read, expected(&record));
    }

    #[test]
    fn what_is_cut_off_is_no_struct(fields in fields(value()), place in any::<prop::sample::Index>()) {
        let bytes = Struct { fields }.encode_to_vec();
        let bytes = &bytes[..place.index(bytes.len().saturating_add(1))];
        // Between two entries nothing is missing.
        prop_assert_eq!(to_json(bytes).is_some(), Struct::decode(bytes).is_ok());
    }

    #[test]
    fn whatever_comes_what_is_written_is_json(
        fields in fields(value()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = Struct { fields }.encode_to_vec();
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        if let Some(json) = to_json(&bytes) {
            prop_assert!(serde_json::from_str::<Json>(&json).is_ok(), "{}", *json);
        }
    }
}

#[test]
fn entries_come_in_order_and_the_last_of_one_name_counts() {
    let entry = |name: &str, number: f64| {
        let fields = [(name.to_owned(), Kind::NumberValue(number).into())].into();
        Struct { fields }.encode_to_vec()
    };
    let bytes = [entry("b", 1.0), entry("a", 2.0), entry("b", 3.5), entry("", 4.0)].concat();
    assert_eq!(**to_json(&bytes).unwrap(), *json!({"": 4, "a": 2, "b": 3.5}).to_string());
}

#[test]
fn what_lies_too_deep_is_refused() {
    let mut value = Value { kind: None };
    for _ in 0..200 {
        value = Value { kind: Some(Kind::ListValue(ListValue { values: vec![value] })) };
    }
    let fields = [("a".to_owned(), value)].into();
    assert_eq!(to_json(&Struct { fields }.encode_to_vec()), None);
}
