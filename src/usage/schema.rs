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
    /// An entry of `iterations`, whose type tells whether it is added.
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
                b"cached_tokens" => Some(Member::Number(Field::Count(Count::Cached))),
                _ => None,
            },
            Object::Usage => in_usage(name),
            Object::UsagePart => count(name).map(|count| Member::Number(Field::Count(count))),
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
            Object::Usage | Object::Meta => self.begin_usage(),
            Object::PromptDetails => self.cached_is_inside_prompt(),
            Object::Iteration | Object::AddedUsage => self.begin_added(),
            Object::Answer | Object::Envelope | Object::Choice | Object::UsagePart => {}
        }
    }

    fn end_object(&mut self, object: Object) {
        match object {
            Object::Usage | Object::Meta => self.end_usage(),
            Object::Iteration => self.end_iteration(),
            Object::AddedUsage => self.add(),
            Object::Answer
            | Object::Envelope
            | Object::Choice
            | Object::UsagePart
            | Object::PromptDetails => {}
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

// Every name of an answer's objects is looked up here, and most are none of these. So they are sorted by their length.

fn in_answer(name: &[u8]) -> Option<Member> {
    const USAGE: Member = Member::Object(Object::Usage);
    // `response.completed` and its like; Anthropic's `message_start`; Groq's last event; Cohere's `message-end`;
    // Gemini's `interaction.completed`.
    const ENVELOPE: Member = Member::Object(Object::Envelope);
    let (known, member) = match name.len() {
        4 => (name == b"meta", Member::Object(Object::Meta)),
        5 if name == b"delta" => (true, ENVELOPE),
        5 => (name == b"usage", USAGE),
        6 => (name == b"x_groq", ENVELOPE),
        7 if name == b"choices" => (true, Member::Array(Object::Choice)),
        7 => (name == b"message", ENVELOPE),
        8 => (name == b"response", ENVELOPE),
        9 => (name == b"svg_usage", Member::Object(Object::AddedUsage)),
        // Ollama has no usage, but counts.
        10 => (name == b"eval_count", Member::Number(Field::Count(Count::Completion))),
        11 => (name == b"interaction", ENVELOPE),
        13 => (name == b"usageMetadata", USAGE),
        17 => (name == b"prompt_eval_count", Member::Number(Field::Count(Count::Prompt))),
        32 => (name == b"amazon-bedrock-invocationMetrics", USAGE),
        _ => return None,
    };
    known.then_some(member)
}

fn in_usage(name: &[u8]) -> Option<Member> {
    const PART: Member = Member::Object(Object::UsagePart);
    const PROMPT_DETAILS: Member = Member::Object(Object::PromptDetails);
    let (known, member) = match name.len() {
        6 => (name == b"tokens", PART),
        10 if name == b"iterations" => (true, Member::Array(Object::Iteration)),
        12 if name == b"billed_units" => (true, PART),
        19 => (name == b"input_token_details", PROMPT_DETAILS),
        20 if name == b"input_tokens_details" => (true, PROMPT_DETAILS),
        20 => (name == b"prompt_token_details", PROMPT_DETAILS),
        21 if name == b"prompt_tokens_details" => (true, PROMPT_DETAILS),
        _ => return count(name).map(|count| Member::Number(Field::Count(count))),
    };
    known.then_some(member)
}

/// The count of this name in a usage.
fn count(name: &[u8]) -> Option<Count> {
    let (known, count) = match name.len() {
        11 if name == b"inputTokens" => (true, Count::Input),
        11 => (name == b"totalTokens", Count::Total),
        12 if name == b"input_tokens" => (true, Count::Input),
        12 if name == b"outputTokens" => (true, Count::Completion),
        12 => (name == b"total_tokens", Count::Total),
        13 if name == b"prompt_tokens" => (true, Count::Prompt),
        13 if name == b"output_tokens" => (true, Count::Completion),
        13 => (name == b"cached_tokens", Count::Cached),
        15 if name == b"inputTokenCount" => (true, Count::Input),
        15 => (name == b"totalTokenCount", Count::Total),
        16 if name == b"promptTokenCount" => (true, Count::Prompt),
        16 => (name == b"outputTokenCount", Count::Completion),
        17 if name == b"completion_tokens" => (true, Count::Completion),
        17 => (name == b"num_cached_tokens", Count::Cached),
        18 if name == b"total_input_tokens" => (true, Count::Prompt),
        18 => (name == b"thoughtsTokenCount", Count::Thoughts),
        19 if name == b"total_output_tokens" => (true, Count::Completion),
        19 => (name == b"total_cached_tokens", Count::Cached),
        20 if name == b"candidatesTokenCount" => (true, Count::Completion),
        20 if name == b"cacheReadInputTokens" => (true, Count::CacheRead),
        20 => (name == b"total_thought_tokens", Count::Thoughts),
        21 if name == b"total_tool_use_tokens" => (true, Count::ToolPrompt),
        21 => (name == b"cacheWriteInputTokens", Count::CacheWrite),
        23 if name == b"toolUsePromptTokenCount" => (true, Count::ToolPrompt),
        23 if name == b"cache_read_input_tokens" => (true, Count::CacheRead),
        23 if name == b"prompt_cache_hit_tokens" => (true, Count::Cached),
        23 => (name == b"cachedContentTokenCount", Count::Cached),
        24 => (name == b"cacheReadInputTokenCount", Count::CacheRead),
        25 => (name == b"cacheWriteInputTokenCount", Count::CacheWrite),
        27 => (name == b"cache_creation_input_tokens", Count::CacheWrite),
        _ => return None,
    };
    known.then_some(count)
}
