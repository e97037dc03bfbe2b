//! How far a string runs before the next byte that is not simply part of it.
//!
//! Nearly every byte of a request body is passed over here, sixteen at a time in a vector register (SIMD128 in
//! WebAssembly, SSE2 or NEON on the machine; the same code does without where there is none).

use bytemuck::cast;
use wide::u8x16;

/// How many bytes a vector holds.
const LANES: usize = 16;
/// What is passed over at once where nothing is expected to be found: base64, say.
const STRIDE: usize = 4 * LANES;

/// A run of bytes that need no more than a UTF-8 check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) len: usize,
    /// `false` if any of them may be something else.
    pub(super) is_ascii: bool,
}

impl Run {
    /// The longest run at the start: up to a quote, a backslash, a control character or the end.
    #[inline]
    pub(super) fn of(bytes: &[u8]) -> Self {
        // Names and words between escapes are short.
        match bytes.first_chunk::<LANES>() {
            None => Self::within(bytes),
            Some(block) => match Block::of(*block).run() {
                run if run.len < LANES => run,
                _ => Self::long(bytes),
            },
        }
    }

    fn long(bytes: &[u8]) -> Self {
        let (mut len, mut seen) = (0_usize, u8x16::default());
        for stride in bytes.as_chunks::<STRIDE>().0 {
            let [a, b, c, d] = cast::<[u8; STRIDE], [[u8; LANES]; 4]>(*stride);
            let [a, b, c, d] = [Block::of(a), Block::of(b), Block::of(c), Block::of(d)];
            if mask(a.special | b.special | c.special | d.special) != 0 {
                break;
            }
            seen = seen | a.bytes | b.bytes | c.bytes | d.bytes;
            len = len.saturating_add(STRIDE);
        }
        let strides = Self { len, is_ascii: mask(seen) == 0 };
        strides.and(Self::blocks(bytes.get(len..).unwrap_or_default()))
    }

    fn blocks(bytes: &[u8]) -> Self {
        let (blocks, tail) = bytes.as_chunks::<LANES>();
        let mut run = Self { len: 0, is_ascii: true };
        for block in blocks {
            let next = Block::of(*block).run();
            run = run.and(next);
            if next.len < LANES {
                return run;
            }
        }
        run.and(Self::within(tail))
    }

    /// Of less bytes than a vector holds.
    fn within(bytes: &[u8]) -> Self {
        // A quote after the last byte ends the run there at the latest.
        let mut block = [b'"'; LANES];
        for (slot, byte) in block.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Block::of(block).run()
    }

    #[inline]
    fn and(self, next: Self) -> Self {
        Self { len: self.len.saturating_add(next.len), is_ascii: self.is_ascii && next.is_ascii }
    }
}

/// As many bytes as a vector holds.
///
/// What is done with it is a few instructions, and must be no call, though the filter is compiled to be small.
#[derive(Clone, Copy)]
struct Block {
    bytes: u8x16,
    /// All bits of a byte are set where it is special.
    special: u8x16,
}

impl Block {
    #[inline(always)]
    fn of(bytes: [u8; LANES]) -> Self {
        let bytes = u8x16::new(bytes);
        let is_quote = bytes.cmp_eq(u8x16::splat(b'"'));
        let is_backslash = bytes.cmp_eq(u8x16::splat(b'\\'));
        let is_control = bytes.min(u8x16::splat(b' ' - 1)).cmp_eq(bytes);
        Self { bytes, special: is_quote | is_backslash | is_control }
    }

    /// The bytes at the start that are plain.
    #[inline(always)]
    fn run(self) -> Run {
        let special = mask(self.special);
        let before = special.wrapping_sub(1) & !special;
        let len = (special.trailing_zeros() as usize).min(LANES);
        Run { len, is_ascii: mask(self.bytes) & before == 0 }
    }
}

/// The high bit of each byte, the first one lowest.
#[inline(always)]
fn mask(bytes: u8x16) -> u32 {
    bytes.move_mask().cast_unsigned()
}
