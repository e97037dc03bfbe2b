//! How far a string runs before the next byte that is not simply part of it.
//!
//! Nearly every byte of a request body is passed over here, eight at a time in a `u64`. Names and
//! words between escapes are short, so the first bytes are looked at word by word; what is still
//! plain after them is likely to go on for long and goes by blocks, a loop that the compiler turns
//! into vector instructions where it has them (SSE2; SIMD128 if the build enables it) and that does
//! well without.

const WORD: usize = size_of::<u64>();
const HEAD: usize = 2 * WORD;
const BLOCK: usize = 32;

/// A run of bytes that need no more than a UTF-8 check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) len: usize,
    /// `false` if any of them may be something else.
    pub(super) is_ascii: bool,
}

impl Run {
    /// The longest run at the start: up to a quote, a backslash, a control character or the end.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else {
            return Self::words(bytes);
        };
        match Self::words(head) {
            run if run.len < HEAD => run,
            run => run.and(Self::long(rest)),
        }
    }

    fn long(bytes: &[u8]) -> Self {
        let blocks = Self::blocks(bytes);
        blocks.and(Self::words(bytes.get(blocks.len..).unwrap_or_default()))
    }

    /// The whole blocks at the start that are plain.
    fn blocks(bytes: &[u8]) -> Self {
        let mut len: usize = 0;
        let mut seen = 0;
        for block in bytes.as_chunks::<BLOCK>().0 {
            let (marks, union) =
                block.as_chunks::<WORD>().0.iter().fold((0, 0), |(marks, union), word| {
                    let word = u64::from_le_bytes(*word);
                    (marks | mark_special(word), union | word)
                });
            if marks != 0 {
                break;
            }
            seen |= union;
            len = len.saturating_add(BLOCK);
        }
        Self { len, is_ascii: is_ascii(seen) }
    }

    /// All plain bytes at the start, word by word.
    fn words(bytes: &[u8]) -> Self {
        let (words, tail) = bytes.as_chunks::<WORD>();
        let mut run = Self { len: 0, is_ascii: true };
        for word in words {
            let next = Self::word(*word);
            run = run.and(next);
            if next.len < WORD {
                return run;
            }
        }
        // A quote after the last byte ends the run there at the latest.
        let mut last = [b'"'; WORD];
        for (slot, byte) in last.iter_mut().zip(tail) {
            *slot = *byte;
        }
        run.and(Self::word(last))
    }

    /// The plain bytes at the start of a word.
    fn word(bytes: [u8; WORD]) -> Self {
        let word = u64::from_le_bytes(bytes);
        let marks = mark_special(word);
        Self { len: marks.trailing_zeros() as usize / WORD, is_ascii: is_ascii(word) }
    }

    fn and(self, next: Self) -> Self {
        Self { len: self.len.saturating_add(next.len), is_ascii: self.is_ascii && next.is_ascii }
    }
}

const ONES: u64 = u64::from_ne_bytes([1; WORD]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; WORD]);
const SPACES: u64 = u64::from_ne_bytes([b' '; WORD]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; WORD]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; WORD]);

/// Marks the first special byte of a little-endian word by its high bit.
///
/// Among bytes whose high bit is clear, `byte - n` borrows into it exactly if `byte < n`, and a
/// byte that equals a quote is below 1 after `^` with a quote. A borrow may also mark bytes above
/// it wrongly, never below, so it is the lowest mark that counts.
#[inline]
fn mark_special(word: u64) -> u64 {
    let quotes = (word ^ QUOTES).wrapping_sub(ONES);
    let backslashes = (word ^ BACKSLASHES).wrapping_sub(ONES);
    let controls = word.wrapping_sub(SPACES);
    (quotes | backslashes | controls) & !word & HIGH_BITS
}

fn is_ascii(word: u64) -> bool {
    word & HIGH_BITS == 0
}
