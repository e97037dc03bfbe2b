//! A JSON body through the router, beside serde_json.

use envoy_llm_router::{edit, Reply, Rewrite};
use serde_json::Value;

use super::members::Members;
use super::outside::Held;
use super::pieces;
use super::world::{self, Still, CREDENTIAL, DEFAULT, REMOVED, SET};

/// What is sent names the upstream model and is otherwise what came; the model that was authorised is the one that
/// another parser reads.
pub fn holds(data: &[u8]) {
    let (seed, body) = pieces::split(data);
    if body.len() > world::LIMIT {
        return;
    }
    let whole = run(&[body]);
    let cut = run(&pieces::cut(seed, body));
    assert_eq!(cut, whole, "in pieces");
    let Ok(rewrite) = whole else { return };
    let sent = world::edited(body, &rewrite.body);
    let mut held = Held(body.to_vec());
    let head = body.get(..usize::from(seed)).unwrap_or_default();
    let Ok(()) = edit(&mut held, body.len(), &rewrite.body, head.to_vec());
    assert_eq!(held.0, sent, "as it lies with the host");
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
    if matches!(&**asked, "e" | "e:p") {
        edit_members(&mut expected);
    }
    assert_eq!(after, expected, "what is sent");
    world::check_sent(&rewrite, own.as_deref().unwrap_or(CREDENTIAL), Some(&sent));
}

/// What the target of `e` does to members. None of them is there in a second spelling: it would have been refused.
fn edit_members(members: &mut Members) {
    for edited in [DEFAULT.0, SET.0, REMOVED] {
        let alike = members.0.iter().filter(|(name, _)| folded(name) == edited);
        let alike: Vec<&str> = alike.map(|(name, _)| name.as_str()).collect();
        assert!(alike.is_empty() || alike == [edited], "sent on with {alike:?}");
    }
    members.0.retain(|(name, _)| name != REMOVED);
    let mut added = Vec::new();
    for (name, given, is_default) in
        [(DEFAULT.0, Value::from(DEFAULT.1), true), (SET.0, Value::from(SET.1), false)]
    {
        match members.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) if is_default && !value.is_null() => {}
            Some((_, value)) => *value = given,
            None => added.push((name.to_owned(), given)),
        }
    }
    members.0.splice(0..0, added);
}

/// A name as a reader that folds case finds it: by Unicode's own tables.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// The caller's own key for `p`, as another parser reads it.
fn own_key(members: &Members) -> Option<String> {
    let data = members.all("provider_data").next()?;
    let nested = data.pointer("/p/api_key").or_else(|| data.get("p_api_key"))?;
    Some(nested.as_str()?.to_owned())
}

/// As the filter does it.
fn run(pieces: &[&[u8]]) -> Result<Rewrite, Reply> {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>().to_string();
    let mut exchange =
        world::held(world::call("/v1/chat/completions", &[("content-length", length.as_bytes())]));
    for piece in pieces {
        exchange.feed(piece)?;
    }
    exchange.finish(&Still::default())
}
