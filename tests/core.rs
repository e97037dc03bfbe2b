//! Replays `tests/vectors.json` and `tests/usages.json` against the core, on the machine and as wasm32 under Node: the same rows, the same
//! judge, only the test harness differs.
//!
//! Each row runs in every way a host may deliver it: its body in one piece and byte by byte, an empty body with and
//! without the end of the stream at the headers, and with either extreme of the random number.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod documents;
mod usages;
mod vectors;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use envoy_llm_router::json::Scanner;
use envoy_llm_router::{
    Diagnostic, Exchange, HeaderEdit, Headers, Host, MetadataPath, Reply, Rewrite, Router, Step,
    Verdict,
};

use vectors::{Edits, End, Finding, Judge, Outcome, Request, Upstream, Vectors};

#[cfg_attr(not(target_family = "wasm"), test)]
#[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
fn requests_are_routed_as_the_vectors_say() {
    let vectors = Vectors::load();
    let routers: BTreeMap<&str, Rc<Router>> = vectors
        .configurations
        .iter()
        .map(|(name, configuration)| (&**name, router(&vectors, name, &configuration.to_string())))
        .collect();
    let mut judge = Judge::new(&vectors);
    for row in vectors.rows() {
        let router = routers.get(&*row.group.configuration).expect("the group's configuration");
        let cluster_header = vectors.cluster_header(&row);
        let request = row.case.request();
        for delivery in Delivery::ALL {
            let outcome = replay(Rc::clone(router), &request, cluster_header, delivery);
            judge.request(&row, &request, &outcome);
        }
    }
    judge.conclude();
}

#[cfg_attr(not(target_family = "wasm"), test)]
#[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
fn configurations_are_judged_as_the_vectors_say() {
    let vectors = Vectors::load();
    let mut judge = Judge::new(&vectors);
    for row in &vectors.refusals {
        let bytes = row.configuration(&vectors);
        let (errors, warnings) = match Router::from_configuration(&bytes, &environment(&vectors)) {
            Ok(loaded) => (Vec::new(), loaded.warnings),
            Err(refusal) => (refusal.errors, refusal.warnings),
        };
        judge.refusal(row, &findings(&errors), &findings(&warnings));
    }
    judge.conclude_refusals();
}

#[cfg_attr(not(target_family = "wasm"), test)]
#[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
fn json_texts_are_judged_as_rfc_8259_says() {
    let configuration = serde_json::json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {documents::MODEL: {}},
        "teams": {"t": {"models": ["*"]}},
        "identity": {"anonymous_team": "t"},
    });
    let loaded =
        Router::from_configuration(configuration.to_string().as_bytes(), &|_| None).unwrap();
    let router = Rc::new(loaded.router);
    for document in documents::all() {
        for piece in [usize::MAX, 1] {
            let mut scanner = Scanner::new(&[]);
            for piece in document.body.chunks(piece) {
                let _ = scanner.feed(piece);
            }
            let scanned = scanner.finish();
            assert_eq!(scanned.is_ok(), document.is_valid, "{}: {scanned:?}", document.name);

            let delivery = Delivery { piece, ends_at_headers: false, random: 0 };
            let request = Request {
                method: "POST".into(),
                authority: "gateway.example".into(),
                path: "/v1/chat/completions".into(),
                headers: Vec::new(),
                body: document.body.clone(),
            };
            let mut exchange = Exchange::new(Rc::clone(&router));
            let code = carry_out(&mut exchange, &request, delivery).map_err(|reply| reply.code);
            let expected = if document.is_valid { Ok(()) } else { Err("invalid_json") };
            assert_eq!(code.map(drop), expected, "{}", document.name);
        }
    }
}

/// Every answer of `tests/usages.json`, as one piece, byte by byte and in small pieces.
#[cfg_attr(not(target_family = "wasm"), test)]
#[cfg_attr(target_family = "wasm", wasm_bindgen_test::wasm_bindgen_test)]
fn answers_are_counted_as_their_rows_say() {
    let configuration = serde_json::json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {}},
        "teams": {"t": {"models": ["*"]}},
        "identity": {"anonymous_team": "t"},
    });
    let loaded =
        Router::from_configuration(configuration.to_string().as_bytes(), &|_| None).unwrap();
    let router = Rc::new(loaded.router);
    let request = Request {
        method: "POST".into(),
        authority: "gateway.example".into(),
        path: "/v1/chat/completions".into(),
        headers: Vec::new(),
        body: br#"{"model":"m"}"#.to_vec(),
    };
    for row in usages::Usages::load().answers {
        let (title, body) = (row.title(), row.body());
        for delivery in Delivery::ALL {
            let mut exchange = Exchange::new(Rc::clone(&router));
            carry_out(&mut exchange, &request, delivery).expect("a request that is sent");
            let headers = [(":status", "200"), ("content-type", &*row.content_type)];
            let headers: Headers = headers.into_iter().collect();
            assert_eq!(
                exchange.respond(&headers, b"via_upstream", &delivery),
                Verdict::Pass(vec![])
            );
            assert!(exchange.observes_answer(), "{title}");
            body.chunks(delivery.piece).for_each(|piece| exchange.observe(piece));
            exchange.conclude(&|| envoy_llm_router::End::Complete, &delivery);
            let record = exchange.record();
            let counted = record.usage.map(|usage| usages::Counts {
                prompt: usage.prompt,
                completion: usage.completion,
                cached: usage.cached,
            });
            assert_eq!((counted, record.usage_errors), (row.usage, row.errors), "{title}");
        }
    }
}

fn router(vectors: &Vectors, name: &str, configuration: &str) -> Rc<Router> {
    match Router::from_configuration(configuration.as_bytes(), &environment(vectors)) {
        Ok(loaded) => Rc::new(loaded.router),
        Err(refusal) => panic!("configurations.{name} is refused: {:#?}", refusal.errors),
    }
}

fn environment(vectors: &Vectors) -> impl Fn(&str) -> Option<String> + '_ {
    |name| vectors.environment.get(name).cloned()
}

fn findings(diagnostics: &[Diagnostic]) -> Vec<Finding> {
    diagnostics
        .iter()
        .map(|one| Finding { path: one.path.clone(), message: one.message.clone() })
        .collect()
}

/// How a host hands a request over.
#[derive(Clone, Copy)]
struct Delivery {
    /// The size of the body's pieces.
    piece: usize,
    /// Whether a request without a body ends with its headers, or with an empty frame.
    ends_at_headers: bool,
    /// The random number of the request.
    random: u64,
}

impl Delivery {
    const ALL: [Self; 3] = [
        Self { piece: usize::MAX, ends_at_headers: true, random: 0 },
        Self { piece: 1, ends_at_headers: false, random: u64::MAX },
        Self { piece: 7, ends_at_headers: true, random: u64::MAX / 2 },
    ];
}

/// A host that remembers nothing, and on which no earlier filter has left anything.
impl Host for Delivery {
    /// A moment after the end of every key that has expired, and before that of every other: 2027-01-15.
    fn now(&self) -> SystemTime {
        let since_epoch = Duration::from_secs(1_800_000_000);
        SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap()
    }

    fn random(&self) -> u64 {
        self.random
    }

    fn property(&self, _path: &MetadataPath) -> Option<Vec<u8>> {
        None
    }

    fn shared(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    fn update_shared(&self, _key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        change(&[]);
        true
    }
}

fn replay(
    router: Rc<Router>,
    request: &Request,
    cluster_header: &str,
    delivery: Delivery,
) -> Outcome {
    let mut exchange = Exchange::new(router);
    let end = match carry_out(&mut exchange, request, delivery) {
        Ok(rewrite) => End::Upstream(rewritten(request, cluster_header, &rewrite)),
        Err(reply) => End::Reply(answer(reply)),
    };
    if exchange.is_sent() {
        let headers = [(":status", "200")].into_iter().collect();
        exchange.respond(&headers, b"via_upstream", &delivery);
    }
    exchange.conclude(&|| envoy_llm_router::End::Complete, &delivery);
    let fields = exchange.record().fields();
    let state = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Outcome { end, filter_state: Some(state) }
}

fn carry_out(
    exchange: &mut Exchange,
    request: &Request,
    delivery: Delivery,
) -> Result<Rewrite, Reply> {
    let ends_at_headers = request.body.is_empty() && delivery.ends_at_headers;
    match exchange.begin(as_envoy_sends(request), ends_at_headers, &delivery) {
        Step::Forward(rewrite) => return Ok(rewrite),
        Step::Reply(reply) => return Err(reply),
        Step::Hold => assert!(!ends_at_headers, "held a stream that has ended: {request:?}"),
    }
    for piece in request.body.chunks(delivery.piece) {
        exchange.feed(piece)?;
    }
    exchange.finish(&delivery)
}

/// The header map as Envoy has it: names in lower case, pseudo-header fields in front.
fn as_envoy_sends(request: &Request) -> Headers {
    let pseudo = [
        (":authority", &request.authority),
        (":method", &request.method),
        (":path", &request.path),
        (":scheme", &"https".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value.clone().into_bytes()));
    let fields =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    pseudo.into_iter().chain(fields).collect()
}

/// The request after the rewrite, as Envoy would carry it out.
fn rewritten(request: &Request, cluster_header: &str, rewrite: &Rewrite) -> Upstream {
    let mut headers: Vec<(String, Vec<u8>)> = as_envoy_sends(request)
        .iter()
        .map(|(name, value)| (String::from_utf8(name.to_vec()).unwrap(), value.to_vec()))
        .collect();
    for edit in &rewrite.headers {
        match edit {
            HeaderEdit::Remove(name) => headers.retain(|(field, _)| *field != **name),
            HeaderEdit::Set(name, value) => {
                headers.retain(|(field, _)| *field != **name);
                headers.push((name.to_string(), value.clone()));
            }
        }
    }
    let mut take = |name: &str| -> Vec<String> {
        let (taken, kept) = headers.drain(..).partition(|(field, _)| field == name);
        headers = kept;
        let taken: Vec<(String, Vec<u8>)> = taken;
        taken.into_iter().map(|(_, value)| String::from_utf8(value).unwrap()).collect()
    };
    let clusters = take(cluster_header);
    let [authority, path, ..] =
        [":authority", ":path", ":method", ":scheme"].map(|name| take(name).concat());
    let mut body = request.body.clone();
    // From the last to the first, so that the places of the others still hold.
    for splice in rewrite.body.iter().rev() {
        body.splice(splice.range.clone(), splice.replacement.iter().copied());
    }
    let edits = Edits { body_written: !rewrite.body.is_empty() };
    Upstream { clusters, path, authority, headers, body, edits: Some(edits) }
}

fn answer(reply: Reply) -> vectors::Reply {
    let headers = reply
        .headers
        .into_iter()
        .map(|(name, value)| (name.into(), value.into_owned().into_bytes()))
        .collect();
    vectors::Reply { status: reply.status, headers, body: reply.body }
}
