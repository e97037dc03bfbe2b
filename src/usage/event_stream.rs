//! Server-sent events, as the WHATWG's HTML standard parses them (9.2.5 and 9.2.6).

/// Divides a stream into the data of its events. The other fields of an event are passed over.
#[derive(Default)]
pub(super) struct EventStream {
    line: Line,
    /// The last line was ended by a carriage return, to which a line feed may belong.
    is_after_return: bool,
    /// The event at hand has data.
    has_data: bool,
}

/// A part of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// More of the event's data. A line feed separates the lines.
    Data(&'a [u8]),
    /// The event is over. An event without data has no end either.
    End,
}

/// How far the line at hand has come.
#[derive(Clone, Copy)]
enum Line {
    /// So many bytes of a byte order mark, at the beginning of the stream.
    Mark(usize),
    /// So many bytes of the field name `data`, and nothing else.
    Name(usize),
    /// The colon after `data`. One space may follow that is not part of the value.
    Colon,
    /// The value of `data`.
    Value,
    /// A comment or another field.
    Other,
}

impl Default for Line {
    fn default() -> Self {
        Self::Mark(0)
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";
const DATA: &[u8] = b"data";
const DATA_LEN: usize = DATA.len();
const DATA_FIELD: &[u8] = b"data: ";

impl EventStream {
    /// Takes the next chunk of the stream apart.
    pub(super) fn feed(&mut self, mut chunk: &[u8], mut show: impl FnMut(Piece)) {
        while let Some((&byte, rest)) = chunk.split_first() {
            let is_after_return = std::mem::take(&mut self.is_after_return);
            (self.line, chunk) = match self.line {
                line if is_after_return && byte == b'\n' => (line, rest),
                _ if is_line_end(byte) => {
                    self.end_line(&mut show);
                    self.is_after_return = byte == b'\r';
                    (Line::Name(0), rest)
                }
                // Nearly every event begins like this.
                Line::Name(0) if chunk.starts_with(DATA_FIELD) => {
                    self.begin_data(&mut show);
                    (Line::Value, chunk.get(DATA_FIELD.len()..).unwrap_or_default())
                }
                Line::Mark(2) if MARK.ends_with(&[byte]) => (Line::Name(0), rest),
                Line::Mark(length) if MARK.get(length) == Some(&byte) => {
                    (Line::Mark(length.saturating_add(1)), rest)
                }
                Line::Mark(0) => (Line::Name(0), chunk),
                Line::Name(length) if DATA.get(length) == Some(&byte) => {
                    (Line::Name(length.saturating_add(1)), rest)
                }
                Line::Name(DATA_LEN) if byte == b':' => {
                    self.begin_data(&mut show);
                    (Line::Colon, rest)
                }
                Line::Mark(_) | Line::Name(_) => (Line::Other, rest),
                Line::Colon => (Line::Value, chunk.strip_prefix(b" ").unwrap_or(chunk)),
                Line::Value => {
                    let (value, rest) = split_line(chunk);
                    show(Piece::Data(value));
                    (Line::Value, rest)
                }
                Line::Other => (Line::Other, split_line(chunk).1),
            };
        }
    }

    fn begin_data(&mut self, mut show: impl FnMut(Piece)) {
        if std::mem::replace(&mut self.has_data, true) {
            show(Piece::Data(b"\n"));
        }
    }

    fn end_line(&mut self, mut show: impl FnMut(Piece)) {
        match self.line {
            Line::Name(0) if std::mem::take(&mut self.has_data) => show(Piece::End),
            // A field without a colon has an empty value.
            Line::Name(DATA_LEN) => self.begin_data(show),
            _ => {}
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

const WORD: usize = size_of::<u64>();

/// Splits off what belongs to the line at hand.
pub(super) fn split_line(chunk: &[u8]) -> (&[u8], &[u8]) {
    let words = chunk.as_chunks::<WORD>().0.iter();
    let whole = words.take_while(|word| !has_line_end(**word)).count().saturating_mul(WORD);
    let rest = chunk.get(whole..).unwrap_or_default();
    let tail = rest.iter().position(|byte| is_line_end(*byte)).unwrap_or(rest.len());
    chunk.split_at_checked(whole.saturating_add(tail)).unwrap_or((chunk, &[]))
}

/// Whether any byte of a word ends a line. A byte that equals the wanted one is 0 after `^`, and a
/// word with a byte 0 is one in which `- 1` borrows into a high bit that was clear.
fn has_line_end(word: [u8; WORD]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; WORD]);
    let word = u64::from_ne_bytes(word);
    [b'\n', b'\r'].into_iter().any(|end| {
        let zero = word ^ u64::from_ne_bytes([end; WORD]);
        zero.wrapping_sub(ONES) & !zero & HIGH_BITS != 0
    })
}
