//! Where the counts of an answer stand: the objects that hold them, and the names of the members.
//!
//! Every name here has its row in `tests/usages.json`, with the provider that uses it, and every row is tested.

use super::counts::{Count, Counts};
use crate::json::{NumberSchema, SchemaMember};

/// An object of an answer that has counts in it, or objects with counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// The answer, the data of an event or a line of a stream.
    Answer,
    /// The part of an event that has the members of a whole answer.
    Envelope,
    /// One of the answer's choices.
    Choice,
    /// Cohere's `meta`, which is a usage under another name.
    Meta,
    /// A usage.
    Usage,
    /// A part of a usage with the same members: Cohere's `tokens` and `billed_units`.
    UsagePart,
    /// The details of a prompt. A usage that has them counts the cached tokens inside the prompt.
    PromptDetails,
    /// An entry of `iterations`, whose type decides whether it is added.
    Iteration,
    /// A usage that the answer's own one does not include.
    AddedUsage,
}

/// A value that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// A count of the usage at hand.
    Count(Count),
    /// A count of an object that is added to it.
    AddedCount(Count),
    /// What an entry of `iterations` is.
    IterationType,
}

type Member = SchemaMember<Object, Field>;

impl NumberSchema for Counts {
    type Object = Object;
    type Field = Field;

    const DOCUMENT: Object = Object::Answer;

    fn member(object: Object, name: &[u8]) -> Option<Member> {
        match object {
            Object::Answer => in_answer(name),
            Object::Envelope => match name {
                b"usage" => Some(Member::Object(Object::Usage)),
                b"meta" => Some(Member::Object(Object::Meta)),
                _ => None,
            },
            Object::Choice => (name == b"usage").then_some(Member::Object(Object::Usage)),
            Object::Meta => match name {
                b"tokens" | b"billed_units" => Some(Member::Object(Object::UsagePart)),
                b"cached_tokens" => Some(number(Count::Cached)),
                _ => None,
            },
            Object::Usage => in_usage(name),
            Object::UsagePart => count(name).map(number),
            Object::PromptDetails => {
                (name == b"cached_tokens").then_some(Member::Number(Field::Count(Count::Cached)))
            }
            Object::Iteration if name == b"type" => Some(Member::Text(Field::IterationType)),
            Object::Iteration | Object::AddedUsage => {
                count(name).map(|count| Member::Number(Field::AddedCount(count)))
            }
        }
    }

    fn begin_object(&mut self, object: Object) {
        match object {
            Object::PromptDetails => self.cached_is_inside_prompt(),
            Object::Iteration | Object::AddedUsage => self.begin_added(),
            _ => {}
        }
    }

    fn end_object(&mut self, object: Object) {
        match object {
            Object::Iteration => self.end_iteration(),
            Object::AddedUsage => self.add(),
            _ => {}
        }
    }

    fn number(&mut self, field: Field, value: Option<u64>) {
        match field {
            Field::Count(count) => self.set(count, value),
            Field::AddedCount(count) => self.set_added(count, value),
            Field::IterationType => {}
        }
    }

    fn text(&mut self, field: Field, raw: &[u8]) {
        if field == Field::IterationType {
            self.is_compaction(raw == b"\"compaction\"");
        }
    }
}

/// What belongs to names that all have one length.
type Candidates<T> = &'static [(&'static [u8], T)];

/// Finds a name among the candidates of its length. Nearly all names are none of them, which the first byte shows.
///
/// (A `match` of byte strings takes 15 % more instructions for a stream of events, as WebAssembly.)
fn find<T: Copy>(candidates: Candidates<T>, name: &[u8]) -> Option<T> {
    candidates.iter().find(|(candidate, _)| candidate.iter().eq(name)).map(|(_, found)| *found)
}

fn number(count: Count) -> Member {
    Member::Number(Field::Count(count))
}

fn in_answer(name: &[u8]) -> Option<Member> {
    const USAGE: Member = Member::Object(Object::Usage);
    // `response.completed` and its like; Anthropic's `message_start`; Groq's last event; Cohere's `message-end`; Gemini's
    // `interaction.completed`.
    const ENVELOPE: Member = Member::Object(Object::Envelope);
    let candidates: Candidates<Member> = match name.len() {
        4 => &[(b"meta", Member::Object(Object::Meta))],
        5 => &[(b"usage", USAGE), (b"delta", ENVELOPE)],
        6 => &[(b"x_groq", ENVELOPE)],
        7 => &[(b"choices", Member::Array(Object::Choice)), (b"message", ENVELOPE)],
        8 => &[(b"response", ENVELOPE)],
        9 => &[(b"svg_usage", Member::Object(Object::AddedUsage))],
        // Ollama has no usage, but counts.
        10 => &[(b"eval_count", Member::Number(Field::Count(Count::Completion)))],
        11 => &[(b"interaction", ENVELOPE)],
        13 => &[(b"usageMetadata", USAGE)],
        17 => &[(b"prompt_eval_count", Member::Number(Field::Count(Count::Prompt)))],
        32 => &[(b"amazon-bedrock-invocationMetrics", USAGE)],
        _ => return None,
    };
    find(candidates, name)
}

fn in_usage(name: &[u8]) -> Option<Member> {
    const PART: Member = Member::Object(Object::UsagePart);
    const DETAILS: Member = Member::Object(Object::PromptDetails);
    let candidates: Candidates<Member> = match name.len() {
        6 => &[(b"tokens", PART)],
        10 => &[(b"iterations", Member::Array(Object::Iteration))],
        12 => &[(b"billed_units", PART)],
        19 => &[(b"input_token_details", DETAILS)],
        20 => &[(b"input_tokens_details", DETAILS), (b"prompt_token_details", DETAILS)],
        21 => &[(b"prompt_tokens_details", DETAILS)],
        _ => &[],
    };
    find(candidates, name).or_else(|| count(name).map(number))
}

/// The count of this name in a usage.
fn count(name: &[u8]) -> Option<Count> {
    let candidates: Candidates<Count> = match name.len() {
        11 => &[(b"totalTokens", Count::Total), (b"inputTokens", Count::Input)],
        12 => &[
            (b"total_tokens", Count::Total),
            (b"input_tokens", Count::Input),
            (b"outputTokens", Count::Completion),
        ],
        13 => &[
            (b"prompt_tokens", Count::Prompt),
            (b"output_tokens", Count::Completion),
            (b"cached_tokens", Count::Cached),
        ],
        15 => &[(b"totalTokenCount", Count::Total), (b"inputTokenCount", Count::Input)],
        16 => &[(b"promptTokenCount", Count::Prompt), (b"outputTokenCount", Count::Completion)],
        17 => &[(b"completion_tokens", Count::Completion), (b"num_cached_tokens", Count::Cached)],
        18 => &[(b"total_input_tokens", Count::Prompt), (b"thoughtsTokenCount", Count::Thoughts)],
        19 => {
            &[(b"total_output_tokens", Count::Completion), (b"total_cached_tokens", Count::Cached)]
        }
        20 => &[
            (b"candidatesTokenCount", Count::Completion),
            (b"cacheReadInputTokens", Count::CacheRead),
            (b"total_thought_tokens", Count::Thoughts),
        ],
        21 => &[
            (b"cacheWriteInputTokens", Count::CacheWrite),
            (b"total_tool_use_tokens", Count::ToolPrompt),
        ],
        23 => &[
            (b"cache_read_input_tokens", Count::CacheRead),
            (b"prompt_cache_hit_tokens", Count::Cached),
            (b"cachedContentTokenCount", Count::Cached),
            (b"toolUsePromptTokenCount", Count::ToolPrompt),
        ],
        24 => &[(b"cacheReadInputTokenCount", Count::CacheRead)],
        25 => &[(b"cacheWriteInputTokenCount", Count::CacheWrite)],
        27 => &[(b"cache_creation_input_tokens", Count::CacheWrite)],
        _ => return None,
    };
    find(candidates, name)
}
