use super::Usage;
use crate::json::{Outline, Part};

/// The counts of an answer as its provider gives them; `None` for those it does not give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    prompt: Option<u64>,
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    completion: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
}

impl Counts {
    /// The usage they amount to; `None` if there are none.
    pub(super) fn usage(self) -> Option<Usage> {
        if self == Self::default() {
            return None;
        }
        let total = self.total.unwrap_or_default();
        let completion = self.completion.or(self.output).unwrap_or_default();
        let prompt = self.prompt.or_else(|| self.whole_input());
        let prompt = prompt.unwrap_or(total.saturating_sub(completion));
        Some(Usage {
            prompt,
            completion: completion.max(total.saturating_sub(prompt)),
            cached: self.cached.or(self.cache_read).unwrap_or_default(),
        })
    }

    /// The input with what Anthropic counts apart from it. Who counts it in names neither of them.
    fn whole_input(self) -> Option<u64> {
        [self.input, self.cache_read, self.cache_creation]
            .into_iter()
            .flatten()
            .reduce(u64::saturating_add)
    }
}

/// An object of an answer that holds counts or leads to them.
#[derive(Clone, Copy)]
pub(super) enum Object {
    /// The answer, or the data of an event.
    Answer,
    /// What an event tells of a whole answer.
    Envelope,
    Choice,
    Meta,
    Usage,
    PromptDetails,
}

/// Where a count is kept.
pub(super) type Slot = fn(&mut Counts) -> &mut Option<u64>;

impl Outline for Counts {
    type Object = Object;
    type Number = Slot;

    const DOCUMENT: Object = Object::Answer;

    fn member(object: Object, name: &[u8]) -> Option<Part<Object, Slot>> {
        match object {
            Object::Answer => match name {
                b"usage" => Some(Part::Object(Object::Usage)),
                // `response.completed` and its like; Anthropic's `message_start`; Groq's last event.
                b"response" | b"message" | b"x_groq" => Some(Part::Object(Object::Envelope)),
                b"choices" => Some(Part::Array(Object::Choice)),
                b"meta" => Some(Part::Object(Object::Meta)),
                _ => None,
            },
            // In a choice: Moonshot's last event.
            Object::Envelope | Object::Choice => {
                (name == b"usage").then_some(Part::Object(Object::Usage))
            }
            // Cohere's rerank.
            Object::Meta => (name == b"billed_units").then_some(Part::Object(Object::Usage)),
            Object::Usage => match name {
                b"prompt_tokens_details" | b"prompt_token_details" | b"input_tokens_details" => {
                    Some(Part::Object(Object::PromptDetails))
                }
                _ => count(name).map(Part::Number),
            },
            Object::PromptDetails => {
                (name == b"cached_tokens").then_some(Part::Number(|counts| &mut counts.cached))
            }
        }
    }

    fn take(&mut self, slot: Slot, value: u64) {
        *slot(self) = Some(value);
    }
}

/// The count of this name in a usage.
fn count(name: &[u8]) -> Option<Slot> {
    Some(match name {
        b"prompt_tokens" => |counts| &mut counts.prompt,
        b"input_tokens" => |counts| &mut counts.input,
        b"cache_read_input_tokens" => |counts| &mut counts.cache_read,
        b"cache_creation_input_tokens" => |counts| &mut counts.cache_creation,
        b"completion_tokens" => |counts| &mut counts.completion,
        b"output_tokens" => |counts| &mut counts.output,
        b"total_tokens" => |counts| &mut counts.total,
        // Moonshot, DeepSeek, Mistral.
        b"cached_tokens" | b"prompt_cache_hit_tokens" | b"num_cached_tokens" => {
            |counts| &mut counts.cached
        }
        _ => return None,
    })
}
