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

/// A value that is a list of strings, or one string. A list arrives as the ABI's pairs, each item being the first half
/// of one.
#[must_use]
pub fn texts(value: Vec<u8>) -> Vec<Box<str>> {
    if let Some(one) = text(&value) {
        return vec![one.into()];
    }
    let pairs = Headers::from_pairs(value).unwrap_or_default();
    pairs.iter().filter_map(|(item, _)| text(item).map(Box::from)).collect()
}
