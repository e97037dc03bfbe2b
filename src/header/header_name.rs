//! A field's name beside a hash of it: most names are told apart by that without a look at them.

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
}

impl PartialEq for HeaderName<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && is_same(self.bytes, other.bytes)
    }
}

impl Eq for HeaderName<'_> {}

/// Whether two texts are the same, eight bytes at a time: WebAssembly's `memcmp` goes by single bytes.
#[inline(never)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let word = |word: &[u8; 8]| u64::from_le_bytes(*word);
    let mut words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    one.len() == other.len()
        && words.all(|(one, other)| word(one) == word(other))
        // The last eight may overlap those before.
        && match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
            (Some(one), Some(other)) => word(one) == word(other),
            _ => one.iter().zip(other).all(|(one, other)| one == other),
        }
}

/// The hash of a name by its length, its beginning and its end, which tell names apart. It protects nothing: who finds two
/// names of the same hash has them compared.
const fn hash(name: &[u8]) -> u32 {
    // As rustc's own hash does it: enough for a few dozen names.
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (few(name), name.len() as u64),
    };
    let hash = (first.wrapping_mul(FACTOR).rotate_left(5) ^ last).wrapping_mul(FACTOR);
    (hash >> 32) as u32
}

/// At most seven bytes as a number.
const fn few(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(first), Some(last), _) => {
            (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64
        }
        (_, _, [a, b, c]) => (*a as u64) << 16 | (*b as u64) << 8 | *c as u64,
        (_, _, [a, b]) => (*a as u64) << 8 | *b as u64,
        (_, _, [a]) => *a as u64,
        _ => 0,
    }
}

/// Whether a letter is in upper case, eight bytes at a time.
pub(super) fn has_upper_case(name: &[u8]) -> bool {
    let (words, rest) = name.as_chunks::<8>();
    words.iter().any(|word| upper_case(u64::from_le_bytes(*word)) != 0)
        || match name.last_chunk::<8>() {
            Some(last) => upper_case(u64::from_le_bytes(*last)) != 0,
            None => rest.iter().any(u8::is_ascii_uppercase),
        }
}

/// The highest bit of each byte that is a letter in upper case.
const fn upper_case(word: u64) -> u64 {
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
