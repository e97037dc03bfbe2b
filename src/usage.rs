//! Counts the tokens of answers while they pass.
//!
//! An answer goes to the client chunk by chunk and may be a stream that lasts minutes. A [`Reader`] is
//! shown each chunk once and never delays it. It keeps the counts, and the name, number or short text that it is
//! reading. An answer that it cannot read has no usage. That is no error: the client judges the answer.
//!
//! # From bytes to counts
//!
//! 1. `content_type`: the headers decide whether an answer is looked at.
//! 2. `framing`: the answer is divided into JSON documents. Its first byte decides how: `{` is one document, `[` is an
//!    array of documents, anything else is a stream of server-sent events (`event_stream`). Amazon's binary stream
//!    (`amazon_event_stream`) and lines of JSON are recognized by their content type.
//! 3. `schema`: the counts are found in each document by their names.
//! 4. `counts`: the usages of all documents become one.
//!
//! # The rule
//!
//! A document counts when it is whole; one that is cut off or malformed does not. All usages of one answer become one:
//! of the prompts, of the completions and of the cached tokens the largest wins. So a stream may report its usage once,
//! with every event as it grows (Gemini), or the input first and the output last (Anthropic), and zeros never replace
//! what was known.
//!
//! | count | what it is |
//! |---|---|
//! | prompt | `prompt_tokens` and its like, which include cached tokens |
//! | | or else `input_tokens` and its like. Anthropic and Bedrock count the cached tokens beside it, so what was read from and written to the cache is added. If a usage of the answer has details of its prompt (`input_tokens_details`, `prompt_tokens_details`), as OpenAI's and DashScope's have, the cached tokens are part of it already |
//! | | or else what remains of `total_tokens` without the completion |
//! | | plus what tools gave the model to read, where that is counted apart (Gemini) |
//! | completion | `completion_tokens`, `output_tokens` and their like; or what remains of the same document's `total_tokens` without the prompt, if that is more: xAI and Gemini count reasoning in the total alone; without a total, reasoning that is counted apart is added |
//! | cached | tokens read from the cache; never more than the prompt |
//! | added to both | what a usage says is not in its counts: Anthropic's `iterations` of type `compaction`, OpenAI's `svg_usage` |
//!
//! A usage that names only a part of the input, as `message_delta` may, is completed from the usages of earlier events.
//! A total is never carried from one document to the next.
//!
//! A number that cannot be a count (negative, with a fraction or an exponent, more than 2^40) is dropped and counted by
//! [`Reader::errors`].
//!
//! Which member means what at which provider, and by what source, is listed in `tests/usages.json`. The same file has
//! answers of these providers with the usage that each must come to. The tests replay both.
//!
//! # What is not counted
//!
//! - Answers that are encoded though no client's `accept-encoding` is sent on. [`is_encoded`] recognizes them.
//! - The frames of a WebSocket: the `response.done` of OpenAI's realtime API, Gemini's Live API.
//! - Answers that report their usage only in header fields: Bedrock's `InvokeModel` of other models than Claude
//!   (`x-amzn-bedrock-input-token-count`). Their streams are counted.
//! - Answers that report something else than tokens: seconds of audio, characters, images, pages, Cohere's search units.
//! - Entries of `iterations` of other types than `compaction`: only of those Anthropic's SDK says that the top level
//!   leaves them out.
//!
//! An answer that is stored at the provider and fetched again is not shown to a reader: its tokens were counted when it was
//! made.

mod amazon_event_stream;
mod content_type;
mod counts;
mod documents;
mod event_stream;
mod framing;
mod schema;

#[cfg(test)]
mod tests;

use documents::Documents;
use framing::Framing;

pub use content_type::{is_encoded, Format};

/// What an answer cost in tokens, counted alike for all providers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the input, cached or not.
    pub prompt: u64,
    /// All tokens of the output, reasoning included.
    pub completion: u64,
    /// The tokens of the input that were read from a cache; part of `prompt`. Tokens written to a cache do not count.
    pub cached: u64,
}

/// Reads the usage out of one answer.
///
/// It reads plain bytes: out of an answer with a `content-encoding` it reads nothing.
pub struct Reader {
    framing: Framing,
    documents: Documents,
}

impl Reader {
    /// A reader at the beginning of an answer.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { framing: Framing::new(format), documents: Documents::new() }
    }

    /// Reads the next chunk of the answer, cut anywhere.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.framing.feed(chunk, &mut self.documents);
    }

    /// The usage as far as it is known; after the last chunk, the answer's.
    ///
    /// The last event of a stream counts also without the empty line that would end it: a client may
    /// ignore that event, but its tokens were used.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.documents.usage()
    }

    /// How many numbers of the answer, as far as it was read, stand where a count belongs and cannot be one.
    #[must_use]
    pub fn errors(&self) -> u32 {
        self.documents.errors()
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    fn allocated(&self) -> usize {
        self.documents.allocated()
    }
}
