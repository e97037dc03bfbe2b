//! How the usages of one answer become one.

use super::{some, usage, Format, Usage};

/// What these usages come to, as events of one stream.
fn merged(usages: &[&str]) -> Option<Usage> {
    let events = usages.iter().map(|usage| format!("data: {{\"usage\":{{{usage}}}}}\n\n"));
    usage(Format::Text, events.collect::<String>().as_bytes())
}

#[test]
fn the_largest_of_each_count_wins() {
    for (name, usages, expected) in MERGED {
        assert_eq!(merged(usages), *expected, "{name}");
    }
}

/// Where it holds whatever comes first.
#[test]
fn zeros_and_repetitions_change_nothing() {
    let zeros = r#""prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"input_tokens":0,"output_tokens":0,
        "cache_read_input_tokens":0,"cache_creation_input_tokens":0,"cached_tokens":0"#
        .replace('\n', "");
    for (name, usages, expected) in MERGED {
        for place in 0..=usages.len() {
            let mut with_zeros = usages.to_vec();
            with_zeros.insert(place, &zeros);
            let expected = expected.or(some(0, 0, 0));
            assert_eq!(merged(&with_zeros), expected, "{name}, zeros at {place}");
            let twice = usages.iter().enumerate();
            let twice = twice.flat_map(|(at, usage)| [*usage].repeat(1 + usize::from(at == place)));
            assert_eq!(
                merged(&twice.collect::<Vec<_>>()).or(some(0, 0, 0)),
                expected,
                "{name}, {place} twice"
            );
        }
    }
}

const MERGED: &[(&str, &[&str], Option<Usage>)] = &[
    ("nothing", &["", ""], None),
    ("counts that grow", &[r#""output_tokens":3"#, r#""output_tokens":5"#], some(0, 5, 0)),
    ("counts that shrink", &[r#""output_tokens":5"#, r#""output_tokens":3"#], some(0, 5, 0)),
    (
        "the cache in another event than the input",
        &[r#""input_tokens":0,"cache_read_input_tokens":40"#, r#""input_tokens":321"#],
        some(361, 0, 40),
    ),
    (
        "more input without a word of the cache",
        &[r#""input_tokens":25,"cache_creation_input_tokens":100"#, r#""input_tokens":50"#],
        some(150, 0, 0),
    ),
    (
        "an estimate of the input that is corrected by what the cache had",
        &[r#""input_tokens":1000"#, r#""input_tokens":200,"cache_read_input_tokens":800"#],
        some(1000, 0, 800),
    ),
    (
        "cached tokens that an earlier usage says are inside",
        &[
            r#""input_tokens":30,"input_tokens_details":{"cached_tokens":20}"#,
            r#""input_tokens":30,"cache_read_input_tokens":20,"output_tokens":4"#,
        ],
        some(30, 4, 20),
    ),
    (
        "cached tokens that a later usage says are inside",
        &[
            r#""input_tokens":30,"cache_read_input_tokens":20,"output_tokens":4"#,
            r#""input_tokens":30,"input_tokens_details":{"cached_tokens":20}"#,
        ],
        some(30, 4, 20),
    ),
    (
        "details that are null",
        &[r#""input_tokens":30,"cache_read_input_tokens":20,"input_tokens_details":null"#],
        some(50, 0, 20),
    ),
    (
        "a total belongs to its own usage",
        &[
            r#""prompt_tokens":100,"total_tokens":100"#,
            r#""prompt_tokens":20,"completion_tokens":5"#,
        ],
        some(100, 5, 0),
    ),
    (
        "a total whose prompt came before",
        &[r#""prompt_tokens":20"#, r#""completion_tokens":198,"total_tokens":623"#],
        some(20, 603, 0),
    ),
    (
        "a total with a prompt that is not known",
        &[r#""prompt_tokens":0,"completion_tokens":4,"total_tokens":10"#],
        some(6, 4, 0),
    ),
    (
        "a total that includes what the cache had",
        &[r#""inputTokens":20,"cacheReadInputTokens":1000,"outputTokens":5,"totalTokens":1025"#],
        some(1020, 5, 1000),
    ),
    (
        "a total that leaves out what the cache had",
        &[
            r#""input_tokens":20,"cache_read_input_tokens":1000,"output_tokens":5,"total_tokens":25"#,
        ],
        some(1020, 5, 1000),
    ),
    (
        "more cached tokens than a prompt has",
        &[r#""prompt_tokens":10,"cached_tokens":40"#, r#""prompt_tokens":20"#],
        some(20, 0, 20),
    ),
    (
        "a compaction that is reported again as it grows",
        &[
            r#""input_tokens":23,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":90,"output_tokens":1}]"#,
            r#""output_tokens":9,"iterations":[{"type":"compaction","input_tokens":180,"output_tokens":3}]"#,
        ],
        some(203, 12, 0),
    ),
    (
        "entries of other types, of a type that is no text, of none, and of one that begins alike",
        &[
            r#""input_tokens":23,"iterations":[{"type":"message","input_tokens":9},{"type":7,"input_tokens":9},{"input_tokens":9},{"type":"compaction_2","input_tokens":9}]"#,
        ],
        some(23, 0, 0),
    ),
    (
        "the type of one entry is not that of the next",
        &[
            r#""input_tokens":23,"iterations":[{"type":"compaction","input_tokens":9},{"input_tokens":100}]"#,
        ],
        some(32, 0, 0),
    ),
    (
        "reasoning beside the completion, without a total",
        &[r#""total_output_tokens":7,"total_thought_tokens":20"#],
        some(0, 27, 0),
    ),
];

#[test]
fn counts_outside_of_a_usage_are_not_lost_to_one() {
    let answer =
        br#"{"prompt_eval_count":7,"eval_count":5,"usage":{"prompt_tokens":3},"done":true}"#;
    assert_eq!(usage(Format::Text, answer), some(7, 5, 0));
    let answer = br#"{"usage":{"prompt_tokens":3},"prompt_eval_count":7,"eval_count":5}"#;
    assert_eq!(usage(Format::Text, answer), some(7, 5, 0));
}

#[test]
fn what_a_document_told_before_it_broke_is_forgotten() {
    let broken = concat!(
        "data: {\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":3,\"iterations\":[",
        "{\"type\":\"compaction\",\"input_tokens\":50}],\"input_tokens_details\":{},\"output_tokens\":-1\n\n"
    );
    let event = "data: {\"usage\":{\"input_tokens\":7,\"cache_read_input_tokens\":2}}\n\n";
    for stream in [[broken, event].concat(), [event, broken].concat()] {
        assert_eq!(usage(Format::Text, stream.as_bytes()), some(9, 0, 2), "{stream}");
        assert_eq!(super::errors_of(stream.as_bytes()), 0);
    }
}

#[test]
fn documents_arrays_and_streams_are_told_apart_by_their_bytes() {
    const USAGE: &str = r#"{"usage":{"total_tokens":3}}"#;
    let counted = |text: &str| usage(Format::Text, text.as_bytes());
    for blank in ["", " ", "\t\r\n\n", "\n \n"] {
        for text in [
            USAGE.to_owned(),
            format!("[{USAGE}]"),
            format!("[{USAGE},{{}}]"),
            format!("[ {{}} ,\r\n{USAGE} ] "),
            format!("[{USAGE}"),
            format!("[{USAGE},"),
            format!("[{USAGE}, {{\"usage\""),
            format!("[{USAGE} {{}}]"),
        ] {
            assert_eq!(counted(&[blank, &text].concat()), some(3, 0, 0), "{blank:?}{text}");
        }
    }
    for blank in ["", "\r\n", "\n\n", " \n", "\t\r"] {
        for text in [
            format!("data: {USAGE}\n\n"),
            format!("data:{USAGE}"),
            format!(": x\n\ndata: {USAGE}\n\n"),
            format!("event: x\rdata: {USAGE}\r\r"),
        ] {
            assert_eq!(counted(&[blank, &text].concat()), some(3, 0, 0), "{blank:?}{text}");
        }
    }
    for text in [
        format!(" data: {USAGE}\n\n"),
        format!("[[{USAGE}]]"),
        format!("[1,{USAGE}]"),
        format!("[{{}}{USAGE}]"),
        format!("[{{}},,{USAGE}]"),
        format!("[]{USAGE}"),
        format!("[,{USAGE}]"),
        format!("{{}}\n{USAGE}"),
        format!("x{USAGE}"),
    ] {
        assert_eq!(counted(&text), None, "{text}");
    }
}

#[test]
fn lines_are_documents_of_their_own() {
    const USAGE: &str = r#"{"eval_count":3}"#;
    let counted = |text: &str| usage(Format::JsonLines, text.as_bytes());
    for text in [
        USAGE.to_owned(),
        format!("{USAGE}\n"),
        format!("{{}}\n{USAGE}\n"),
        format!("\n\n{{}}\r\n\r\n{USAGE}\r\n"),
        format!("{{\n{USAGE}\n{{"),
        format!("{{}}x\n{USAGE}\n"),
        format!("[{USAGE}]"),
        format!("data: {USAGE}\n\n"),
    ] {
        assert_eq!(counted(&text), some(0, 3, 0), "{text}");
    }
    for text in [format!("{{}}{USAGE}\n"), "{\"eval_count\":\n3}\n".to_owned()] {
        assert_eq!(counted(&text), None, "{text}");
    }
}
