//! Texts of a few bytes, such as names and paths: hashed and compared eight bytes at a time, where WebAssembly's `memcmp`
//! goes by single bytes.

/// A hash of a text by its length, its beginning and its end. It protects nothing: texts of the same hash are compared.
pub const fn hash(text: &[u8]) -> u32 {
    // As rustc's own hash does it: enough for a few dozen texts.
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (word(first), word(last)),
        _ => (few(text), text.len() as u64),
    };
    let hash = (first.wrapping_mul(FACTOR).rotate_left(5) ^ last).wrapping_mul(FACTOR);
    (hash >> 32) as u32
}

/// Whether two texts are the same.
#[inline(never)]
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (Some((first, rest)), Some((other_first, other_rest))) =
        (one.split_first_chunk::<8>(), other.split_first_chunk::<8>())
    else {
        return few(one) == few(other);
    };
    let (Some(last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) else {
        return false;
    };
    // The last eight may overlap those before.
    word(first) == word(other_first)
        && word(last) == word(other_last)
        && (rest.len() <= 8 || are_same(rest, other_rest))
}

/// Whether all whole words of two long texts are the same.
fn are_same(one: &[u8], other: &[u8]) -> bool {
    let mut words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    words.all(|(one, other)| word(one) == word(other))
}

const fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// At most seven bytes as a number, another one for every text of the same length.
pub const fn few(bytes: &[u8]) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::{hash, is_same};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_the_same_where_their_bytes_are(one in "[a-c]{0,40}", other in "[a-c]{0,40}") {
            prop_assert_eq!(is_same(one.as_bytes(), other.as_bytes()), one == other);
            prop_assert!(is_same(one.as_bytes(), one.clone().as_bytes()));
            prop_assert_eq!(hash(one.as_bytes()), hash(one.clone().as_bytes()));
        }
    }

    #[test]
    fn one_byte_makes_another_text() {
        for len in 1..=48 {
            let text = vec![b'a'; len];
            for place in 0..len {
                let mut other = text.clone();
                other[place] ^= 1;
                assert!(!is_same(&text, &other), "{place} of {len}");
            }
            assert!(!is_same(&text, &text[1..]));
        }
    }
}
