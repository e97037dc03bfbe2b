//! How an answer is divided into documents. The first byte of a text decides, because content types lie: servers and
//! proxies label event streams `application/json` or `text/plain`, and documents `text/event-stream`.

use super::amazon_event_stream::AmazonEventStream;
use super::documents::Documents;
use super::event_stream::{split_line, EventStream, Piece};
use super::Format;

/// The division of one answer.
pub(super) enum Framing {
    /// Of a text only white space has come.
    Unknown {
        /// Has read that white space, in case an event stream follows.
        events: EventStream,
        /// Documents are lines.
        is_lines: bool,
    },
    /// One document.
    Document,
    /// Documents that are lines.
    Lines,
    /// Documents that are the elements of one array.
    Array(Array),
    /// Documents that are the data of server-sent events.
    Events(EventStream),
    /// Documents that are the payloads of Amazon's event stream.
    AmazonEvents(AmazonEventStream),
}

/// How far an array has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Array {
    /// The opening bracket or a comma was read.
    BeforeElement,
    /// An element has begun.
    Element,
    /// The array is over, or is none of objects.
    Over,
}

impl Framing {
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::Text => Self::Unknown { events: EventStream::default(), is_lines: false },
            Format::JsonLines => Self::Unknown { events: EventStream::default(), is_lines: true },
            Format::AmazonEventStream => Self::AmazonEvents(AmazonEventStream::default()),
        }
    }

    /// Reads the next chunk of the answer.
    pub(super) fn feed(&mut self, chunk: &[u8], documents: &mut Documents) {
        match self {
            Self::Events(events) => events.feed(chunk, |piece| documents.piece(piece)),
            Self::Document => documents.read(chunk),
            Self::Unknown { events, is_lines } => {
                let blank = chunk.iter().take_while(|byte| is_blank(**byte)).count();
                let (blanks, text) = chunk.split_at_checked(blank).unwrap_or((chunk, &[]));
                events.feed(blanks, |piece| documents.piece(piece));
                let (framing, text) = match text {
                    [] => return,
                    [b'{', ..] if *is_lines => (Self::Lines, text),
                    [b'{', ..] => (Self::Document, text),
                    [b'[', elements @ ..] => (Self::Array(Array::BeforeElement), elements),
                    _ => (Self::Events(std::mem::take(events)), text),
                };
                *self = framing;
                self.feed(text, documents);
            }
            Self::Lines => lines(chunk, documents),
            Self::Array(array) => array.feed(chunk, documents),
            Self::AmazonEvents(events) => events.feed(chunk, |piece| documents.piece(piece)),
        }
    }
}

impl Documents {
    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Data(data) => self.read(data),
            Piece::End => self.end(),
        }
    }
}

fn lines(mut chunk: &[u8], documents: &mut Documents) {
    loop {
        let (line, rest) = split_line(chunk);
        documents.read(line);
        let Some((_end, next)) = rest.split_first() else { return };
        documents.end();
        chunk = next;
    }
}

impl Array {
    fn feed(&mut self, mut chunk: &[u8], documents: &mut Documents) {
        while !chunk.is_empty() && *self != Self::Over {
            (*self, chunk) = self.next(chunk, documents);
        }
    }

    fn next<'a>(self, chunk: &'a [u8], documents: &mut Documents) -> (Self, &'a [u8]) {
        match (self, chunk) {
            (Self::BeforeElement, [blank, rest @ ..]) if is_blank(*blank) => (self, rest),
            (Self::BeforeElement, [b'{', ..]) => (Self::Element, chunk),
            (Self::Element, _) => match documents.read_one(chunk) {
                None => (self, &[]),
                Some(rest) => {
                    documents.end_complete();
                    match rest {
                        [b',', rest @ ..] => (Self::BeforeElement, rest),
                        _ => (Self::Over, &[]),
                    }
                }
            },
            (Self::BeforeElement | Self::Over, _) => (Self::Over, &[]),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
