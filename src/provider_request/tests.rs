//! What holds of every request of a provider, whichever way it goes.

mod random;

use std::rc::Rc;

use percent_encoding::percent_decode;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{json, Value};

use crate::body::Splice;
use crate::exchange::{Exchange, Rewrite, Step};
use crate::failover::{state::AttemptState, AttemptError, AttemptInput, PoolRouter};
use crate::header::{HeaderEdit, Headers};
use crate::host::tests::Still;
use crate::router::Router;
use random::{case, Case, KEY};

/// A request as a provider gets it: its fields in the order of their names, and its body.
type Seen = (Vec<(String, String)>, String);

#[test]
fn the_nth_attempt_is_the_request_that_a_provider_would_get_alone() {
    let mut pooled = 0;
    let config = Config { cases: 768, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, random::generator())
        .run(&case(), |case| {
            let Some(attempts) = in_pool(&case) else { return Ok(()) };
            for (provider, attempt) in case.attempts.iter().zip(attempts) {
                assert_eq!(attempt, alone(&case, *provider), "attempt at {provider}: {case:#?}");
            }
            Ok(())
        })
        .unwrap();
    let mut runner = TestRunner::new_with_rng(Config::default(), random::generator());
    for _ in 0..64 {
        let case = proptest::strategy::ValueTree::current(
            &proptest::strategy::Strategy::new_tree(&case(), &mut runner).unwrap(),
        );
        pooled += usize::from(in_pool(&case).is_some());
    }
    assert!(pooled > 20, "of 64 cases only {pooled} go to a pool");
}

#[test]
fn no_provider_ever_sees_the_key_that_a_request_shows() {
    let config = Config { cases: 768, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, random::generator())
        .run(&case(), |case| {
            let alone = (0..case.providers.len()).filter_map(|provider| alone(&case, provider));
            for (fields, _) in alone.chain(in_pool(&case).into_iter().flatten().flatten()) {
                for (name, value) in fields {
                    assert!(!in_base64(KEY).any(|key| value.contains(&key)), "{name}: {value}");
                    let decoded = percent_decode(value.as_bytes()).decode_utf8_lossy();
                    let twice = percent_decode(decoded.as_bytes()).decode_utf8_lossy();
                    for text in [&*value, &*decoded, &*twice] {
                        assert!(!text.contains(KEY), "{name}: {value}");
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}

/// The key as it stands in a text in base64, at each of the three places that it can have in a group of three bytes; what
/// it may share with its neighbours is left out.
fn in_base64(key: &str) -> impl Iterator<Item = String> + '_ {
    (0..3).map(move |shift: usize| {
        let text = random::base64(&format!("{}{key}", "u".repeat(shift)));
        text.chars().skip(2).take(text.len().saturating_sub(6)).collect()
    })
}

fn router(case: &Case, targets: &[usize], pool: Option<&str>) -> Rc<Router> {
    let mut providers = serde_json::Map::new();
    let mut credentials = serde_json::Map::new();
    for (index, provider) in case.providers.iter().enumerate() {
        let mut provider = provider.clone();
        provider["cluster"] = format!("cluster-{index}").into();
        if provider["auth"] != "none" {
            let credential = json!({"provider": name(index), "value": format!("secret-{index}")});
            credentials.insert(format!("c{index}"), credential);
        }
        providers.insert(name(index), provider);
    }
    let targets: Vec<Value> = targets
        .iter()
        .map(|index| {
            let parameters = &case.parameters[*index];
            json!({"provider": name(*index), "model": case.models[*index], "parameters": parameters})
        })
        .collect();
    let mut model = json!({"targets": targets});
    if let Some(pool) = pool {
        model["failover_cluster"] = pool.into();
    }
    let names: Vec<_> = credentials.keys().cloned().collect();
    let configuration = json!({
        "providers": providers,
        "models": {"m": model},
        "credentials": credentials,
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"], "credentials": names}},
        "failover": {"subset_header": "x-llm-providers"},
        "base_paths": ["/v1"],
    });
    let environment = |_: &str| Some(KEY.to_owned());
    let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &environment);
    Rc::new(loaded.unwrap_or_else(|refusal| panic!("{:?}\n{configuration}", refusal.errors)).router)
}

fn name(index: usize) -> String {
    format!("p{index}")
}

/// What the filter in the listener does to a request; `None` if it answers.
fn sent(router: &Rc<Router>, headers: &Headers, body: &str) -> Option<Rewrite> {
    let mut exchange = Exchange::new(Rc::clone(router));
    match exchange.begin(headers.clone(), false, &Still::default()) {
        Step::Hold => {}
        Step::Forward(rewrite) => return Some(rewrite),
        Step::Reply(_) => return None,
    }
    exchange.feed(body.as_bytes()).ok()?;
    exchange.finish(&Still::default()).ok()
}

/// The request as provider `index` gets it where it is the model's only one.
fn alone(case: &Case, index: usize) -> Option<Seen> {
    let headers = case.headers();
    let rewrite = sent(&router(case, &[index], None), &headers, &case.body)?;
    assert!(rewrite.failover_context.is_none());
    let mut headers = edited(&headers, &rewrite.headers);
    headers = added_by_envoy(&headers);
    Some((seen(&headers), spliced(&case.body, &rewrite.body)))
}

/// The request as the providers of `case.attempts` get it one after the other: each gets the body as it came, and the
/// fields as the one before has left them; `None` for one that does not serve the endpoint, and is no target. `None` if it
/// does not go to the pool.
fn in_pool(case: &Case) -> Option<Vec<Option<Seen>>> {
    let all: Vec<usize> = (0..case.providers.len()).collect();
    let router = router(case, &all, Some("pool"));
    let pool_router = PoolRouter::new(Rc::clone(&router));
    let headers = case.headers();
    let rewrite = sent(&router, &headers, &case.body)?;
    let context = rewrite.failover_context?.into_bytes();
    let told = String::from_utf8(context.clone()).unwrap();
    assert!(!told.contains(KEY) && !told.contains("secret-"), "{told}");
    let mut headers = added_by_envoy(&edited(&headers, &rewrite.headers));
    let mut previous = None;
    let mut made = Vec::new();
    for provider in &case.attempts {
        let input = AttemptInput {
            context: Some(context.clone()),
            provider: Some(name(*provider).into_bytes()),
            previous: previous.take(),
        };
        let attempt = match pool_router.attempt(&input, &headers) {
            Ok(attempt) => attempt,
            Err(AttemptError::NotATarget(_)) => {
                previous = input.previous;
                made.push(None);
                continue;
            }
            Err(error) => panic!("attempt at {provider}: {error}: {case:#?}"),
        };
        headers = edited(&headers, &attempt.headers);
        let state = AttemptState { is_over: true, ..attempt.state };
        previous = Some(state.encode().into_bytes());
        made.push(Some((seen(&headers), spliced(&case.body, &attempt.body))));
    }
    Some(made)
}

/// What Envoy's router does to the fields behind the filter in the listener.
fn added_by_envoy(headers: &Headers) -> Headers {
    let own = [("x-envoy-expected-rq-timeout-ms", "15000"), ("x-forwarded-proto", "https")];
    let own = own.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    headers.iter().chain(own).collect()
}

fn edited(headers: &Headers, edits: &[HeaderEdit]) -> Headers {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    for edit in edits {
        let (HeaderEdit::Remove(name) | HeaderEdit::Set(name, _)) = edit;
        // A host that replaces a field may leave all but the first.
        let mut values = fields.iter().filter(|(field, _)| field == name.as_bytes());
        let is_set = matches!(edit, HeaderEdit::Set(..));
        assert!(!is_set || (values.next(), values.next()).1.is_none(), "{name} is there twice");
        fields.retain(|(field, _)| field != name.as_bytes());
        if let HeaderEdit::Set(name, value) = edit {
            fields.push((name.as_bytes().to_vec(), value.clone()));
        }
    }
    fields.into_iter().collect()
}

/// The fields in the order of their names, without those that Envoy's route takes away.
fn seen(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut fields: Vec<_> = headers
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| !["x-llm-cluster", "x-llm-providers"].contains(&&**name))
        .collect();
    fields.sort();
    fields
}

fn spliced(body: &str, splices: &[Splice]) -> String {
    let mut body = body.to_owned();
    for splice in splices.iter().rev() {
        let text = std::str::from_utf8(&splice.replacement).unwrap();
        body.replace_range(splice.range.clone(), text);
    }
    body
}
