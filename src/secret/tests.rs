//! What cannot be a secret, and how one is printed.

use super::{Secret, SecretError};

#[test]
fn what_cannot_be_a_secret_is_refused() {
    for (text, error) in [
        ("", SecretError::Empty),
        ("   ", SecretError::Blank),
        ("\t", SecretError::Blank),
        ("sk-1\n", SecretError::ControlCharacter),
        ("sk\u{7f}1", SecretError::ControlCharacter),
        (" sk-1", SecretError::SurroundingSpace),
        ("${OPENAI_KEY}", SecretError::Unexpanded),
        ("Bearer <no value>", SecretError::Unexpanded),
        ("{{ .Values.key }}", SecretError::Unexpanded),
        ("$OPENAI_KEY", SecretError::Unexpanded),
        ("os.environ/OPENAI_KEY", SecretError::Unexpanded),
    ] {
        assert_eq!(Secret::parse(text), Err(error), "{text:?}");
    }
    for text in ["$", "$ecret", "a$OPENAI_KEY", "$OPENAI-KEY"] {
        assert!(Secret::parse(text).is_ok(), "{text:?}");
    }
}

#[test]
fn a_secret_is_printed_redacted() {
    let secret = Secret::parse("sk-1").unwrap();
    assert_eq!(
        format!("{:?} {:?}", secret, Some(secret.prefixed("Bearer "))),
        "[redacted] Some([redacted])"
    );
}
