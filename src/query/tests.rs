use super::{find, without, QueryError};

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
fn pairs_are_left_out() {
    for (query, left) in [
        ("api-version=1", Some("")),
        ("a=b&api-version=1&c=d&Api-Version=2", Some("a=b&c=d")),
        ("a=b&version=1", None),
    ] {
        assert_eq!(
            without(query.as_bytes(), "api-version").as_deref(),
            left.map(str::as_bytes),
            "{query}"
        );
    }
}
