//! The pairs of a query: how they are found and rewritten.

use super::{find, rewritten, ModelPair, QueryError};

#[test]
fn a_pair_is_found_where_it_lies() {
    for (query, found) in [
        ("model=gpt-4o", Some(("gpt-4o", "gpt-4o"))),
        ("a=b&model=x%2Fy+z&c", Some(("x%2Fy+z", "x/y z"))),
        ("mod%65l=x", Some(("x", "x"))),
        ("model=", Some(("", ""))),
        ("model", Some(("", ""))),
        ("a=model", None),
        ("Model=x", None),
        ("", None),
    ] {
        let pair = find(query.as_bytes(), "model").unwrap();
        let pair =
            pair.as_ref().map(|pair| (query.get(pair.value.clone()).unwrap(), pair.text.as_str()));
        assert_eq!(pair, found, "{query}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for (query, error) in [
        ("model=a&model=b", QueryError::Repeated),
        ("model=a&Model=a", QueryError::Repeated),
        ("model=a&%6dodel=b", QueryError::Repeated),
        ("model=%ff", QueryError::NotText),
    ] {
        assert_eq!(find(query.as_bytes(), "model"), Err(error), "{query}");
    }
}

#[test]
fn a_query_keeps_its_pairs_as_they_are_written() {
    let keep = |name: &[u8], value: &[u8]| !name.eq_ignore_ascii_case(b"v") && value != b"s+cret";
    for (query, model, left) in [
        ("v=1", None, None),
        ("a=b&v=1&c=d&V=2", None, Some("a=b&c=d")),
        ("a=b&version=1", None, Some("a=b&version=1")),
        ("a=%73%2Bcret&b=%62&%76=1", None, Some("b=%62")),
        ("a=1&mod%65l=x%2Fy&b", Some("n/m"), Some("a=1&mod%65l=n%2Fm&b")),
        ("model=x%2Fy", Some("x/y"), Some("model=x%2Fy")),
        ("deployment=x&a", Some("m"), Some("model=m&a")),
        ("model=x&Deployment=y", Some("m"), Some("model=m")),
        ("Deployment=x", None, Some("Deployment=x")),
        ("", None, Some("")),
    ] {
        let model = model.map(|model| ModelPair { model, keeps_name: false });
        let found = rewritten(query.as_bytes(), model, &keep);
        assert_eq!(found.as_deref(), left.map(str::as_bytes), "{query}");
    }
}
