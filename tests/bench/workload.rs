//! The requests that are sent: chats of several sizes, with the model before or behind the messages.

use std::fmt;

use serde_json::json;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Bytes of the body, to within a few hundred.
    pub size: usize,
    pub place: Place,
}

/// Where in the body the model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    First,
    /// Behind the messages, as OpenAI's Python SDK writes it.
    Last,
}

const KB: usize = 1024;

pub const SIZES: [usize; 5] = [KB, 16 * KB, 128 * KB, KB * KB, 8 * KB * KB];

/// Beyond this a body is no longer prose alone: it carries images.
const LONGEST_PROSE: usize = 16 * KB;

/// How many images the larger bodies carry.
const IMAGES: usize = 4;

impl Workload {
    /// All of them, the small ones first.
    pub fn all() -> Vec<Self> {
        let of = |place| SIZES.map(move |size| Self { size, place });
        [of(Place::Last), of(Place::First)].concat()
    }

    /// The request's body, asking for `model`.
    pub fn body(self, model: &str) -> Vec<u8> {
        let content = match self.size {
            0..=LONGEST_PROSE => json!(prose(self.size.saturating_sub(300))),
            size => {
                let image = base64((size - LONGEST_PROSE) / IMAGES);
                let text = json!({"type": "text", "text": prose(LONGEST_PROSE - 900)});
                let url = format!("data:image/png;base64,{image}");
                let image = json!({"type": "image_url", "image_url": {"url": url}});
                std::iter::once(text).chain(std::iter::repeat_n(image, IMAGES)).collect()
            }
        };
        let messages = json!([
            {"role": "system", "content": "You are a careful editor. Answer in one paragraph."},
            {"role": "user", "content": content},
        ]);
        let model = json!(model);
        let rest = r#""max_tokens":1024,"stream":false,"temperature":0.25"#;
        match self.place {
            Place::First => format!(r#"{{"model":{model},"messages":{messages},{rest}}}"#),
            Place::Last => format!(r#"{{"messages":{messages},"model":{model},{rest}}}"#),
        }
        .into_bytes()
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            0..0x10_0000 => write!(f, "{} KB", self.size / KB)?,
            _ => write!(f, "{} MB", self.size / KB / KB)?,
        }
        match self.place {
            Place::First => write!(f, ", model first"),
            Place::Last => write!(f, ", model last"),
        }
    }
}

/// Text as people paste it: quotes, line breaks and an accent every few words, so about every fortieth byte of its JSON
/// begins an escape.
fn prose(bytes: usize) -> String {
    const PARAGRAPH: &str = "The reviewer wrote: \"Please shorten this section\" and went on.\n\
        \tIn the café nobody had read it; the draft lay where it had been left the week before, \
        under a path like C:\\drafts\\third\\final.txt, and the deadline was near.\n\n";
    // The JSON of it is longer by a backslash for each escape.
    let escapes = PARAGRAPH.matches(['"', '\n', '\t', '\\']).count();
    PARAGRAPH.repeat(bytes / (PARAGRAPH.len() + escapes))
}

/// So many characters of what could be a picture, the same in every run.
fn base64(characters: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[(state >> 58) as usize])
    };
    (0..characters).map(|_| next()).collect()
}
