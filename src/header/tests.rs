//! Header fields: how they are found, and which names and values are valid.

use super::{is_name, is_value, Headers};
use proptest::prelude::*;

/// The form in which the host passes a map.
fn pairs(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let mut buffer = u32::try_from(fields.len()).unwrap().to_le_bytes().to_vec();
    for (name, value) in fields {
        buffer.extend(length(name));
        buffer.extend(length(value));
    }
    for bytes in fields.iter().flat_map(|(name, value)| [name, value]) {
        buffer.extend(bytes);
        buffer.push(0);
    }
    buffer
}

proptest! {
    #[test]
    fn what_the_host_passes_is_read_back(fields: Vec<(Vec<u8>, Vec<u8>)>) {
        let headers = Headers::from_pairs(pairs(&fields)).unwrap();
        let read: Vec<_> = headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        // But for the case of names.
        let sent = fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
        prop_assert_eq!(read, sent.collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_are_read_beyond_the_buffer(buffer: Vec<u8>) {
        if let Some(headers) = Headers::from_pairs(buffer) {
            headers.iter().for_each(drop);
        }
    }

    #[test]
    fn a_truncated_map_is_refused(fields in prop::collection::vec(any::<(Vec<u8>, Vec<u8>)>(), 1..4), cut in 1usize..64) {
        let mut buffer = pairs(&fields);
        buffer.truncate(buffer.len().saturating_sub(cut));
        prop_assert_eq!(Headers::from_pairs(buffer), None);
    }
}

#[test]
fn fields_are_found_in_any_case() {
    let headers: Headers = [("X-Key", "a"), ("x-other", "b"), ("x-kEY", "c")].into_iter().collect();
    assert_eq!(headers.all("x-key").collect::<Vec<_>>(), [b"a", b"c"]);
    assert_eq!(headers.first("x-none"), None);
}

#[test]
fn names_are_lower_case_tokens_and_values_one_line() {
    for (name, good) in
        [("x-a", true), ("", false), ("X-A", false), (":path", false), ("a b", false), ("ä", false)]
    {
        assert_eq!(is_name(name), good, "{name:?}");
    }
    for (value, good) in [
        ("", true),
        ("a b", true),
        ("ä", true),
        (" a", false),
        ("a\r\nb", false),
        ("\u{7f}", false),
    ] {
        assert_eq!(is_value(value), good, "{value:?}");
    }
}
