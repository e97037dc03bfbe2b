//! The rule by which the usages of one answer become one: what counts as the prompt, and which of several counts is true.

use super::Usage;

/// The largest count that is believed.
pub(super) const LARGEST: u64 = 1 << 40;

/// A count of a usage, whatever its provider calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// The prompt, tokens from the cache included.
    Prompt,
    /// The prompt. Whether it includes the cached tokens depends on the provider.
    Input,
    /// Tokens of the prompt that were read from a cache.
    CacheRead,
    /// Tokens of the prompt that were written to a cache.
    CacheWrite,
    /// What tools gave the model to read, beside the prompt.
    ToolPrompt,
    /// The completion.
    Completion,
    /// Reasoning that may be missing from the completion.
    Thoughts,
    /// All tokens.
    Total,
    /// Tokens from the cache, which are part of the prompt.
    Cached,
}

/// The counts of a usage. 0 is as good as no count: no prompt is empty, and some servers send zeros for what they do not
/// know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Members {
    prompt: u64,
    input: u64,
    cache_read: u64,
    cache_write: u64,
    tool_prompt: u64,
    completion: u64,
    thoughts: u64,
    total: u64,
    cached: u64,
}

impl Members {
    fn of(&mut self, count: Count) -> &mut u64 {
        match count {
            Count::Prompt => &mut self.prompt,
            Count::Input => &mut self.input,
            Count::CacheRead => &mut self.cache_read,
            Count::CacheWrite => &mut self.cache_write,
            Count::ToolPrompt => &mut self.tool_prompt,
            Count::Completion => &mut self.completion,
            Count::Thoughts => &mut self.thoughts,
            Count::Total => &mut self.total,
            Count::Cached => &mut self.cached,
        }
    }

    /// The input with what Anthropic and Bedrock count beside it.
    fn input_and_cache(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
}

/// The counts of an answer while its documents are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// What the documents before this one amount to.
    known: Known,
    /// The document that is being read.
    document: DocumentCounts,
}

/// The counts of one document: what its usages say, of each count the largest.
#[derive(Debug, Clone, Copy, Default)]
struct DocumentCounts {
    usage: Members,
    /// What is to be added to the usage.
    addition: Usage,
    /// The entry of `iterations` that is being read, or another usage that may be added.
    added: Usage,
    is_compaction: bool,
    /// See [`Known`].
    any: bool,
    cached_is_inside: bool,
    errors: u32,
}

/// The counts of an answer so far: the largest of each.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// Whether there was any count.
    any: bool,
    /// A usage has details of the prompt: cached tokens are part of its input.
    cached_is_inside: bool,
    /// How many counts could not be true.
    errors: u32,
    /// The prompt, where it is called that.
    prompt: u64,
    /// The prompt, if the cached tokens are part of the input.
    input: u64,
    /// The prompt, if they are beside it.
    input_and_cache: u64,
    completion: u64,
    cached: u64,
    /// What is added to the prompt, the completion and the cached tokens.
    addition: Usage,
    /// The largest input, cache read and cache write, for usages that leave out some of them.
    input_parts: [u64; 3],
}

impl Counts {
    /// Ends the document, whose counts are true if it is a whole one, and begins another.
    pub(super) fn end_document(&mut self, is_complete: bool) {
        let document = &mut self.document;
        if document.any || document.cached_is_inside || document.errors > 0 {
            if is_complete {
                self.known.merge(document);
            }
            *document = DocumentCounts::default();
        }
    }

    /// The usage that the answer amounts to; `None` if no count has come.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.known.usage()
    }

    /// How many counts could not be true.
    pub(super) fn errors(&self) -> u32 {
        self.known.errors
    }

    pub(super) fn set(&mut self, count: Count, value: Option<u64>) {
        if let Some(value) = self.document.checked(value) {
            let member = self.document.usage.of(count);
            *member = value.max(*member);
        }
    }

    /// A usage has details of its prompt, as OpenAI's has: its input includes the cached tokens. DashScope's Anthropic API
    /// sends such details beside Anthropic's names.
    pub(super) fn cached_is_inside_prompt(&mut self) {
        self.document.cached_is_inside = true;
    }

    /// Something begins that may be added to the usage.
    pub(super) fn begin_added(&mut self) {
        self.document.added = Usage::default();
        self.document.is_compaction = false;
    }

    pub(super) fn set_added(&mut self, count: Count, value: Option<u64>) {
        let value = self.document.checked(value).unwrap_or_default();
        let Usage { prompt, completion, cached } = &mut self.document.added;
        match count {
            Count::Prompt | Count::Input | Count::CacheWrite => {
                *prompt = prompt.saturating_add(value);
            }
            Count::CacheRead => {
                *prompt = prompt.saturating_add(value);
                *cached = cached.saturating_add(value);
            }
            Count::Completion => *completion = completion.saturating_add(value),
            Count::ToolPrompt | Count::Thoughts | Count::Total | Count::Cached => {}
        }
    }

    pub(super) fn is_compaction(&mut self, is_compaction: bool) {
        self.document.is_compaction = is_compaction;
    }

    /// An entry of `iterations` is over. Of those the usage itself includes all but compactions.
    pub(super) fn end_iteration(&mut self) {
        if self.document.is_compaction {
            self.add();
        }
    }

    /// Adds what was read since [`Self::begin_added`].
    pub(super) fn add(&mut self) {
        let DocumentCounts { added, addition, .. } = &mut self.document;
        addition.prompt = addition.prompt.saturating_add(added.prompt);
        addition.completion = addition.completion.saturating_add(added.completion);
        addition.cached = addition.cached.saturating_add(added.cached);
    }
}

impl DocumentCounts {
    /// The value, if it can be true.
    fn checked(&mut self, value: Option<u64>) -> Option<u64> {
        let value = value.filter(|value| *value <= LARGEST);
        match value {
            Some(_) => self.any = true,
            None => self.errors = self.errors.saturating_add(1),
        }
        value
    }
}

impl Known {
    fn usage(&self) -> Option<Usage> {
        let prompt = self.prompt.max(self.input()).saturating_add(self.addition.prompt);
        let cached = self.cached.saturating_add(self.addition.cached);
        self.any.then(|| Usage {
            prompt,
            completion: self.completion.saturating_add(self.addition.completion),
            cached: cached.min(prompt),
        })
    }

    /// The prompt by the names that Anthropic and OpenAI's responses use.
    fn input(&self) -> u64 {
        if self.cached_is_inside {
            self.input
        } else {
            self.input_and_cache
        }
    }

    fn merge(&mut self, document: &DocumentCounts) {
        let DocumentCounts { usage, addition, .. } = document;
        self.any |= document.any;
        self.cached_is_inside |= document.cached_is_inside;
        self.errors = self.errors.saturating_add(document.errors);
        self.addition = largest(self.addition, *addition);
        let prompt = self.merge_prompt(usage);
        self.cached = self.cached.max(usage.cached).max(usage.cache_read);
        let completion = match usage.total {
            // The total includes thoughts, whether the completion does or not.
            total @ 1.. => usage.completion.max(total.saturating_sub(prompt)),
            0 => usage.completion.saturating_add(usage.thoughts),
        };
        self.completion = self.completion.max(completion);
    }

    /// Merges the prompt of a usage. Returns the prompt that its total includes.
    fn merge_prompt(&mut self, usage: &Members) -> u64 {
        let tool = usage.tool_prompt;
        if usage.prompt > 0 {
            let prompt = usage.prompt.saturating_add(tool);
            self.prompt = self.prompt.max(prompt);
            return prompt;
        }
        if usage.input_and_cache() > 0 {
            let usage = self.completed(usage);
            let [input, input_and_cache] =
                [usage.input, usage.input_and_cache()].map(|prompt| prompt.saturating_add(tool));
            self.input = self.input.max(input);
            self.input_and_cache = self.input_and_cache.max(input_and_cache);
            return if self.cached_is_inside { input } else { input_and_cache };
        }
        let known = self.prompt.max(self.input());
        if known > 0 {
            return known;
        }
        // Jina and Voyage report the total alone.
        let prompt = usage.total.saturating_sub(usage.completion);
        self.prompt = self.prompt.max(prompt);
        prompt
    }

    /// The usage, with the parts of its input that it leaves out and an earlier one had.
    fn completed(&mut self, usage: &Members) -> Members {
        let mut usage = *usage;
        let members = [&mut usage.input, &mut usage.cache_read, &mut usage.cache_write];
        for (member, known) in members.into_iter().zip(&mut self.input_parts) {
            *known = (*known).max(*member);
            if *member == 0 {
                *member = *known;
            }
        }
        usage
    }
}

fn largest(one: Usage, other: Usage) -> Usage {
    Usage {
        prompt: one.prompt.max(other.prompt),
        completion: one.completion.max(other.completion),
        cached: one.cached.max(other.cached),
    }
}
