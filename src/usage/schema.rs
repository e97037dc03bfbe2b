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

fn in_answer(name: &[u8]) -> Option<Member> {
    Some(match name {
        b"usage" | b"usageMetadata" | b"amazon-bedrock-invocationMetrics" => {
            Member::Object(Object::Usage)
        }
        // `response.completed` and its like; Anthropic's `message_start`; Groq's last event; Cohere's `message-end`;
        // Gemini's `interaction.completed`.
        b"response" | b"message" | b"x_groq" | b"delta" | b"interaction" => {
            Member::Object(Object::Envelope)
        }
        b"choices" => Member::Array(Object::Choice),
        b"meta" => Member::Object(Object::Meta),
        b"svg_usage" => Member::Object(Object::AddedUsage),
        // Ollama has no usage, but counts.
        b"prompt_eval_count" => Member::Number(Field::Count(Count::Prompt)),
        b"eval_count" => Member::Number(Field::Count(Count::Completion)),
        _ => return None,
    })
}

fn in_usage(name: &[u8]) -> Option<Member> {
    Some(match name {
        b"prompt_tokens_details"
        | b"prompt_token_details"
        | b"input_tokens_details"
        | b"input_token_details" => Member::Object(Object::PromptDetails),
        b"iterations" => Member::Array(Object::Iteration),
        b"tokens" | b"billed_units" => Member::Object(Object::UsagePart),
        _ => Member::Number(Field::Count(count(name)?)),
    })
}

/// The count of this name in a usage.
fn count(name: &[u8]) -> Option<Count> {
    Some(match name {
        b"prompt_tokens" | b"promptTokenCount" | b"total_input_tokens" => Count::Prompt,
        b"input_tokens" | b"inputTokens" | b"inputTokenCount" => Count::Input,
        b"cache_read_input_tokens" | b"cacheReadInputTokens" | b"cacheReadInputTokenCount" => {
            Count::CacheRead
        }
        b"cache_creation_input_tokens"
        | b"cacheWriteInputTokens"
        | b"cacheWriteInputTokenCount" => Count::CacheWrite,
        b"toolUsePromptTokenCount" | b"total_tool_use_tokens" => Count::ToolPrompt,
        b"completion_tokens"
        | b"output_tokens"
        | b"outputTokens"
        | b"outputTokenCount"
        | b"candidatesTokenCount"
        | b"total_output_tokens" => Count::Completion,
        b"thoughtsTokenCount" | b"total_thought_tokens" => Count::Thoughts,
        b"total_tokens" | b"totalTokens" | b"totalTokenCount" => Count::Total,
        b"cached_tokens"
        | b"prompt_cache_hit_tokens"
        | b"num_cached_tokens"
        | b"cachedContentTokenCount"
        | b"total_cached_tokens" => Count::Cached,
        _ => return None,
    })
}
