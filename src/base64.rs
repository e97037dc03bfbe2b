//! Base64 (RFC 4648, section 4) that comes in pieces, cut anywhere.

/// Decodes a text up to the first byte that is none of the alphabet: padding, or the quote behind it.
#[derive(Default)]
pub(crate) struct Base64 {
    /// The bits of the characters that make no whole group yet, the last character lowest.
    group: u32,
    /// How many characters these are.
    characters: u8,
    is_over: bool,
}

/// How many bytes are decoded before they are shown: a multiple of three.
const BUFFER: usize = 192;

impl Base64 {
    /// Decodes on, and shows the bytes.
    pub(crate) fn read(&mut self, text: &[u8], show: &mut dyn FnMut(&[u8])) {
        let mut buffer = [0; BUFFER];
        // A group that has begun may be completed by the first character of a part.
        for part in text.chunks(BUFFER) {
            let mut len = 0_usize;
            let mut push = |bytes: &[u8]| {
                for byte in bytes {
                    if let Some(free) = buffer.get_mut(len) {
                        *free = *byte;
                        len = len.saturating_add(1);
                    }
                }
            };
            for character in part {
                if self.is_over {
                    break;
                }
                self.character(*character, &mut push);
            }
            show(buffer.get(..len).unwrap_or_default());
        }
    }

    fn character(&mut self, character: u8, push: &mut impl FnMut(&[u8])) {
        let Some(bits) = value(character) else {
            self.is_over = true;
            // Two characters hold one byte, three hold two.
            match self.characters {
                2 => push((self.group << 12).to_be_bytes().get(1..2).unwrap_or_default()),
                3 => push((self.group << 6).to_be_bytes().get(1..3).unwrap_or_default()),
                _ => {}
            }
            return;
        };
        self.group = (self.group << 6) | u32::from(bits);
        self.characters = self.characters.saturating_add(1);
        if self.characters == 4 {
            push(self.group.to_be_bytes().get(1..).unwrap_or_default());
            (self.group, self.characters) = (0, 0);
        }
    }
}

fn value(character: u8) -> Option<u8> {
    Some(match character {
        b'A'..=b'Z' => character.wrapping_sub(b'A'),
        b'a'..=b'z' => character.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => character.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}
