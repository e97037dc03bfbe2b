use super::{check_authorization, Identity, KeyDigest};
use crate::header::Headers;
use crate::reject::Reject;

fn key(headers: &[(&str, &[u8])]) -> Result<Vec<u8>, Reject> {
    let key_headers = vec!["authorization".into(), "x-api-key".into(), "api-key".into()];
    let identity = Identity { key_headers, ..Identity::default() };
    let headers: Headers = headers.iter().map(|(name, value)| (*name, *value)).collect();
    check_authorization(&headers).and_then(|()| identity.key(&headers)).map(<[u8]>::to_vec)
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
        &[(
            "sec-websocket-protocol",
            b"realtime, openai-insecure-api-key.vk-1, openai-beta.realtime-v1",
        )],
    ] {
        assert_eq!(key(headers), Ok(b"vk-1".to_vec()), "{headers:?}");
    }
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
        assert_eq!(key(headers), Err(Reject::MissingApiKey), "{headers:?}");
    }
}

#[test]
fn what_is_not_one_key_is_invalid() {
    for headers in [
        &[("authorization", &b"Bearer vk-1"[..]), ("authorization", b"Bearer vk-1")][..],
        &[("authorization", b"Bearer vk-1"), ("x-api-key", b"vk-2")],
        &[("x-api-key", b"vk-1"), ("x-api-key", b"vk-2")],
        &[
            ("authorization", b"Bearer vk-1"),
            ("sec-websocket-protocol", b"openai-insecure-api-key.vk-2"),
        ],
        &[("authorization", b"Bearer vk-1,Bearer vk-1")],
        &[("authorization", b"Basic dms6MQ==")],
        &[("authorization", b"vk-1")],
        &[("authorization", b"Bearervk-1")],
    ] {
        assert_eq!(key(headers), Err(Reject::InvalidApiKey), "{headers:?}");
    }
}

#[test]
fn any_bytes_may_be_shown_as_a_key() {
    assert_eq!(key(&[("x-api-key", b"\xff\xfe")]), Ok(b"\xff\xfe".to_vec()));
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
