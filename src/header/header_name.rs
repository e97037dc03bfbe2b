//! A field's name beside a hash of it: most names are told apart by that without a look at them.

use crate::short_text::{few, hash, is_same};

/// A field's name in lower case. HTTP compares names without regard to case (RFC 9110, section 5.1); they are put in
/// lower case once, when they are read.
#[derive(Debug, Clone, Copy)]
pub struct HeaderName<'a> {
    bytes: &'a [u8],
    hash: u32,
}

impl<'a> HeaderName<'a> {
    /// A name that is in lower case.
    #[must_use]
    pub const fn of(name: &'a str) -> Self {
        Self::new(name.as_bytes())
    }

    /// Likewise, one that may be no text.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: hash(bytes) }
    }

    /// A name whose hash is known.
    #[must_use]
    pub const fn hashed(bytes: &'a [u8], hash: u32) -> Self {
        Self { bytes, hash }
    }

    /// The name.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The name as text. HTTP knows no name that is not ASCII; `None` for one.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes).ok()
    }

    /// Its hash.
    #[must_use]
    pub const fn hash(self) -> u32 {
        self.hash
    }

    /// One of 64 bits, chosen by the hash: a set of names is known by theirs not to have most others.
    #[must_use]
    pub const fn bit(self) -> u64 {
        bit(self.hash)
    }
}

impl PartialEq for HeaderName<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && is_same(self.bytes, other.bytes)
    }
}

impl Eq for HeaderName<'_> {}

/// [`HeaderName::bit`] of a name with this hash.
pub(super) const fn bit(hash: u32) -> u64 {
    1_u64.wrapping_shl(hash)
}

/// Whether a letter is in upper case, eight bytes at a time.
pub(super) fn has_upper_case(name: &[u8]) -> bool {
    let Some(last) = name.last_chunk::<8>() else { return upper_case(few(name)) != 0 };
    // The last eight may overlap those before.
    upper_case(u64::from_le_bytes(*last)) != 0
        || name.as_chunks::<8>().0.iter().any(|word| upper_case(u64::from_le_bytes(*word)) != 0)
}

/// The highest bit of each byte that is a letter in upper case.
const fn upper_case(word: u64) -> u64 {
    // What no letter in upper case has, and all in lower case, digits and hyphens have.
    const LOWER: u64 = 0x2020_2020_2020_2020;
    if word & LOWER == LOWER {
        return 0;
    }
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // In each byte the sum reaches the highest bit from `A` on, and from behind `Z` on.
    const FROM_A: u64 = 0x3f3f_3f3f_3f3f_3f3f;
    const BEHIND_Z: u64 = 0x2525_2525_2525_2525;
    let low = word & LOW;
    low.wrapping_add(FROM_A) & !low.wrapping_add(BEHIND_Z) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::{has_upper_case, HeaderName};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn letters_in_upper_case_are_seen(bytes: Vec<u8>) {
            prop_assert_eq!(has_upper_case(&bytes), bytes.iter().any(u8::is_ascii_uppercase));
        }

        #[test]
        fn names_are_equal_where_their_bytes_are(one in "[a-c]{0,20}", other in "[a-c]{0,20}") {
            prop_assert_eq!(HeaderName::of(&one) == HeaderName::of(&other), one == other);
            prop_assert!(HeaderName::of(&one) == HeaderName::of(&one.clone()));
        }
    }

    #[test]
    fn one_byte_makes_another_name() {
        for name in ["x", "abc", "host", "upgrade", "cookie12", "authorization", "x-stainless-arch"]
        {
            for place in 0..name.len() {
                let mut other = name.as_bytes().to_vec();
                other[place] ^= 1;
                assert!(HeaderName::of(name) != HeaderName::new(&other), "{name} {place}");
            }
        }
    }
}
