//! Answers that are streams of events.

use super::{some, usage, Format, Usage};

#[test]
fn streams() {
    for (name, stream, expected) in STREAMS {
        for end in ["\n", "\r\n", "\r"] {
            let stream = stream.replace('\n', end);
            let found = usage(Format::Text, stream.as_bytes());
            assert_eq!(found, *expected, "{name}, lines ended by {end:?}");
        }
    }
}

const STREAMS: &[(&str, &str, Option<Usage>)] = &[
    (
        "OpenAI chat completions",
        r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":null}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"data: {\"usage\":{\"prompt_tokens\":99}}\n\n"}}],"usage":null}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1117,"completion_tokens":46,"total_tokens":1163,"prompt_tokens_details":{"cached_tokens":1024}}}

data: [DONE]

"#,
        some(1117, 46, 1024),
    ),
    (
        "OpenAI chat completions without `include_usage`",
        r#"data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}

data: [DONE]

"#,
        None,
    ),
    (
        "OpenAI responses",
        r#"event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","output":[],"usage":null}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":1,"delta":"café ☕"}

event: response.completed
data: {"type":"response.completed","sequence_number":2,"response":{"id":"resp_1","status":"completed","output":[{"type":"message","usage":{"input_tokens":1}}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":5},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48},"metadata":{}}}

"#,
        some(37, 11, 5),
    ),
    (
        "OpenAI responses, incomplete",
        r#"event: response.incomplete
data: {"type":"response.incomplete","response":{"status":"incomplete","usage":{"input_tokens":37,"output_tokens":100,"total_tokens":137}}}

"#,
        some(37, 100, 0),
    ),
    (
        "OpenAI responses, failed",
        r#"event: response.failed
data: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"},"usage":null}}

"#,
        None,
    ),
    (
        "Anthropic messages",
        r#"event: message_start
data: {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": null, "usage": {"input_tokens": 25, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 1}}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, "usage": {"output_tokens": 15}}

event: message_stop
data: {"type": "message_stop"}

"#,
        some(1125, 15, 1000),
    ),
    (
        "Anthropic messages, whose tools read more than was sent",
        r#"event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":2679,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":10682,"cache_creation_input_tokens":0,"cache_read_input_tokens":50,"output_tokens":510,"server_tool_use":{"web_search_requests":1}}}

"#,
        some(10732, 510, 50),
    ),
    (
        "Anthropic messages, cut off",
        r#"event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

"#,
        some(25, 1, 0),
    ),
    (
        "Gemini and others, with the usage so far in every event",
        r#"data: {"choices":[{"delta":{"content":"a"},"index":0}],"object":"chat.completion.chunk","usage":{"completion_tokens":1,"prompt_tokens":7,"total_tokens":8}}

data: {"choices":[{"delta":{"content":"b"},"index":0}],"object":"chat.completion.chunk","usage":{"completion_tokens":9,"prompt_tokens":7,"total_tokens":40}}

data: [DONE]

"#,
        some(7, 33, 0),
    ),
    (
        "Groq",
        r#"data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"x_groq":{"id":"req_1"}}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.018,"prompt_tokens":43,"prompt_time":0.002,"completion_tokens":12,"completion_time":0.01,"total_tokens":55,"total_time":0.012}}}

data: [DONE]

"#,
        some(43, 12, 0),
    ),
    (
        "Mistral",
        r#"data: {"id":"1","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}

data: {"id":"1","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":14,"total_tokens":16,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}

data: [DONE]

"#,
        some(14, 2, 3),
    ),
    (
        "DeepSeek, which keeps the connection alive by comments",
        r#": keep-alive

: keep-alive

data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":8,"total_tokens":28,"prompt_cache_hit_tokens":16,"prompt_cache_miss_tokens":4}}

data: [DONE]

"#,
        some(20, 8, 16),
    ),
    (
        "Moonshot, whose usage is in the choice",
        r#"data: {"id":"cmpl-1","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}

data: {"id":"cmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32,"cached_tokens":4}}]}

data: [DONE]

"#,
        some(19, 13, 4),
    ),
    (
        "OpenAI images",
        r#"event: image_generation.completed
data: {"type":"image_generation.completed","b64_json":"iVBORw0KGgo=","usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}}

"#,
        some(50, 50, 0),
    ),
];
