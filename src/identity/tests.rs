//! Where a request shows keys, and which of them are virtual keys.

use super::{check_authorization, Elsewhere, Identity, KeyDigest, ShownKeys};
use crate::header::Headers;
use crate::reject::Reject;

fn identity() -> Identity {
    let key_headers = vec!["authorization".into(), "x-api-key".into(), "api-key".into()];
    Identity { key_headers, ..Identity::default() }
}

fn shown(headers: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>, bool)> {
    let headers: Headers = headers.iter().map(|(name, value)| (*name, *value)).collect();
    let identity = identity();
    let shown = identity.shown(&headers, Elsewhere::Subprotocols);
    shown.iter().map(|one| (one.field.to_owned(), one.key.to_vec(), one.may_be_known)).collect()
}

#[test]
fn one_key_is_found_wherever_it_is_shown() {
    for headers in [
        &[("authorization", &b"Bearer vk-1"[..])][..],
        &[("Authorization", b"bEARER   vk-1 ")],
        &[("x-api-key", b"vk-1")],
        &[("api-key", b" vk-1")],
        &[("authorization", b"Bearer vk-1"), ("x-api-key", b"vk-1"), ("X-Api-Key", b"vk-1")],
        &[("authorization", b"Bearer "), ("x-api-key", b"vk-1")],
        &[("authorization", b""), ("x-api-key", b"vk-1")],
        &[("x-api-key", b"Bearer vk-1"), ("api-key", b"bearer vk-1")],
        &[(
            "sec-websocket-protocol",
            b"realtime, OpenAI-Insecure-Api-Key.vk-1, openai-beta.realtime-v1",
        )],
    ] {
        let shown = shown(headers);
        let [(_, key, true)] = &*shown else { panic!("{headers:?}: {shown:?}") };
        assert_eq!(key, b"vk-1", "{headers:?}");
    }
}

#[test]
fn keys_among_sub_protocols_count_for_websockets_alone() {
    let offers = [("sec-websocket-protocol", "openai-insecure-api-key.vk-1")];
    let headers: Headers = offers.into_iter().collect();
    assert!(identity().shown(&headers, Elsewhere::Nowhere).is_empty());
}

#[test]
fn a_request_without_a_key_is_told_so() {
    for headers in [
        &[][..],
        &[("authorization", &b""[..])],
        &[("authorization", b"Bearer")],
        &[("authorization", b"Bearer  "), ("api-key", b"")],
        &[("x-goog-api-key", b"vk-1")],
    ] {
        assert_eq!(shown(headers), [], "{headers:?}");
    }
}

#[test]
fn every_different_key_is_told_with_its_field() {
    let headers: &[(&str, &[u8])] = &[
        ("authorization", b"Bearer vk-1"),
        ("x-api-key", b"vk-2"),
        ("x-api-key", b"vk-1"),
        ("api-key", b"\xff\xfe"),
        ("sec-websocket-protocol", b"openai-insecure-api-key.vk-3"),
    ];
    let expected: [(&str, &[u8]); 4] = [
        ("authorization", b"vk-1"),
        ("x-api-key", b"vk-2"),
        ("api-key", b"\xff\xfe"),
        ("sec-websocket-protocol", b"vk-3"),
    ];
    let expected = expected.map(|(field, key)| (field.to_owned(), key.to_vec(), true));
    assert_eq!(shown(headers), expected);
}

#[test]
fn authorization_of_another_scheme_is_no_virtual_key() {
    for value in [&b"Basic dms6MQ=="[..], b"vk-1", b"Bearervk-1"] {
        let expected = ("authorization".to_owned(), value.to_vec(), false);
        assert_eq!(shown(&[("authorization", value)]), [expected]);
    }
}

#[test]
fn two_authorization_fields_are_refused() {
    for headers in [
        &[("authorization", &b"Bearer vk-1"[..]), ("authorization", b"Bearer vk-1")][..],
        &[("authorization", b"Bearer vk-1,Bearer vk-1")],
    ] {
        let headers: Headers = headers.iter().map(|(name, value)| (*name, *value)).collect();
        assert_eq!(check_authorization(&headers), Err(Reject::InvalidApiKey), "{headers:?}");
    }
}

#[test]
fn a_shown_key_is_found_in_other_text_however_it_is_encoded() {
    let headers: Headers =
        [("x-api-key", "vk-1/2 3"), ("authorization", "short")].into_iter().collect();
    let identity = identity();
    let shown = identity.shown(&headers, Elsewhere::Nowhere);
    let keys = ShownKeys::of(&shown, Some(b"vk-1/2 3"));
    for text in ["vk-1/2 3", "a vk-1/2 3 b", "vk%2D1%2F2%203", "x=vk%252D1%25252F2%2525203"] {
        assert!(keys.are_in(text.as_bytes()), "{text}");
    }
    for text in ["", "vk-1", "short", "vk-1/2-3", "%"] {
        assert!(!keys.are_in(text.as_bytes()), "{text}");
    }
    assert_eq!(format!("{keys:?}"), "[redacted]");
}

#[test]
fn digests_are_read_in_either_case_and_never_printed() {
    let lower = "ab".repeat(32);
    let digest = KeyDigest::from_hex(&lower).unwrap();
    assert_eq!(KeyDigest::from_hex(&lower.to_uppercase()), Some(digest));
    assert_eq!(format!("{digest:?}"), "[redacted]");
    for text in ["", "ab", &"ag".repeat(32), &"é".repeat(32), &"ab".repeat(33)] {
        assert_eq!(KeyDigest::from_hex(text), None, "{text}");
    }
}

#[test]
fn each_keys_fingerprint_is_its_own_and_nothing_of_its_digest() {
    let [one, other] = ["vk-1", "vk-2"].map(|key| KeyDigest::of(key.as_bytes()));
    assert_eq!(one.fingerprint(), KeyDigest::of(b"vk-1").fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
    for digest in [one, other] {
        let fingerprint = digest.fingerprint();
        assert_eq!(fingerprint.len(), 16, "{fingerprint}");
        let hex: String = digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!hex.contains(&*fingerprint), "{fingerprint}");
    }
}
