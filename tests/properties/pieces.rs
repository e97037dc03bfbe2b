//! Bytes in pieces.

/// Takes an input apart: its first byte says how the rest is cut.
pub fn split(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(cut, rest)| (*cut, rest))
}

/// Cuts bytes into pieces of changing sizes, empty ones among them.
pub fn cut(seed: u8, mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut state = u32::from(seed) | 0x100;
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The high bits are the better ones; one piece in eight is large.
        let size = match (state >> 24) as usize {
            large @ 224.. => large * 8,
            small => small % 18,
        };
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}
