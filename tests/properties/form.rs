//! A form through the router, beside the plainest of parsers.

use envoy_llm_router::{Reply, Rewrite};

use super::pieces;
use super::world::{self, Still, CREDENTIAL};

/// The boundary of every form.
pub const BOUNDARY: &str = "xyz";

/// What is sent names the upstream model and is otherwise what came; the model that was authorised is the one that
/// another parser reads.
pub fn holds(data: &[u8]) {
    let (seed, body) = pieces::split(data);
    if body.len() > world::LIMIT {
        return;
    }
    let whole = run(&[body]);
    assert_eq!(run(&pieces::cut(seed, body)), whole, "in pieces");
    assert_eq!(run(&body.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    let Ok(rewrite) = whole else { return };
    let sent = world::edited(body, &rewrite.body);
    let (before, after) = (models(body), models(&sent));
    let [asked] = &before[..] else { panic!("sent on, but the models are {before:?}") };
    let asked = std::str::from_utf8(asked).expect("a name");
    let upstream = world::upstream_name(asked).unwrap_or_else(|| panic!("{asked} is no model"));
    assert_eq!(after, [upstream.as_bytes()], "what is sent");
    world::check_sent(&rewrite, CREDENTIAL, Some(&sent));
}

/// The form that would be sent on, with the one that came and the model that is asked for there.
pub fn sent(body: &[u8]) -> Option<(Vec<u8>, String)> {
    let rewrite = run(&[body]).ok()?;
    let asked = models(body).pop()?;
    Some((world::edited(body, &rewrite.body), String::from_utf8(asked).ok()?))
}

/// The values of the parts that are named `model`, by splitting the body at each `--boundary` and each part at its
/// first blank line.
fn models(body: &[u8]) -> Vec<Vec<u8>> {
    // One character for each byte.
    let text: String = body.iter().copied().map(char::from).collect();
    text.split(&format!("--{BOUNDARY}"))
        .filter_map(|part| part.strip_prefix("\r\n")?.strip_suffix("\r\n"))
        .filter_map(|part| part.split_once("\r\n\r\n"))
        .filter(|(headers, _)| names_model(headers))
        .map(|(_, value)| value.chars().map(|byte| byte as u8).collect())
        .collect()
}

/// Whether one of these headers is a `content-disposition` whose `name` is `model`, quoted or not.
fn names_model(headers: &str) -> bool {
    let lower = headers.to_ascii_lowercase();
    lower.split("\r\n").filter_map(|line| line.strip_prefix("content-disposition:")).any(|line| {
        line.split(';')
            .filter_map(|parameter| parameter.trim().strip_prefix("name="))
            .any(|name| matches!(name.trim(), "\"model\"" | "model"))
    })
}

fn run(pieces: &[&[u8]]) -> Result<Rewrite, Reply> {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>().to_string();
    let form = format!("multipart/form-data; boundary={BOUNDARY}");
    let further = [("content-length", length.as_bytes()), ("content-type", form.as_bytes())];
    let mut exchange = world::held(world::call("/v1/audio/transcriptions", &further));
    for piece in pieces {
        exchange.feed(piece)?;
    }
    exchange.finish(&Still::default())
}
