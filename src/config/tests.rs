//! Whole configurations: what is read, and what is reported.

use prost::Message;
use prost_types::{value::Kind, ListValue, Struct, Value as ProtoValue};
use serde_json::{json, Value};

use crate::router::Router;

/// The errors and warnings of a configuration, each as it is logged.
fn findings(configuration: &[u8]) -> (Vec<String>, Vec<String>) {
    let environment = |name: &str| match name {
        "SET" => Some("secret".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let (errors, warnings) = match Router::from_configuration(configuration, &environment) {
        Ok(loaded) => (Vec::new(), loaded.warnings),
        Err(refusal) => (refusal.errors, refusal.warnings),
    };
    let lines = |found: Vec<crate::Diagnostic>| found.iter().map(ToString::to_string).collect();
    (lines(errors), lines(warnings))
}

/// What Envoy makes of a `google.protobuf.Struct`.
fn encoded(value: &Value) -> ProtoValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap()),
        Value::String(value) => Kind::StringValue(value.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(encoded).collect() })
        }
        Value::Object(_) => Kind::StructValue(record(value)),
    };
    ProtoValue { kind: Some(kind) }
}

fn record(value: &Value) -> Struct {
    let entries = value.as_object().unwrap().iter();
    Struct { fields: entries.map(|(key, value)| (key.clone(), encoded(value))).collect() }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let configuration = json!({
        "providers": {
            "openai": {"cluster": "openai", "kind": "opneai"},
            "Bad Id": {"clutser": "x"},
        },
        "models": {"gpt-4o": {"targets": [{"provider": "opnai"}], "teams": ["nobody"]}},
        "credentials": {
            "key": {"provider": "openai", "env": "UNSET"},
            "empty": {"provider": "openai", "env": "EMPTY"},
            "number": {"provider": "openai", "value": 1},
        },
        "teams": {"team-1": {"models": ["gpt-4"], "credentials": ["kee"], "keys": [{"sha256": "ab"}]}},
        "max_body_bytes": 0,
        "modles": {},
    });
    let (errors, _) = findings(configuration.to_string().as_bytes());
    let expected = [
        r#"modles: unknown field "modles"; did you mean "models"?"#,
        "credentials.number.value: expected a string, found a number",
        r#"providers.Bad Id.clutser: unknown field "clutser"; did you mean "cluster"?"#,
        "providers.Bad Id.cluster: this field is required",
        "providers.Bad Id: a provider's id holds only a-z, 0-9, `.`, `_` and `-`",
        r#"providers.openai.kind: unknown kind "opneai"; did you mean "openai"?"#,
        r#"credentials.key.env: "UNSET" is not set in the VM's environment (vm_config.environment_variables)"#,
        "credentials.empty.env: the secret is empty",
        r#"models.gpt-4o.teams[0]: unknown team "nobody""#,
        r#"models.gpt-4o.targets[0].provider: unknown provider "opnai"; did you mean "openai"?"#,
        r#"teams.team-1.models[0]: unknown model "gpt-4"; did you mean "gpt-4o"?"#,
        r#"teams.team-1.credentials[0]: unknown credential "kee"; did you mean "key"?"#,
        "teams.team-1.keys[0].sha256: expected 64 hexadecimal digits, the SHA-256 of the key",
        "max_body_bytes: no request would fit; give a number above 0",
    ];
    for line in expected {
        assert!(errors.iter().any(|error| error == line), "{line}\n is not among\n{errors:#?}");
    }
    // Nothing is blamed twice: the credential without a value is also told that it has none.
    assert_eq!(errors.len(), expected.len() + 1, "{errors:#?}");
}

#[test]
fn json_and_an_encoded_struct_are_the_same() {
    let configuration = json!({
        "providers": {"openai": {"cluster": "openai", "kind": "openai"}},
        "models": {"m": {"targets": [{"provider": "openai", "priority": -1, "cost": 0.5, "weight": 3}]}},
        "teams": {"t": {"models": ["m"], "keys": [{"env": "SET", "disabled": false}]}},
        "credentials": {"c": {"provider": "openai", "env": "SET"}},
        "max_body_bytes": 10_485_760,
        "base_paths": ["/v1"],
    });
    let text = findings(configuration.to_string().as_bytes());
    let binary = findings(&record(&configuration).encode_to_vec());
    assert_eq!(text, binary);
    assert_eq!(text.0, Vec::<String>::new());
}

#[test]
fn a_number_with_a_fraction_is_a_string_in_envoys_yaml() {
    let findings_of = |cost: Value| {
        let configuration = json!({
            "providers": {"openai": {"cluster": "openai", "kind": "openai"}},
            "models": {"m": {"targets": [{"provider": "openai", "cost": cost}]}},
            "teams": {"t": {"models": ["m"], "keys": [{"env": "SET"}], "credentials": ["c"]}},
            "credentials": {"c": {"provider": "openai", "env": "SET"}},
        });
        findings(configuration.to_string().as_bytes()).0
    };
    for cost in ["0.5", ".25", "1e3", "12", "1.5E-7"] {
        assert_eq!(findings_of(cost.into()), Vec::<String>::new(), "{cost}");
    }
    for cost in ["", ".", "x", "inf", "nan", "1e999", "0x10", "1,5", "{}", "[1]"] {
        let expected = "models.m.targets[0].cost: expected a number";
        assert_eq!(findings_of(cost.into()), [expected], "{cost}");
    }
    assert_eq!(findings_of("-.5".into()), ["models.m.targets[0].cost: expected a number"]);
    assert_eq!(findings_of("-0.5".into()), ["models.m.targets[0].cost: a cost is not negative"]);
}

#[test]
fn what_is_no_configuration_is_told_so() {
    for (bytes, message) in [
        (&b""[..], "the plugin configuration is empty"),
        (b"{", "the plugin configuration is not valid JSON: EOF"),
        (b"\xff\xfe", "the plugin configuration is not valid JSON"),
        (b"[]", "expected an object, found a list"),
        (b"null", "expected an object, found null"),
    ] {
        let (errors, _) = findings(bytes);
        assert!(errors.iter().any(|error| error.starts_with(message)), "{bytes:?}: {errors:?}");
    }
}

#[test]
fn a_repeated_key_is_an_error_wherever_it_stands() {
    let text = br#"{"providers": {"p": {"cluster": "a", "cluster": "b"}, "p": {"cluster": "c"}}}"#;
    let (errors, _) = findings(text);
    assert_eq!(
        errors,
        ["providers.p: this key is repeated", "providers.p.cluster: this key is repeated"]
    );
}

#[test]
fn no_secret_is_in_any_finding() {
    let configuration = json!({
        "providers": {"p": {"cluster": "c"}},
        "credentials": {
            "a": {"provider": "p", "value": "sk-hidden\n"},
            "b": {"provider": "q", "value": "${sk-hidden}"},
            "c": {"provider": "p", "value": " sk-hidden"},
        },
        "teams": {"t": {"models": [], "keys": [{"sha256": "sk-hidden"}]}},
    });
    let (errors, warnings) = findings(configuration.to_string().as_bytes());
    assert!(errors.len() >= 4, "{errors:#?}");
    assert!(
        !errors.iter().chain(&warnings).any(|line| line.contains("hidden")),
        "{errors:#?} {warnings:#?}"
    );
}

const PRECISE: &str = "[123456789012345678901234567890.000000000000000000001, \"0.7\", -0, 1.0, 1E2,\n {\"a\": 0.10}]";

/// What a target's `set` writes where the configuration is this.
fn set_in(configuration: &[u8]) -> Vec<(String, String)> {
    let loaded = Router::from_configuration(configuration, &|_| None).unwrap();
    let target = &loaded.router.catalog.models["models"].targets[0];
    let parameters = target.parameters.as_ref().unwrap();
    assert_eq!(*parameters.remove, [Box::from("targets")]);
    let text = |(name, value): &(Box<str>, Box<str>)| (name.to_string(), value.to_string());
    parameters.set.iter().chain(&parameters.default).map(text).collect()
}

fn with_parameters(written: &str) -> String {
    format!(
        r#"{{ "other_paths" : "pass", "providers":{{"p":{{"cluster":"]}},\\\"{{","auth":"none"}}}},
        "models":{{"parameters":{{"metadata":{{"targets":[]}},"targets":[{{"provider":"p"}}]}},
        "models":{{"type":"chat","targets":[
            {{"weight":2,"parameters":{{"remove":["targets"],"set":{{"a":{written} , "b\u0062":true,"c":"\"}},"}},"default":{{"d":0.70}}}}}}
        ]}}}}}}"#
    )
}

#[test]
fn parameters_are_written_as_they_stand_in_a_text() {
    let written = set_in(with_parameters(PRECISE).as_bytes());
    let expected = [("a", PRECISE), ("bb", "true"), ("c", r#""\"},""#), ("d", "0.70")];
    assert_eq!(written, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn parameters_of_a_struct_are_doubles_and_its_fractions_in_texts_are_numbers() {
    let value: Value = serde_json::from_str(&with_parameters(PRECISE)).unwrap();
    let written = set_in(&record(&value).encode_to_vec());
    let precise = r#"[1.2345678901234568e+29,0.7,0,1,100,{"a":0.1}]"#;
    let expected = [("a", precise), ("bb", "true"), ("c", r#""\"},""#), ("d", "0.7")];
    assert_eq!(written, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_parameter_with_a_repeated_key_in_it_is_an_error() {
    let text = with_parameters(r#"{"x":[{"y":1,"y":2}]}"#);
    let (errors, _) = findings(text.as_bytes());
    assert_eq!(errors, ["models.models.targets[0].parameters.set.a.x[0].y: this key is repeated"]);
}
