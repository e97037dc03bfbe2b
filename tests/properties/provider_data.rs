//! Callers' own keys, in the header and in the body.

use envoy_llm_router::{Exchange, Reply, Rewrite, Step};
use serde_json::Value;

use super::members::Members;
use super::world::{self, Still, CREDENTIAL};

/// The key that goes upstream is the one that another parser reads, whether it came in the header or in the body; with
/// what no parser can read nothing is sent.
pub fn holds(data: &[u8]) {
    let in_header = by_header(data);
    if let Ok(rewrite) = &in_header {
        let key = own_key(data).unwrap_or_else(|| panic!("sent on, but this is no object"));
        world::check_sent(rewrite, key.as_deref().unwrap_or(CREDENTIAL), None);
        let kept =
            rewrite.headers.iter().filter(|edit| format!("{edit:?}").contains("provider-data"));
        assert_eq!(kept.count(), 1, "the header is removed");
    }
    // In the body it has to be a value, or it is something else.
    if Members::read(data).is_none() || data.len() > world::LIMIT / 2 {
        return;
    }
    let body = [br#"{"model":"m","provider_data":"#.as_slice(), data, b"}"].concat();
    match (by_body(&body), in_header) {
        (Ok(in_body), Ok(in_header)) => {
            assert_eq!(
                world::set(&in_body, "authorization"),
                world::set(&in_header, "authorization")
            );
            assert!(!world::edited(&body, &in_body.body).windows(4).any(|part| part == b"_dat"));
        }
        (Err(in_body), Err(in_header)) => assert_eq!(in_body.code, in_header.code),
        (in_body, in_header) => panic!("in the body {in_body:?}, in the header {in_header:?}"),
    }
}

/// The key for `p` that these data hold, if they hold one; `None` if they are no object.
fn own_key(data: &[u8]) -> Option<Option<String>> {
    let members = Members::read(data)?;
    let nested = members.all("p").find_map(|entry| entry.get("api_key"));
    let key = nested.or_else(|| members.all("p_api_key").next()).and_then(Value::as_str);
    Some(key.map(str::to_owned))
}

fn by_header(data: &[u8]) -> Result<Rewrite, Reply> {
    let mut exchange = Exchange::new(world::router());
    let headers = world::call("/v1/chat/completions", &[("x-llm-provider-data", data)]);
    match exchange.begin(headers, false, &Still::default()) {
        Step::Hold => {}
        Step::Reply(reply) => return Err(reply),
        Step::Forward(rewrite) => panic!("without a body {rewrite:?}"),
    }
    exchange.feed(br#"{"model":"p/x"}"#)?;
    exchange.finish(&Still::default()).map(without_body)
}

fn by_body(body: &[u8]) -> Result<Rewrite, Reply> {
    let mut exchange = world::held(world::call("/v1/chat/completions", &[]));
    exchange.feed(body)?;
    exchange.finish(&Still::default())
}

fn without_body(rewrite: Rewrite) -> Rewrite {
    Rewrite { body: Vec::new(), ..rewrite }
}
