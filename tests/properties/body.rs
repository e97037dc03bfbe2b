//! A JSON body through the router, beside serde_json.

use envoy_llm_router::{Front, Reply, Rewrite};
use serde_json::Value;

use super::members::Members;
use super::pieces;
use super::world::{self, Still, CREDENTIAL};

/// What is sent names the upstream model and is otherwise what came; the model that was authorised is the one that
/// another parser reads.
pub fn holds(data: &[u8]) {
    let (seed, body) = pieces::split(data);
    if body.len() > world::LIMIT {
        return;
    }
    let (whole, _) = run(&[body]);
    let (cut, front) = run(&pieces::cut(seed, body));
    assert_eq!(cut, whole, "in pieces");
    let Ok(rewrite) = whole else { return };
    let sent = world::edited(body, &rewrite.body);
    if let Some(last) = rewrite.body.last() {
        if let Some(edited) = front.edited(&rewrite.body) {
            let behind = body.len() - last.range.end;
            assert_eq!(edited.concat(), sent[..sent.len() - behind], "the front that was kept");
        }
    }
    let (Some(before), Some(after)) = (Members::read(body), Members::read(&sent)) else {
        // Something that has no value in Rust; it must have been there before.
        assert!(Members::read(body).is_none(), "the edits made the body unreadable");
        return;
    };
    let asked: Vec<&Value> = before.all("model").collect();
    let [Value::String(asked)] = asked[..] else { panic!("sent on, but the model is {asked:?}") };
    let upstream =
        world::upstream_name(asked).unwrap_or_else(|| panic!("{asked} is no model")).to_owned();
    let own = own_key(&before);
    let mut expected = before.clone();
    expected.0.retain(|(name, _)| name != "provider_data");
    for (name, value) in &mut expected.0 {
        if name == "model" {
            *value = upstream.clone().into();
        }
    }
    assert_eq!(after, expected, "what is sent");
    world::check_sent(&rewrite, own.as_deref().unwrap_or(CREDENTIAL), Some(&sent));
}

/// The caller's own key for `p`, as another parser reads it.
fn own_key(members: &Members) -> Option<String> {
    let data = members.all("provider_data").next()?;
    let nested = data.pointer("/p/api_key").or_else(|| data.get("p_api_key"))?;
    Some(nested.as_str()?.to_owned())
}

/// As the filter does it.
fn run(pieces: &[&[u8]]) -> (Result<Rewrite, Reply>, Front) {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>().to_string();
    let mut exchange =
        world::held(world::call("/v1/chat/completions", &[("content-length", length.as_bytes())]));
    let mut front = Front::default();
    for piece in pieces {
        let keep = exchange.awaits_model();
        if let Err(reply) = exchange.feed(piece) {
            return (Err(reply), front);
        }
        if keep {
            front.push(piece.to_vec(), exchange.model_end());
        }
    }
    (exchange.finish(&Still::default()), front)
}
