//! Names with at most one `*`.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// A name in which one `*` may stand for one or more characters; everything else is literal and the
/// match is anchored at both ends, byte-exact and case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    prefix: Box<str>,
    /// What follows the `*`; `None` for a name without one.
    suffix: Option<Box<str>>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`TooManyWildcards`] for more than one `*`.
    pub fn parse(text: &str) -> Result<Self, TooManyWildcards> {
        match text.split_once('*') {
            None => Ok(Self { prefix: text.into(), suffix: None }),
            Some((_, rest)) if rest.contains('*') => Err(TooManyWildcards),
            Some((prefix, suffix)) => {
                Ok(Self { prefix: prefix.into(), suffix: Some(suffix.into()) })
            }
        }
    }

    /// Whether the name holds a `*`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.suffix.is_some()
    }

    /// The only name that matches, if there is but one.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        (!self.is_wildcard()).then_some(&*self.prefix)
    }

    /// Whether `name` matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.capture(name).is_some()
    }

    /// What the `*` stands for in `name` (empty for a pattern without one), if it matches.
    #[must_use]
    pub fn capture<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.suffix {
            None => (name == &*self.prefix).then_some(""),
            Some(suffix) => name
                .strip_prefix(&*self.prefix)?
                .strip_suffix(&**suffix)
                .filter(|captured| !captured.is_empty()),
        }
    }

    /// The name that this pattern gives when its `*` stands for `captured`.
    #[must_use]
    pub fn expand(&self, captured: &str) -> Cow<'_, str> {
        match &self.suffix {
            None => Cow::Borrowed(&self.prefix),
            Some(suffix) => Cow::Owned([&*self.prefix, captured, &**suffix].concat()),
        }
    }

    /// Whether some name may match both patterns, each with a `*`.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (Some(suffix), Some(others)) = (&self.suffix, &other.suffix) else {
            return self.matches(&other.prefix) || other.matches(&self.prefix);
        };
        (self.prefix.starts_with(&*other.prefix) || other.prefix.starts_with(&*self.prefix))
            && (suffix.ends_with(&**others) || others.ends_with(&**suffix))
    }

    /// How much of the pattern is literal, in bytes: the longer, the more specific.
    #[must_use]
    pub fn literal_len(&self) -> usize {
        self.prefix.len().saturating_add(self.suffix.as_ref().map_or(0, |suffix| suffix.len()))
    }
}

impl fmt::Display for Pattern {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expand("*"))
    }
}

/// A name held more than one `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("at most one `*` is allowed")]
pub struct TooManyWildcards;

#[cfg(test)]
mod tests;
