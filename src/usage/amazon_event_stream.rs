//! Amazon's binary event stream (`application/vnd.amazon.eventstream`), in which Bedrock streams.
//!
//! A message is: its length and that of its headers, as 32-bit big-endian numbers; the CRC-32 of these 8 bytes; the
//! headers; the payload; the CRC-32 of all before it (botocore's `eventstream.py`). The headers are passed over: the payload
//! shows what it is. Only the first checksum is compared, because with a wrong length the rest could not be read. A client
//! refuses a payload that was damaged.
//!
//! `ConverseStream`'s payloads are JSON documents. Those of `InvokeModelWithResponseStream` are
//! `{"bytes":"…","p":"…"}`, where `bytes` is the document of the model, in Base64.

use super::event_stream::Piece;
use crate::base64::Base64;

/// Divides a stream into the documents of its messages.
#[derive(Default)]
pub(super) struct AmazonEventStream {
    state: State,
    /// What was read of a message's first bytes.
    prelude: [u8; PRELUDE_LEN],
    payload: Payload,
}

const PRELUDE_LEN: usize = 12;
const CHECKSUM_LEN: usize = 4;

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// The first bytes of a message, of which so many are there.
    Prelude(usize),
    /// So many bytes of headers, then so many of payload.
    Headers(usize, usize),
    /// So many bytes of payload.
    Payload(usize),
    /// So many bytes of the message's checksum.
    Checksum(usize),
    /// Nothing that could be read: what came was no such stream.
    Broken,
}

impl Default for State {
    fn default() -> Self {
        Self::Prelude(0)
    }
}

impl AmazonEventStream {
    /// Takes the next chunk of the stream apart.
    pub(super) fn feed(&mut self, mut chunk: &[u8], mut show: impl FnMut(Piece)) {
        while !chunk.is_empty() {
            (self.state, chunk) = match self.state {
                State::Prelude(len) => self.prelude(len, chunk),
                State::Headers(len, payload) => match pass(len, chunk) {
                    (0, _, rest) => (State::Payload(payload), rest),
                    (left, _, rest) => (State::Headers(left, payload), rest),
                },
                State::Payload(len) => {
                    let (left, payload, rest) = pass(len, chunk);
                    self.payload.read(payload, &mut show);
                    if left > 0 {
                        (State::Payload(left), rest)
                    } else {
                        self.payload = Payload::default();
                        show(Piece::End);
                        (State::Checksum(CHECKSUM_LEN), rest)
                    }
                }
                State::Checksum(len) => match pass(len, chunk) {
                    (0, _, rest) => (State::Prelude(0), rest),
                    (left, _, rest) => (State::Checksum(left), rest),
                },
                State::Broken => return,
            };
        }
    }

    fn prelude<'a>(&mut self, len: usize, chunk: &'a [u8]) -> (State, &'a [u8]) {
        let (left, bytes, rest) = pass(PRELUDE_LEN.saturating_sub(len), chunk);
        for (kept, byte) in self.prelude.iter_mut().skip(len).zip(bytes) {
            *kept = *byte;
        }
        match left {
            0 => (self.lengths().unwrap_or(State::Broken), rest),
            _ => (State::Prelude(PRELUDE_LEN.saturating_sub(left)), rest),
        }
    }

    /// What follows the prelude.
    fn lengths(&self) -> Option<State> {
        let (lengths, checksum) = self.prelude.split_last_chunk::<4>()?;
        let (total, headers) = lengths.split_first_chunk::<4>()?;
        if crc32(lengths) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let [total, headers] = [*total, headers.try_into().ok()?].map(u32::from_be_bytes);
        let [total, headers] = [usize::try_from(total).ok()?, usize::try_from(headers).ok()?];
        let around = PRELUDE_LEN.checked_add(headers)?.checked_add(CHECKSUM_LEN)?;
        Some(State::Headers(headers, total.checked_sub(around)?))
    }
}

/// Splits off this many bytes, or as many as there are. Returns how many are missing, the bytes, and what follows.
fn pass(len: usize, chunk: &[u8]) -> (usize, &[u8], &[u8]) {
    match chunk.split_at_checked(len) {
        Some((bytes, rest)) => (0, bytes, rest),
        None => (len.saturating_sub(chunk.len()), chunk, &[]),
    }
}

/// What is in a payload.
enum Payload {
    /// So many bytes of [`PREFIX`].
    Prefix(usize),
    /// A document in Base64.
    Encoded(Base64),
    /// A document.
    Plain,
}

/// How a payload begins that has another document in it. Bedrock writes no white space, and this member first.
const PREFIX: &[u8] = b"{\"bytes\":\"";

impl Default for Payload {
    fn default() -> Self {
        Self::Prefix(0)
    }
}

impl Payload {
    fn read(&mut self, mut bytes: &[u8], mut show: impl FnMut(Piece)) {
        while let Self::Prefix(len) = *self {
            let Some((byte, rest)) = bytes.split_first() else { return };
            if PREFIX.get(len) == Some(byte) {
                bytes = rest;
                *self = match len.saturating_add(1) {
                    len if len < PREFIX.len() => Self::Prefix(len),
                    _ => Self::Encoded(Base64::default()),
                };
            } else {
                show(Piece::Data(PREFIX.get(..len).unwrap_or_default()));
                *self = Self::Plain;
            }
        }
        match self {
            Self::Encoded(base64) => base64.read(bytes, &mut |data| show(Piece::Data(data))),
            _ => show(Piece::Data(bytes)),
        }
    }
}

/// The CRC-32 of gzip and Ethernet, of a few bytes.
fn crc32(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0xedb8_8320;
    let register = bytes.iter().fold(u32::MAX, |register, byte| {
        (0..u8::BITS).fold(register ^ u32::from(*byte), |register, _| {
            (register >> 1) ^ (REVERSED_POLYNOMIAL & (register & 1).wrapping_neg())
        })
    });
    !register
}
