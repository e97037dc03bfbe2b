//! However long an answer is, little of it is kept.

use super::{some, Format, Reader, Usage};

const LENGTH: usize = 4 << 20;
const CHUNK: usize = 16 << 10;

/// Feeds an answer of some megabytes, looking at what is kept after every chunk.
fn feed(format: Format, before: &str, filling: &str, after: &str) -> Option<Usage> {
    let mut reader = Reader::new(format);
    let filling = filling.repeat(CHUNK / filling.len());
    reader.feed(before.as_bytes());
    for _ in 0..LENGTH / filling.len() {
        reader.feed(filling.as_bytes());
        assert!(size_of_val(&reader) + reader.allocated() < 1024, "{}", reader.allocated());
    }
    reader.feed(after.as_bytes());
    reader.usage()
}

const USAGE: &str = r#""usage":{"prompt_tokens":7,"completion_tokens":5}"#;

#[test]
fn a_long_text_is_not_kept() {
    let (before, after) = (r#"{"choices":[{"text":""#, format!("\"}}],{USAGE}}}"));
    assert_eq!(feed(Format::Text, before, "words ünd \\n ", &after), some(7, 5, 0));
    let (before, after) = (format!("data: {before}"), format!("{after}\n\n"));
    assert_eq!(feed(Format::Text, &before, "words ünd \\n ", &after), some(7, 5, 0));
}

#[test]
fn a_response_in_an_event_is_not_kept() {
    let before = r#"data: {"type":"response.completed","response":{"output":[0"#;
    let filling = r#",{"usage":{"input_tokens":3},"text":"x"}"#;
    let after = format!("],{USAGE}}}}}\n\n");
    assert_eq!(feed(Format::Text, before, filling, &after), some(7, 5, 0));
}

#[test]
fn many_events_are_not_kept() {
    let filling = format!("data: {{\"choices\":[{{\"delta\":{{}}}}],{USAGE}}}\r\n\r\n");
    assert_eq!(feed(Format::Text, "", &filling, "data: [DONE]\n\n"), some(7, 5, 0));
}

#[test]
fn a_long_name_is_not_kept() {
    for name in ["x", "\\u0078", "usage"] {
        let before = format!(r#"{{{USAGE},"usage"#);
        assert_eq!(feed(Format::Text, &before, name, r#"":{}}"#), some(7, 5, 0), "{name}");
    }
}

#[test]
fn a_long_number_is_not_kept() {
    let before = r#"{"usage":{"prompt_tokens":7,"completion_tokens":5"#;
    assert_eq!(feed(Format::Text, before, "0", "}}"), some(7, 0, 0));
    assert_eq!(feed(Format::Text, &format!("{before}."), "0", "}}"), some(7, 5, 0));
}

#[test]
fn a_long_array_of_objects_is_not_kept() {
    let after = format!("],{USAGE}}}");
    assert_eq!(feed(Format::Text, r#"{"choices":[{}"#, ",{\"usage\":{}}", &after), some(7, 5, 0));
}

#[test]
fn deep_nesting_is_not_kept() {
    assert_eq!(feed(Format::Text, r#"{"usage":"#, r#"{"usage":"#, "1"), None);
    assert_eq!(feed(Format::Text, r#"{"choices":"#, "[", "1"), None);
}

#[test]
fn long_comments_and_lines_without_data_are_not_kept() {
    for before in [": ", "event: ", "datum", ""] {
        let after = format!("\n\ndata: {{{USAGE}}}\n\n");
        assert_eq!(feed(Format::Text, before, "xyz", &after), some(7, 5, 0), "{before}");
    }
    let after = format!("data: {{{USAGE}}}\n\n");
    assert_eq!(feed(Format::Text, "", "\r\n", &after), some(7, 5, 0));
}
