//! Whole bodies.

use super::Document;

pub const VALID: &[&[u8]] = &[
    b"{\"model\":\"documents\"}",
    b" {\"model\":\"documents\"}",
    b"\t\r\n {\"model\":\"documents\"} \t\r\n",
    b"{\"model\":\"documents\"}\n",
    b"{ \"model\" : \"documents\" }",
    b"{\"mod\\u0065l\":\"documents\"}",
    b"{\"\\u006d\\u006F\\u0064\\u0065\\u006C\":\"documents\"}",
    b"{\"model\":\"d\\u006fcuments\"}",
    b"{\"model\":\"documents\",\"a\":1,\"a\":2}",
    b"{\"a\":{\"model\":\"other\"},\"model\":\"documents\"}",
    b"{\"a\":[{\"model\":1},\"model\"],\"model\":\"documents\"}",
    b"{\"mode\":1,\"modelz\":2,\"model \":3,\"model\":\"documents\"}",
];

pub const INVALID: &[&[u8]] = &[
    b"",
    b" ",
    b"\n",
    b"\x00",
    b"{",
    b"}",
    b"{}{",
    b"{}}",
    b"[]",
    b"[{\"model\":\"documents\"}]",
    b"1",
    b"\"model\"",
    b"null",
    b"true",
    b"{\"model\":\"documents\"",
    b"{\"model\":\"documents\",",
    b"{\"model\":\"documents\",}",
    b"{\"model\":\"documents\"]",
    b"{\"model\":\"documents\"}}",
    b"{\"model\":\"documents\"},",
    b"{\"model\":\"documents\"};",
    b"{\"model\":\"documents\"}x",
    b"{\"model\":\"documents\"}1",
    b"{\"model\":\"documents\"}{}",
    b"{\"model\":\"documents\"} {}",
    b"{\"model\":\"documents\"}\n{\"model\":\"documents\"}",
    b"{\"model\":\"documents\"}\"",
    b"{\"model\":\"documents\"}\x00",
    b"{\"model\":\"documents\"}\x1a",
    b"{\"model\":\"documents\"}\x0c",
    b"{\"model\":\"documents\"}\xc2\xa0",
    b"{\"model\":\"documents\"}\xef\xbb\xbf",
    b"{\"model\":\"documents\"}\xff",
    b"{\"model\":\"documents\"}//",
    b"{\"model\":\"documents\"}/**/",
    b"\x00{\"model\":\"documents\"}",
    b"\x1e{\"model\":\"documents\"}",
    b"){\"model\":\"documents\"}",
    b")]}'\n{\"model\":\"documents\"}",
    b"data: {\"model\":\"documents\"}",
    b"callback({\"model\":\"documents\"})",
    b"model=documents",
    b"model: documents",
    b"<model>documents</model>",
    // Marks of byte order, and what they announce (section 8.1).
    b"\xef\xbb\xbf{\"model\":\"documents\"}",
    b" \xef\xbb\xbf{\"model\":\"documents\"}",
    b"\xef\xbb\xbf",
    b"\xef\xbb{\"model\":\"documents\"}",
    b"\xfe\xff\0{\0\"\0m\0o\0d\0e\0l\0\"\0:\0\"\0m\0\"\0}",
    b"\xff\xfe{\0\"\0m\0o\0d\0e\0l\0\"\0:\0\"\0m\0\"\0}\0",
    b"{\0\"\0m\0o\0d\0e\0l\0\"\0:\0\"\0m\0\"\0}\0",
    b"\0{\0\"\0m\0o\0d\0e\0l\0\"\0:\0\"\0m\0\"\0}",
    b"\xff\xfe\0\0{\0\0\0}\0\0\0",
    b"+AHsAfQ-",
    // Compressed, or something else.
    b"\x1f\x8b\x08\0\0\0\0\0",
    b"\x28\xb5\x2f\xfd\x04\0",
    b"--xyz\r\n",
    b"\xa1\x65model\x61m",
    b"\x81\xa5model\xa1m",
];

/// Nesting up to the router's bound, and one deeper, which it refuses: RFC 8259, section 9, lets it.
pub fn deep() -> Vec<Document> {
    let bound = envoy_llm_router::json::MAX_DEPTH as usize;
    let mut deep = Vec::new();
    for (depth, is_valid) in
        [(2, true), (64, true), (bound, true), (bound + 1, false), (100_000, false)]
    {
        // The body itself is the first of them.
        let inner = depth - 1;
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let count = inner / open.matches(['[', '{']).count();
            let body = [
                "{\"model\":\"documents\",\"a\":",
                &open.repeat(count),
                "0",
                &close.repeat(count),
                "}",
            ];
            let is_valid = is_valid || count * open.matches(['[', '{']).count() < bound;
            deep.push(Document {
                name: format!("{depth} deep of {open}"),
                body: body.concat().into(),
                is_valid,
            });
        }
    }
    deep
}
