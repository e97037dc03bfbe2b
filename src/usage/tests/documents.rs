//! Answers that are one document.

use super::{errors_of, some, usage, Format, Usage};

#[test]
fn whole_answers() {
    for (name, answer, expected) in ANSWERS {
        assert_eq!(usage(Format::Text, answer.as_bytes()), *expected, "{name}");
    }
}

#[test]
fn what_is_no_usage() {
    for (name, answer) in WITHOUT {
        assert_eq!(usage(Format::Text, answer.as_bytes()), None, "{name}");
    }
}

#[test]
fn a_count_is_a_whole_number() {
    for (number, expected) in [
        ("0", some(0, 0, 0)),
        ("1099511627776", some(1 << 40, 0, 0)),
        ("1099511627777", None),
        ("18446744073709551615", None),
        ("12.0", some(12, 0, 0)),
        ("12.000", some(12, 0, 0)),
        ("18446744073709551616", None),
        ("99999999999999999999999999999999999999999", None),
        ("12.5", None),
        ("12.05", None),
        ("0.1", None),
        ("1e3", None),
        ("-1", None),
        ("-0", None),
        ("\"12\"", None),
        ("null", None),
        ("true", None),
        ("[12]", None),
        ("{\"total_tokens\":12}", None),
    ] {
        let answer = format!(r#"{{"usage":{{"prompt_tokens": {number} }}}}"#);
        assert_eq!(usage(Format::Text, answer.as_bytes()), expected, "{number}");
    }
}

#[test]
fn a_count_that_is_none_leaves_the_others() {
    let answer = br#"{"usage":{"prompt_tokens":-7,"completion_tokens":5,"total_tokens":12}}"#;
    assert_eq!(usage(Format::Text, answer), some(7, 5, 0));
}

#[test]
fn what_cannot_be_a_count_is_counted() {
    for (number, errors) in [
        ("1099511627776", 0),
        ("1099511627777", 1),
        ("18446744073709551615", 1),
        ("99999999999999999999999999999999999999999", 1),
        ("12.5", 1),
        ("1e3", 1),
        ("-1", 1),
        ("0", 0),
        ("12.0", 0),
        ("null", 0),
        ("\"-1\"", 0),
        ("[-1]", 0),
    ] {
        let counted = |text: &str| errors_of(text.as_bytes());
        assert_eq!(
            counted(&format!(r#"{{"usage":{{"prompt_tokens": {number} }}}}"#)),
            errors,
            "{number}"
        );
        assert_eq!(counted(&format!(r#"{{"usage":{{"queue_time": {number} }}}}"#)), 0, "{number}");
        // A malformed document counts nothing.
        assert_eq!(counted(&format!(r#"{{"usage":{{"prompt_tokens": {number} }}"#)), 0, "{number}");
        let event = format!("data: {{\"usage\":{{\"total_tokens\": {number} }}}}\n\n");
        assert_eq!(counted(&[&*event, "data: {}\n\n", &event].concat()), 2 * errors, "{number}");
    }
}

#[test]
fn sums_do_not_overflow() {
    let most = 1_u64 << 40;
    let answer = format!(
        r#"{{"usage":{{"input_tokens":{most},"cache_read_input_tokens":{most},"output_tokens":{most},"total_tokens":0}}}}"#
    );
    assert_eq!(usage(Format::Text, answer.as_bytes()), some(2 * most, most, most));
}

#[test]
fn names_are_compared_after_unescaping_and_with_their_case() {
    let answer = br#"{"\u0075sage":{"prompt\u005ftokens":3,"Completion_tokens":4}}"#;
    assert_eq!(usage(Format::Text, answer), some(3, 0, 0));
}

#[test]
fn the_largest_of_repeated_members_counts() {
    let answer = br#"{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":3,"prompt_tokens":2}}"#;
    assert_eq!(usage(Format::Text, answer), some(3, 0, 0));
}

#[test]
fn an_answer_counts_when_it_is_complete() {
    let answer = br#" {"usage":{"prompt_tokens":7,"completion_tokens":5},"id":"x"}"#;
    for length in 0..answer.len() {
        assert_eq!(usage(Format::Text, &answer[..length]), None, "{length}");
    }
    assert_eq!(usage(Format::Text, answer), some(7, 5, 0));
    for (after, expected) in [(" \r\n\t", some(7, 5, 0)), ("}", None), ("{}", None), ("\0", None)] {
        let answer = [answer, after.as_bytes()].concat();
        assert_eq!(usage(Format::Text, &answer), expected, "{after:?}");
    }
}

const ANSWERS: &[(&str, &str, Option<Usage>)] = &[
    (
        "OpenAI chat completions",
        r#"{
  "id": "chatcmpl-Bx41kQ", "object": "chat.completion", "created": 1741569952, "model": "gpt-4.1-2025-04-14",
  "choices": [{
    "index": 0,
    "message": {"role": "assistant", "content": "\"usage\": {\"prompt_tokens\": 999} caf\u00e9 ☕ {[", "refusal": null, "annotations": []},
    "logprobs": null, "finish_reason": "stop"
  }],
  "usage": {
    "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0, "accepted_prediction_tokens": 0}
  },
  "service_tier": "default"
}
"#,
        some(2006, 300, 1920),
    ),
    (
        "OpenAI embeddings",
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023,-0.0093,1e-05]}],
            "model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"#,
        some(8, 0, 0),
    ),
    (
        "OpenAI responses",
        r#"{"id":"resp_67cc","object":"response","status":"completed","error":null,
            "output":[{"type":"message","content":[{"type":"output_text","text":"hi","annotations":[]}]}],
            "usage":{"input_tokens":328,"input_tokens_details":{"cached_tokens":256},"output_tokens":52,
            "output_tokens_details":{"reasoning_tokens":40},"total_tokens":380},"user":null,"metadata":{}}"#,
        some(328, 52, 256),
    ),
    (
        "OpenAI images",
        r#"{"created":1713833628,"data":[{"b64_json":"iVBORw0KGgo="}],"usage":{"total_tokens":100,
            "input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}}"#,
        some(50, 50, 0),
    ),
    (
        "Anthropic messages",
        r#"{"id":"msg_013Z","type":"message","role":"assistant","model":"claude-sonnet-4-6",
            "content":[{"type":"text","text":"Hi!"},{"type":"tool_use","id":"t","name":"usage","input":{"usage":{"input_tokens":1}}}],
            "stop_reason":"end_turn","stop_sequence":null,
            "usage":{"input_tokens":21,"cache_creation_input_tokens":188,"cache_read_input_tokens":2051,
            "cache_creation":{"ephemeral_5m_input_tokens":188,"ephemeral_1h_input_tokens":0},
            "output_tokens":393,"service_tier":"standard"}}"#,
        some(21 + 188 + 2051, 393, 2051),
    ),
    (
        "Anthropic messages without a cache",
        r#"{"type":"message","content":[],"usage":{"input_tokens":12,"cache_read_input_tokens":null,
            "cache_creation_input_tokens":null,"output_tokens":6}}"#,
        some(12, 6, 0),
    ),
    (
        "Gemini, whose reasoning is in the total alone",
        r#"{"choices":[{"finish_reason":"stop","index":0,"message":{"content":"AI","role":"assistant"}}],
            "created":1757088000,"id":"x","model":"gemini-2.5-flash","object":"chat.completion",
            "usage":{"completion_tokens":198,"prompt_tokens":20,"total_tokens":623}}"#,
        some(20, 603, 0),
    ),
    (
        "xAI, whose reasoning is beside the completion",
        r#"{"choices":[],"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,
            "prompt_tokens_details":{"text_tokens":32,"audio_tokens":0,"image_tokens":0,"cached_tokens":6},
            "completion_tokens_details":{"reasoning_tokens":94,"audio_tokens":0},"num_sources_used":0}}"#,
        some(32, 103, 6),
    ),
    (
        "Groq",
        r#"{"id":"chatcmpl-f51b","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"x"}}],
            "usage":{"queue_time":0.037493756,"prompt_tokens":18,"prompt_time":0.000680594,"completion_tokens":556,
            "completion_time":0.463333333,"total_tokens":574,"total_time":0.464013927},
            "system_fingerprint":"fp_179b","x_groq":{"id":"req_01j"}}"#,
        some(18, 556, 0),
    ),
    (
        "Mistral",
        r#"{"id":"cmpl-e5cc","object":"chat.completion","model":"mistral-small-latest",
            "usage":{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50,"num_cached_tokens":9,"prompt_audio_seconds":{}},
            "choices":[{"index":0,"message":{"content":"x","tool_calls":null,"prefix":false,"role":"assistant"}}]}"#,
        some(16, 34, 9),
    ),
    (
        "Mistral, as it spells the details at times",
        r#"{"usage":{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50,"prompt_token_details":{"cached_tokens":8}}}"#,
        some(16, 34, 8),
    ),
    (
        "DeepSeek",
        r#"{"choices":[{"message":{"content":"x"}}],"usage":{"completion_tokens":10,"prompt_tokens":16,
            "prompt_cache_hit_tokens":12,"prompt_cache_miss_tokens":4,"total_tokens":26,
            "completion_tokens_details":{"reasoning_tokens":3}}}"#,
        some(16, 10, 12),
    ),
    (
        "Moonshot",
        r#"{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":19,"completion_tokens":21,"total_tokens":40,"cached_tokens":10}}"#,
        some(19, 21, 10),
    ),
    (
        "Jina and Voyage, embeddings and rerank",
        r#"{"model":"rerank-2.5","usage":{"total_tokens":815},"results":[{"index":0,"relevance_score":0.95}]}"#,
        some(815, 0, 0),
    ),
    (
        "Cohere, rerank",
        r#"{"id":"07734bd2","results":[{"index":3,"relevance_score":0.99}],"meta":{"api_version":{"version":"2"},
            "billed_units":{"input_tokens":86.0,"output_tokens":0.0,"search_units":1.0},"tokens":null}}"#,
        some(86, 0, 0),
    ),
    (
        "the prompt is what of the total is no completion",
        r#"{"usage":{"total_tokens":10,"completion_tokens":4}}"#,
        some(6, 4, 0),
    ),
    (
        "a total that is less than its parts",
        r#"{"usage":{"total_tokens":10,"prompt_tokens":9,"completion_tokens":4}}"#,
        some(9, 4, 0),
    ),
    (
        "both vocabularies",
        r#"{"usage":{"prompt_tokens":9,"completion_tokens":4,"input_tokens":0,"output_tokens":0}}"#,
        some(9, 4, 0),
    ),
    (
        "OpenAI's vocabulary with Anthropic's cache, which it includes",
        r#"{"usage":{"prompt_tokens":90,"completion_tokens":4,"total_tokens":94,"cache_read_input_tokens":80}}"#,
        some(90, 4, 80),
    ),
];

const WITHOUT: &[(&str, &str)] = &[
    ("nothing", ""),
    ("an empty object", "{}"),
    ("no object", "\"usage\""),
    ("an array of no objects", "[[{\"usage\":{\"total_tokens\":3}}]]"),
    ("a document that is no event", "x\n{\"usage\":{\"total_tokens\":3}}\n\n"),
    ("two documents", "{\"usage\":{\"total_tokens\":3}}\n{\"usage\":{\"total_tokens\":3}}"),
    ("a document behind a byte order mark", "\u{feff}{\"usage\":{\"total_tokens\":3}}"),
    ("null", r#"{"usage":null}"#),
    ("an empty usage", r#"{"usage":{}}"#),
    ("an array for usage", r#"{"usage":[{"total_tokens":3}]}"#),
    ("seconds of audio", r#"{"text":"hi","usage":{"type":"duration","seconds":3}}"#),
    ("search units", r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#),
    ("a count of tokens that were not used", r#"{"input_tokens":2095}"#),
    ("an error", r#"{"error":{"message":"no","usage":{"total_tokens":3}}}"#),
    ("deeper", r#"{"data":{"usage":{"total_tokens":3}},"x":[{"usage":{"total_tokens":3}}]}"#),
    (
        "deeper in usage",
        r#"{"usage":{"cost_details":{"total_tokens":3},"x":[{"total_tokens":3}]}}"#,
    ),
    ("choices that are no array", r#"{"choices":{"usage":{"total_tokens":3}}}"#),
    ("an array in choices", r#"{"choices":[[{"usage":{"total_tokens":3}}]]}"#),
    ("malformed before", r#"{"a":tru,"usage":{"total_tokens":3}}"#),
    ("malformed after", r#"{"usage":{"total_tokens":3},}"#),
    ("malformed inside", r#"{"usage":{"total_tokens":03}}"#),
];
