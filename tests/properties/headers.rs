//! Header fields and paths.

use envoy_llm_router::{Exchange, HeaderEdit, Headers, Rewrite, Step};

use super::world::{self, Still, KEY};

/// Any bytes are fields or none; any fields get an answer; and where they are sent on, no key of the caller's is.
pub fn holds(data: &[u8]) {
    pairs(data);
    // What the client writes into its own path it may be told again.
    let text = String::from_utf8_lossy(data);
    if text.contains(KEY) || text.contains(world::CREDENTIAL) {
        return;
    }
    let lines: Vec<(&[u8], &[u8])> = data.split(|byte| *byte == b'\n').filter_map(field).collect();
    // The first field's value also serves as a path.
    let path = lines.first().map_or(&b"/v1/models"[..], |(_, value)| value);
    let bearer = ["Bearer ", KEY].concat();
    for method in ["GET", "POST"] {
        for end_of_stream in [false, true] {
            let usual: [(&[u8], &[u8]); 3] = [
                (b":method", method.as_bytes()),
                (b":path", path),
                (b"authorization", bearer.as_bytes()),
            ];
            let fields: Vec<_> = usual.iter().chain(lines.iter().skip(1)).copied().collect();
            begin(&fields, end_of_stream);
        }
    }
}

/// Fields are read as they were written, and no bytes are too odd.
fn pairs(data: &[u8]) {
    let Some(headers) = Headers::from_pairs(data.to_vec()) else { return };
    let fields: Vec<_> = headers.iter().collect();
    let mut written = word(fields.len());
    for (name, value) in &fields {
        written.extend(word(name.len()));
        written.extend(word(value.len()));
    }
    for part in fields.iter().flat_map(|(name, value)| [name, value]) {
        written.extend_from_slice(part);
        written.push(0);
    }
    let again = Headers::from_pairs(written).expect("what was written");
    assert!(again.iter().eq(fields));
}

fn word(length: usize) -> Vec<u8> {
    u32::try_from(length).expect("a short input").to_le_bytes().to_vec()
}

fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().skip(1).position(|byte| *byte == b':')? + 1;
    Some((&line[..colon], &line[colon + 1..]))
}

fn begin(fields: &[(&[u8], &[u8])], end_of_stream: bool) {
    let headers: Headers = fields.iter().copied().collect();
    let mut exchange = Exchange::new(world::router());
    let rewrite = match exchange.begin(headers, end_of_stream, &Still::default()) {
        Step::Forward(rewrite) => rewrite,
        Step::Reply(reply) => {
            let told = String::from_utf8(reply.body).expect("JSON is text");
            assert!(!told.contains(KEY) && !told.contains(world::CREDENTIAL), "{told}");
            return;
        }
        Step::Hold => {
            assert!(!end_of_stream, "a body that never comes is waited for");
            if exchange.feed(br#"{"model":"p/x"}"#).is_err() {
                return;
            }
            match exchange.finish(&Still::default()) {
                Ok(rewrite) => rewrite,
                Err(_) => return,
            }
        }
    };
    check(&rewrite, fields);
}

/// No credential of the caller's is left, and the path is one.
fn check(rewrite: &Rewrite, fields: &[(&[u8], &[u8])]) {
    const CREDENTIALS: [&str; 8] = [
        "authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "proxy-authorization",
        "cookie",
        "x-llm-provider-data",
        "x-llm-cluster",
    ];
    for (name, _) in fields {
        let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
        if CREDENTIALS.contains(&&*lower) {
            // Of a field that is there twice the host would replace the first alone.
            let is_alone =
                fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).count() == 1;
            let is_gone = |edit: &HeaderEdit| match edit {
                HeaderEdit::Remove(name) => *name == *lower,
                HeaderEdit::Set(name, _) => is_alone && *name == *lower,
            };
            assert!(rewrite.headers.iter().any(is_gone), "{lower} is sent on");
        }
    }
    for path in world::set(rewrite, ":path") {
        let sent =
            fields.iter().find(|(name, _)| *name == b":path").map_or(&b""[..], |(_, path)| path);
        let odd = |byte: &u8| !byte.is_ascii_graphic() && !sent.contains(byte);
        assert!(path.starts_with(b"/") && !path.iter().any(odd), "{path:?}");
    }
    for edit in &rewrite.headers {
        let HeaderEdit::Set(name, value) = edit else { continue };
        let told = String::from_utf8_lossy(value);
        assert!(!told.contains(KEY), "{name} tells the virtual key");
    }
}
