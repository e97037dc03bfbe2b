//! Base URLs.

use super::Base;

fn parts(url: &str) -> (bool, String, String) {
    let base = Base::parse(url).expect(url);
    (base.is_plain, base.authority, base.path)
}

#[test]
fn a_base_url_has_a_scheme_a_host_and_a_path() {
    for (url, is_plain, authority, path) in [
        ("https://API.example.com", false, "api.example.com", ""),
        ("https://api.example.com:443/v1/", false, "api.example.com", "/v1"),
        ("http://vllm.internal:8000/v1", true, "vllm.internal:8000", "/v1"),
        ("HTTP://[::1]:80/a/b?c=d#e", true, "[::1]", "/a/b"),
        ("http://h:443", true, "h:443", ""),
        (" https://a.b/ ", false, "a.b", ""),
    ] {
        assert_eq!(parts(url), (is_plain, authority.to_owned(), path.to_owned()), "{url}");
    }
    let base = Base::parse("https://h/v1/chat/completions?x=1").expect("a base");
    assert_eq!(base.query.as_deref(), Some("x=1"));
    assert_eq!(base.without(&["/chat/completions"]).path, "/v1");
}

#[test]
fn what_is_no_base_url_is_refused() {
    for url in [
        "localhost:8000",
        "//host/v1",
        "grpc://host:50051",
        "https://",
        "https:///v1",
        "https://user:password@host/v1",
        "https://host:port/v1",
        "https://ho st/v1",
        "https://host//v1",
        "https://host/v 1",
        "https://${HOST}/v1",
        "",
    ] {
        assert!(Base::parse(url).is_err(), "{url}");
    }
}
