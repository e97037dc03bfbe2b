//! The key that a request shows, wherever else in it the key stands.

use envoy_llm_router::{Exchange, HeaderEdit, Headers, Step};

use super::world::{self, Still, KEY};

type Fields = Vec<(String, Vec<u8>)>;

/// Whatever the fields and the query of a request are, and wherever the key stands in them, also encoded: no provider is
/// sent it. Each line of the input is a field, the first one's value is a query; some bytes stand for the key.
pub fn holds(data: &[u8]) {
    let text = with_keys(data);
    let mut lines = text.split(|byte| *byte == b'\n');
    let query = lines.next().unwrap_or_default();
    let fields: Fields = lines.filter_map(field).collect();
    for (method, path) in [
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/messages"),
        ("POST", "/openai/deployments/m/chat/completions"),
        ("GET", "/v1/realtime"),
    ] {
        let path = [path.as_bytes(), b"?", query].concat();
        let bearer = ["Bearer ", KEY].concat();
        let usual: [(&str, &[u8]); 3] = [
            (":method", method.as_bytes()),
            (":path", &path),
            ("authorization", bearer.as_bytes()),
        ];
        let usual = usual.map(|(name, value)| (name.to_owned(), value.to_vec()));
        let mut all: Fields = usual.into_iter().chain(fields.iter().cloned()).collect();
        if method == "GET" {
            all.push(("upgrade".to_owned(), b"websocket".to_vec()));
        }
        check(all, method == "GET");
    }
}

fn check(fields: Fields, has_no_body: bool) {
    let headers: Headers =
        fields.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect();
    let mut exchange = Exchange::new(world::router());
    let rewrite = match exchange.begin(headers, has_no_body, &Still::default()) {
        Step::Forward(rewrite) => rewrite,
        Step::Reply(_) => return,
        Step::Hold => {
            if exchange.feed(br#"{"model":"p/x"}"#).is_err() {
                return;
            }
            let Ok(rewrite) = exchange.finish(&Still::default()) else { return };
            rewrite
        }
    };
    for (name, value) in edited(fields, &rewrite.headers) {
        // The path itself may be a model's name.
        let value = match &*name {
            ":path" => value.splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default().to_vec(),
            _ => value,
        };
        let mut readings = vec![value.clone()];
        for _ in 0..3 {
            readings.push(decoded(readings.last().expect("the value")));
        }
        let told = String::from_utf8_lossy(&value);
        assert!(!readings.iter().any(|text| has(text, KEY.as_bytes())), "{name}: {told}");
        assert!(!is_basic_with_key(&value), "{name}: {told}");
    }
}

/// Whether a value is `Basic` credentials, up to where they are no base64, with the key behind a user.
fn is_basic_with_key(value: &[u8]) -> bool {
    let Some((scheme, rest)) = value.trim_ascii().split_at_checked(6) else { return false };
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let rest = rest.trim_ascii();
    let said = &rest[..rest.iter().take_while(is_base64).count()];
    let basic = base64(&["user:", KEY].concat());
    let mut groups = (0..said.len()).step_by(4).map(|start| &said[start..]);
    scheme.eq_ignore_ascii_case(b"basic ") && groups.any(|text| text.starts_with(basic.as_bytes()))
}

/// The fields as a host has them after the edits: what it sets takes the place of the first field of the name.
fn edited(mut fields: Fields, edits: &[HeaderEdit]) -> Fields {
    for edit in edits {
        match edit {
            HeaderEdit::Remove(name) => fields.retain(|(field, _)| *field != **name),
            HeaderEdit::Set(name, value) => {
                match fields.iter_mut().find(|(field, _)| *field == **name) {
                    Some((_, old)) => old.clone_from(value),
                    None => fields.push(((**name).to_owned(), value.clone())),
                }
            }
        }
    }
    fields
}

/// The input with the key in the place of some bytes.
fn with_keys(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for byte in data {
        match byte {
            1 => text.extend_from_slice(KEY.as_bytes()),
            2..=4 => text.extend(encoded(KEY.as_bytes(), usize::from(*byte) - 1)),
            5 => text.extend_from_slice(
                ["Basic ", &base64(&["user:", KEY].concat())].concat().as_bytes(),
            ),
            other => text.push(*other),
        }
    }
    text
}

/// A line as a field: names are tokens (RFC 9110, section 5.6.2) in lower case, for Envoy lets no others pass.
fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
    // A caller's own key is sent, whatever it holds. Two keys for one request are refused anyway.
    let is_meant = name.ends_with("provider-data") || name == "authorization";
    (!name.is_empty() && name.bytes().all(|byte| is_token(&byte)) && !is_meant)
        .then(|| (name, value.to_vec()))
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Every byte percent-encoded, so often.
fn encoded(text: &[u8], times: usize) -> Vec<u8> {
    (0..times).fold(text.to_vec(), |text, _| {
        text.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect()
    })
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let digit =
            |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, behind) {
            (b'%', [high, low, after @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                bytes.push(digit(high).unwrap_or(0) << 4 | digit(low).unwrap_or(0));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// Base64 (RFC 4648, section 4).
fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let bits = (0..3).fold(0, |bits, index| {
            bits << 8 | usize::from(bytes.get(index).copied().unwrap_or_default())
        });
        (0..=bytes.len())
            .map(|index| char::from(ALPHABET[bits >> (18 - 6 * index) & 63]))
            .chain(std::iter::repeat_n('=', 3 - bytes.len()))
            .collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}
