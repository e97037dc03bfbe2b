//! The router that the properties are about, and the world around it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use envoy_llm_router::{
    Exchange, HeaderEdit, Headers, Host, MetadataPath, Rewrite, Router, Splice, Step,
};
use serde_json::json;

/// The caller's virtual key.
pub const KEY: &str = "vk-Zq81";
/// The team's credential for the provider `p`.
pub const CREDENTIAL: &str = "sk-Wm27";
/// The most bytes that a body may have.
pub const LIMIT: usize = 1 << 16;
/// What the registered model `m` is called by its provider: a name that has to be escaped.
pub const UPSTREAM: &str = "n/\"\\ü";

/// What the target of the model `e` gives where it is missing or null, what it sets, and what it leaves out.
pub const DEFAULT: (&str, u32) = ("max_tokens", 7);
pub const SET: (&str, f64) = ("seed", 0.5);
pub const REMOVED: &str = "user";

/// A router with one provider `p` that also takes callers' own keys, a model `m`, and a model `e` whose target changes
/// further members.
pub fn router() -> Rc<Router> {
    thread_local! {
        static ROUTER: Rc<Router> = {
            let configuration = json!({
                "providers": {
                    "p": {"cluster": "p", "authority": "p.example", "client_credentials": true, "headers": {"x-set": "1"}},
                },
                "models": {
                    "m": {"targets": [{"provider": "p", "model": UPSTREAM}]},
                    "e": {"targets": [{"provider": "p", "model": UPSTREAM, "parameters": {
                        "default": {DEFAULT.0: DEFAULT.1}, "set": {SET.0: SET.1}, "remove": [REMOVED],
                    }}]},
                },
                "credentials": {"c": {"provider": "p", "value": CREDENTIAL}},
                "teams": {"t": {
                    "keys": [{"id": "k", "env": "KEY"}], "models": ["*"], "credentials": ["c"],
                }},
                "max_body_bytes": LIMIT,
            });
            let environment = |_: &str| Some(KEY.to_owned());
            let loaded =
                Router::from_configuration(configuration.to_string().as_bytes(), &environment);
            Rc::new(loaded.expect("the configuration").router)
        };
    }
    ROUTER.with(Rc::clone)
}

/// What a model of this name is called where it is sent; `None` if there is no such model.
pub fn upstream_name(asked: &str) -> Option<&str> {
    match asked {
        "m" | "m:p" | "e" | "e:p" => Some(UPSTREAM),
        asked => asked.strip_prefix("p/").filter(|rest| !rest.is_empty() && !rest.starts_with('/')),
    }
}

/// The header fields of a call, and those that are added.
pub fn call<'a>(path: &'a str, further: &[(&'a str, &'a [u8])]) -> Headers {
    let key = ["Bearer ", KEY].concat();
    let usual: [(&str, &[u8]); 3] =
        [(":method", b"POST"), (":path", path.as_bytes()), ("authorization", key.as_bytes())];
    usual.iter().chain(further).copied().collect()
}

/// An exchange whose headers are held.
pub fn held(headers: Headers) -> Exchange {
    let mut exchange = Exchange::new(router());
    let step = exchange.begin(headers, false, &Still::default());
    assert!(matches!(step, Step::Hold), "{step:?}");
    exchange
}

/// A world in which nothing happens by itself.
#[derive(Debug, Default)]
pub struct Still {
    /// Seconds since 1970.
    pub now: u64,
    /// What every property is.
    pub property: Option<Vec<u8>>,
    /// What all workers remember.
    pub shared: RefCell<HashMap<String, Vec<u8>>>,
}

impl Host for Still {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.now)
    }

    fn random(&self) -> u64 {
        self.now
    }

    fn property(&self, _path: &MetadataPath) -> Option<Vec<u8>> {
        self.property.clone()
    }

    fn shared(&self, key: &str) -> Option<Vec<u8>> {
        self.shared.borrow().get(key).cloned()
    }

    fn update_shared(&self, key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        let before = self.shared(key).unwrap_or_default();
        if let Some(after) = change(&before) {
            self.shared.borrow_mut().insert(key.to_owned(), after);
        }
        true
    }
}

/// The body after these edits, done in the plainest way.
pub fn edited(body: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut new = Vec::new();
    let mut at = 0;
    for splice in splices {
        assert!(at <= splice.range.start && splice.range.start <= splice.range.end, "{splices:?}");
        new.extend_from_slice(&body[at..splice.range.start]);
        new.extend_from_slice(&splice.replacement);
        at = splice.range.end;
    }
    new.extend_from_slice(&body[at..]);
    new
}

/// The values that a field is set to.
pub fn set<'a>(rewrite: &'a Rewrite, wanted: &str) -> Vec<&'a [u8]> {
    let of = |edit: &'a HeaderEdit| match edit {
        HeaderEdit::Set(name, value) if name == wanted => Some(&**value),
        _ => None,
    };
    rewrite.headers.iter().filter_map(of).collect()
}

/// What holds for whatever is sent to `p`: its credential and no other key, its cluster, the length of `body`.
pub fn check_sent(rewrite: &Rewrite, credential: &str, body: Option<&[u8]>) {
    let bearer = format!("Bearer {credential}");
    assert_eq!(set(rewrite, "authorization"), [bearer.as_bytes()]);
    assert_eq!(set(rewrite, "x-llm-cluster"), [b"p"]);
    assert_eq!(set(rewrite, "x-set"), [b"1"]);
    for edit in &rewrite.headers {
        let HeaderEdit::Set(name, value) = edit else { continue };
        let told = String::from_utf8_lossy(value);
        // What a caller brings as its own key is sent, whatever it holds.
        assert!(!told.contains(KEY) || told == bearer, "{name} tells the virtual key");
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name}: {told:?}");
    }
    let told = set(rewrite, "content-length");
    match body {
        Some(body) if !rewrite.body.is_empty() => {
            assert_eq!(told, [body.len().to_string().as_bytes()]);
        }
        _ => assert!(told.is_empty()),
    }
}
