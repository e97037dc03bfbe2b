//! How far a string runs before the next byte that is not simply part of it.
//!
//! Nearly every byte of a request body is passed over here, sixteen at a time in a vector register (SIMD128 in
//! WebAssembly, SSE2 or NEON on the machine; the same code does without where there is none).

use bytemuck::cast;
use wide::u8x16;

/// How many bytes a vector holds.
const LANES: usize = 16;
/// How many bytes are passed over at once in a long run, such as base64.
const STRIDE: usize = 4 * LANES;

const QUOTE: u8x16 = u8x16::new([b'"'; LANES]);
const BACKSLASH: u8x16 = u8x16::new([b'\\'; LANES]);
const LAST_CONTROL: u8x16 = u8x16::new([b' ' - 1; LANES]);

/// What follows the bytes at the start that are surely text of a string which does not end there: ASCII characters and
/// escapes of two. It may be anything, more of the same among it: it is to be looked at more closely.
///
/// Prose is full of escapes, so each block is looked at once, however many of them are in it.
pub(super) fn behind_text(bytes: &[u8]) -> &[u8] {
    /// A block, and the second byte of an escape that begins with its last.
    const WINDOW: usize = LANES + 1;
    let mut rest = bytes;
    let mut was_plain = false;
    while let Some(window) = rest.first_chunk::<WINDOW>() {
        let Some(block) = window.first_chunk::<LANES>() else { break };
        let block = Block::of(*block);
        if mask(block.bytes) != 0 {
            break;
        }
        let mut special = mask(block.special);
        if special == 0 {
            rest = rest.get(LANES..).unwrap_or_default();
            if was_plain {
                rest = behind_strides(rest);
            }
            was_plain = true;
            continue;
        }
        was_plain = false;
        let mut len = LANES;
        while special != 0 {
            let place = special.trailing_zeros() as usize % LANES;
            let escape = (window.get(place), window.get(place.wrapping_add(1)));
            let (Some(b'\\'), Some(second)) = escape else {
                return rest.get(place..).unwrap_or_default();
            };
            if !ends_short_escape(*second) {
                return rest.get(place..).unwrap_or_default();
            }
            // The second byte may be special as well, or stand in the next block.
            special &= !(0b11_u32 << place);
            len = len.max(place.wrapping_add(2));
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    rest
}

/// What follows the strides of ASCII at the start.
fn behind_strides(bytes: &[u8]) -> &[u8] {
    let strides = strides(bytes);
    let len = if strides.is_ascii { strides.len } else { 0 };
    bytes.get(len..).unwrap_or_default()
}

/// Whether a backslash and this byte are an escape (RFC 8259, section 7).
#[inline(always)]
fn ends_short_escape(byte: u8) -> bool {
    #[allow(clippy::indexing_slicing, reason = "it is made by the compiler")]
    const ENDS: [bool; 256] = {
        let mut ends = [false; 256];
        let mut all: &[u8] = br#""\/bfnrt"#;
        while let [byte, others @ ..] = all {
            ends[*byte as usize] = true;
            all = others;
        }
        ends
    };
    ENDS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// A run of bytes that need no more than a UTF-8 check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) len: usize,
    /// `false` if any of them may be something else.
    pub(super) is_ascii: bool,
}

impl Run {
    /// The longest run at the start: up to a quote, a backslash, a control character or the end.
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> Self {
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
        let strides = strides(bytes);
        strides.and(Self::blocks(bytes.get(strides.len..).unwrap_or_default()))
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

    /// The run at the start of fewer bytes than a vector holds.
    fn within(bytes: &[u8]) -> Self {
        // A quote after the last byte ends the run there at the latest.
        let mut block = [b'"'; LANES];
        for (lane, byte) in block.iter_mut().zip(bytes) {
            *lane = *byte;
        }
        Block::of(block).run()
    }

    #[inline]
    fn and(self, next: Self) -> Self {
        Self { len: self.len.saturating_add(next.len), is_ascii: self.is_ascii && next.is_ascii }
    }
}

/// The strides at the start in which nothing is special.
fn strides(bytes: &[u8]) -> Run {
    let mut seen = u8x16::default();
    let is_plain = |stride: &&[u8; STRIDE]| {
        let [a, b, c, d] = cast::<[u8; STRIDE], [[u8; LANES]; 4]>(**stride).map(u8x16::new);
        let any =
            |wanted| a.cmp_eq(wanted) | b.cmp_eq(wanted) | c.cmp_eq(wanted) | d.cmp_eq(wanted);
        // If one of the four bytes is a control character, so is the lowest.
        let special = any(QUOTE) | any(BACKSLASH) | is_control(a.min(b).min(c.min(d)));
        let is_plain = mask(special) == 0;
        if is_plain {
            seen = seen | a | b | c | d;
        }
        is_plain
    };
    let strides = bytes.as_chunks::<STRIDE>().0.iter().take_while(is_plain).count();
    Run { len: strides.saturating_mul(STRIDE), is_ascii: mask(seen) == 0 }
}

/// As many bytes as a vector holds.
///
/// Its methods are a few instructions each. They must not become calls, though the filter is compiled to be small.
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
        let special = bytes.cmp_eq(QUOTE) | bytes.cmp_eq(BACKSLASH) | is_control(bytes);
        Self { bytes, special }
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

/// All bits of a byte are set where it is a control character.
#[inline(always)]
fn is_control(bytes: u8x16) -> u8x16 {
    bytes.min(LAST_CONTROL).cmp_eq(bytes)
}

/// The high bit of each byte, the first one lowest.
#[inline(always)]
fn mask(bytes: u8x16) -> u32 {
    bytes.move_mask().cast_unsigned()
}
