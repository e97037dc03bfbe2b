//! The token counts of answers, read while the answers pass.
//!
//! An answer goes to the client chunk by chunk and may be a stream of events that lasts minutes. A
//! [`Reader`] is shown each chunk once and never delays it; what it keeps is the counts themselves
//! and the name or number it is reading. An answer it cannot read has no usage, which is no error:
//! it is the client's to judge.

mod content_type;
mod counts;
mod event_stream;

#[cfg(test)]
mod tests;

use crate::json::Numbers;
use counts::Counts;
use event_stream::{EventStream, Piece};

pub use content_type::Format;

/// What an answer cost in tokens, counted alike for all providers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the input, cached or not.
    ///
    /// This is `prompt_tokens` of chat completions, completions and embeddings, and `input_tokens`
    /// of OpenAI's responses, images and transcriptions. Anthropic's `input_tokens` leaves out what
    /// its cache had a part in, so `cache_read_input_tokens` and `cache_creation_input_tokens` are
    /// added to it. Cohere's rerank has `input_tokens` in `meta.billed_units`, if it bills tokens at
    /// all. Where only `total_tokens` is given, as by Jina's and Voyage's embeddings and rerankers,
    /// it is what of them is no output.
    pub prompt: u64,
    /// All tokens of the output, reasoning included.
    ///
    /// This is `completion_tokens` or `output_tokens`. xAI and Gemini do not count the reasoning
    /// there, only in `total_tokens`: if that says more, it is what of it is no input.
    pub completion: u64,
    /// The tokens of the input that were read from a cache; part of `prompt`.
    ///
    /// This is `cached_tokens` of `prompt_tokens_details` or `input_tokens_details` (Moonshot has
    /// it in `usage` itself), DeepSeek's `prompt_cache_hit_tokens`, Mistral's `num_cached_tokens`,
    /// Anthropic's `cache_read_input_tokens`. Tokens written to a cache do not count.
    pub cached: u64,
}

/// Reads the usage out of one answer.
///
/// The counts of a stream's events add up to one usage: a later event overrides what it names again
/// and leaves the rest. So what counts is the last of the usages that some providers send with
/// every event, and Anthropic's `message_start`, which knows the input, is completed by its
/// `message_delta`.
///
/// It reads plain bytes: out of an answer with a `content-encoding` it reads nothing.
pub struct Reader {
    /// How the answer is divided into documents; `None` if it is one.
    events: Option<EventStream>,
    /// The document at hand, whose counts override those known before.
    document: Numbers<Counts>,
    /// The counts of the documents that are over.
    known: Counts,
}

impl Reader {
    /// A reader at the beginning of an answer.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            events: match format {
                Format::Json => None,
                Format::EventStream => Some(EventStream::default()),
            },
            document: Numbers::new(Counts::default()),
            known: Counts::default(),
        }
    }

    /// Reads the next chunk of the answer, cut anywhere.
    pub fn feed(&mut self, chunk: &[u8]) {
        let Self { events, document, known } = self;
        match events {
            None => read(document, chunk),
            Some(events) => events.feed(chunk, |piece| match piece {
                Piece::Data(data) => read(document, data),
                Piece::End => {
                    *known = counts(document, *known);
                    document.restart(*known);
                }
            }),
        }
    }

    /// The usage as far as it is known; after the last chunk, the answer's.
    ///
    /// A document counts when it is complete, so one that is cut off or malformed never does. The
    /// last event of a stream counts also without the empty line that would end it: a client may
    /// ignore that event, but its tokens were used.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        counts(&self.document, self.known).usage()
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    fn allocated(&self) -> usize {
        self.document.allocated()
    }
}

/// Reads on in a document. An error shows when the document is over, and costs nothing until then.
fn read(document: &mut Numbers<Counts>, data: &[u8]) {
    let _ = document.feed(data);
}

/// The counts with those of the document at hand, if it is a valid one.
fn counts(document: &Numbers<Counts>, known: Counts) -> Counts {
    if document.is_complete() {
        *document.outline()
    } else {
        known
    }
}
