//! What an earlier filter left in dynamic metadata, as the host hands it over.

use crate::header::Headers;

/// The way to a value: the property `metadata.filter_metadata`, then the filter's namespace, then keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataPath(Vec<Box<str>>);

impl MetadataPath {
    /// The path to what `steps` lead to: a namespace and at least one key.
    #[must_use]
    pub fn new<'a>(steps: impl IntoIterator<Item = &'a str>) -> Self {
        Self(["metadata", "filter_metadata"].into_iter().chain(steps).map(Box::from).collect())
    }

    /// The path to the first item, if this leads to a list.
    #[must_use]
    pub fn first_item(&self) -> Self {
        Self(self.0.iter().cloned().chain([Box::from("0")]).collect())
    }

    /// The segments of the property's path.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|segment| &**segment)
    }
}

/// A value that is one string; `None` for anything else, the empty string too.
#[must_use]
pub fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| !text.is_empty() && !text.contains(char::is_control))
}

/// A value that is a list of strings, one string, or an object of which the members count that are `true`. Lists and
/// objects arrive as the ABI's pairs: the items of a list as names without values, the members of an object with theirs. A
/// boolean is one byte. `is_list` tells whether the value has a first item: an object of empty values has none, and looks
/// like a list otherwise.
#[must_use]
pub fn texts(value: Vec<u8>, is_list: &dyn Fn(&[u8]) -> bool) -> Vec<Box<str>> {
    if let Some(one) = text(&value) {
        return vec![one.into()];
    }
    let pairs = Headers::from_exact_pairs(value).unwrap_or_default();
    let first = pairs.iter().next();
    let may_be_list = pairs.iter().all(|(_, value)| value.is_empty());
    let is_list = may_be_list && first.is_some_and(|(item, _)| is_list(item));
    (pairs.iter().filter(|(_, value)| is_list || *value == TRUE))
        .filter_map(|(name, _)| text(name).map(Box::from))
        .collect()
}

const TRUE: &[u8] = &[1];

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn roles_keep_their_case() {
        // One item, its name five bytes long and its value none, each with a zero byte behind it.
        let list = [&[1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0][..], b"Admin\0\0"].concat();
        assert_eq!(texts(list, &|item| item == b"Admin"), [Box::from("Admin")]);
    }
}
