//! The two forms of callers' own keys, and what is refused.

use super::{InvalidProviderData, ProviderData};
use crate::secret::SecretError;

fn keys(json: &str) -> Result<Vec<(String, String)>, InvalidProviderData> {
    let mut data = ProviderData::default();
    data.add(json.as_bytes())?;
    Ok(data.0.iter().map(|(provider, key)| (provider.clone(), key.expose().to_owned())).collect())
}

#[test]
fn both_forms_are_read() {
    let pair = |provider: &str, key: &str| (provider.to_owned(), key.to_owned());
    for (json, expected) in [
        (r#"{}"#, vec![]),
        (r#"{"anthropic": {"api_key": "sk-a"}}"#, vec![pair("anthropic", "sk-a")]),
        (r#"{"anthropic_api_key": "sk-a"}"#, vec![pair("anthropic", "sk-a")]),
        (
            r#"{"a": {"api_key": "1", "url": "x"}, "b_api_key": "2"}"#,
            vec![pair("a", "1"), pair("b", "2")],
        ),
        (r#"{"a": {"api_key": "1"}, "a_api_key": "1"}"#, vec![pair("a", "1")]),
        (r#"{"a": {}}"#, vec![]),
    ] {
        assert_eq!(keys(json), Ok(expected), "{json}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    for (json, error) in [
        ("", InvalidProviderData::NotAnObject),
        ("[]", InvalidProviderData::NotAnObject),
        ("null", InvalidProviderData::NotAnObject),
        (r#"{"a": {"api_key": "1"}"#, InvalidProviderData::NotAnObject),
        (r#"{"a": 1}"#, InvalidProviderData::NotAnEntry),
        (r#"{"a": "sk"}"#, InvalidProviderData::NotAnEntry),
        (r#"{"_api_key": "sk"}"#, InvalidProviderData::NotAnEntry),
        (r#"{"a": {"api_key": 1}}"#, InvalidProviderData::NotAString),
        (r#"{"a": {"api_key": ""}}"#, InvalidProviderData::NotAKey(SecretError::Empty)),
        (
            r#"{"a": {"api_key": "x\r\ny"}}"#,
            InvalidProviderData::NotAKey(SecretError::ControlCharacter),
        ),
        (r#"{"a": {"api_key": "1"}, "a_api_key": "2"}"#, InvalidProviderData::TwoKeys),
        (r#"{"a": {"api_key": "1", "api_key": "2"}}"#, InvalidProviderData::TwoKeys),
    ] {
        assert_eq!(keys(json), Err(error), "{json}");
    }
}
