//! The ways of a request through the filter, from the outside: together they make every call that the filter can make.

use std::collections::BTreeMap;

use crate::catalogue::{KEY, OWN_KEY};
use crate::host::{Request, Stream, Trap, Vm};
use crate::role::Role;

/// One way.
pub struct Scenario {
    /// What is special about it.
    pub name: &'static str,
    /// Whose it is.
    pub role: Role,
    /// The request, and the provider's answer.
    pub request: Request,
    /// What Envoy knows of the stream beside it.
    pub properties: Vec<(&'static str, Vec<u8>)>,
    /// What other filters have left, or will have left when it matters.
    pub filter_state: BTreeMap<String, Vec<u8>>,
    /// How many of its frames come before the client is gone; `None` is all of the request and its answer.
    pub gone_after: Option<usize>,
}

impl Scenario {
    /// A request that comes in at a listener.
    pub fn new(name: &'static str, request: Request) -> Self {
        Self {
            name,
            role: Role::Listener,
            request,
            properties: Vec::new(),
            filter_state: BTreeMap::new(),
            gone_after: None,
        }
    }

    /// The stream, before anything has happened to it.
    pub fn stream(&self) -> Stream {
        let mut stream = Stream::new(self.request.headers.clone());
        for (path, value) in &self.properties {
            stream.properties.insert(path.replace('/', "\0").into(), value.clone());
        }
        stream.filter_state = self.filter_state.clone();
        stream
    }

    /// Takes the stream from its beginning to its end; it is left with the host to be looked at.
    pub fn play(&self, vm: &mut Vm) -> Result<u32, Trap> {
        let context = vm.open(self.stream())?;
        match self.gone_after {
            None => vm.conduct(context, &self.request)?,
            Some(frames) => {
                vm.request_headers(context, false)?;
                for frame in &self.request.body[..frames] {
                    vm.request_body(context, frame, false)?;
                }
            }
        }
        vm.close(context)?;
        Ok(context)
    }
}

const CHAT: &str = "/v1/chat/completions";
const BODY: &[u8] = br#"{"messages": [{"role": "user", "content": "hello"}], "model": "big"}"#;

/// One at which nothing is special.
pub fn usual() -> Scenario {
    Scenario::new("a call", Request::post(CHAT, KEY, br#"{"model": "big"}"#))
}

/// A call whose model stands so deep in its body that the edit goes through all that precedes it, piece by piece.
pub fn deep(model: &str) -> Request {
    let content = "x".repeat(300_000);
    let body = format!(
        r#"{{"messages": [{{"role": "user", "content": "{content}"}}], "model": "{model}"}}"#
    );
    Request::post(CHAT, KEY, body.as_bytes()).in_frames(200_000)
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let chat = || Request::post(CHAT, KEY, BODY);
    let mut all = vec![
        Scenario::new("a body in one frame", chat()),
        Scenario::new("a body in frames", chat().in_frames(20)),
        Scenario::new(
            "a chosen model that is not registered",
            Request::post(CHAT, KEY, br#"{"model": "one/x"}"#),
        ),
        Scenario::new("an unknown model", Request::post(CHAT, KEY, br#"{"model": "small"}"#)),
        Scenario::new("an unknown key", Request::post(CHAT, "vk-nobody", BODY)),
        Scenario::new("no JSON", Request::post(CHAT, KEY, b"{\"model\": oops")),
        Scenario::new("an unknown path", Request::post("/v2", KEY, BODY)),
        Scenario::new("a list of models", Request::new("GET", "/v1/models", KEY)),
        Scenario::new("one model", Request::new("GET", "/v1/models/big", KEY)),
        Scenario::new(
            "a WebSocket",
            Request::new("GET", "/v1/realtime?model=big", KEY)
                .with("upgrade", "websocket")
                .with("connection", "upgrade"),
        ),
        Scenario::new(
            "the caller's own key in a header",
            Request::post(CHAT, KEY, br#"{"model": "one/x"}"#)
                .with("x-llm-provider-data", &format!(r#"{{"one_api_key": "{OWN_KEY}"}}"#)),
        ),
    ];
    let data = format!(
        r#"{{"model": "one/x", "n": 1, "provider_data": {{"one": {{"api_key": "{OWN_KEY}"}}}}}}"#
    );
    // The beginning of the body is read again for it.
    all.push(Scenario::new(
        "the caller's own key behind the model",
        Request::post(CHAT, KEY, data.as_bytes()).in_frames(22),
    ));
    all.push(Scenario::new("a form", form()));
    all.push(Scenario::new("a model deep in a large body", deep("big")));
    for (name, details) in [
        ("a pool", "via_upstream"),
        ("a pool whose filter refused", "llm_router_attempt_refused"),
        ("a pool without the filter", "filter_removed_required_request_headers{missing}"),
    ] {
        let pair = Request::post(CHAT, KEY, br#"{"messages": [], "model": "pair"}"#);
        let mut pool = Scenario::new(name, pair);
        pool.properties.push(("response/code_details", details.into()));
        pool.filter_state.insert("llm_router.providers_tried".into(), b"one,two".to_vec());
        all.push(pool);
    }

    let mut trailers = chat().in_frames(30);
    trailers.trailers = true;
    all.push(Scenario::new("trailers", trailers));
    let mut empty = chat();
    empty.body.push(Vec::new());
    all.push(Scenario::new("an empty last frame", empty));

    for (name, status) in [
        ("a refused credential", "401"),
        ("a provider at its limit", "429"),
        ("no provider", "503"),
    ] {
        let mut refused = chat();
        refused.answer_headers[0].1 = status.into();
        let flags = ("response/flags", 0x20_u64.to_le_bytes().to_vec());
        all.push(Scenario { properties: vec![flags], ..Scenario::new(name, refused) });
    }
    let mut events = chat();
    events.answer_headers[1].1 = b"text/event-stream".to_vec();
    events.answer = vec![
        b"data: {\"choices\": []}\n\n".to_vec(),
        b"data: {\"usage\": {\"prompt_tokens\": 3, \"completion_tokens\": 4}}\n\n".to_vec(),
        Vec::new(),
    ];
    all.push(Scenario::new("an answer in events", events));

    let path = |field| {
        ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "jwt_payload", field]
            .join("/")
    };
    let appointed = [
        (path("team"), b"red".to_vec()),
        (path("roles"), b"\x01\0\0\0\x04\0\0\0\0\0\0\0a\0\0\0".to_vec()),
    ];
    let properties = appointed.map(|(path, value)| (&*String::leak(path), value)).to_vec();
    all.push(Scenario {
        properties,
        ..Scenario::new("a team that an earlier filter has found", chat())
    });

    let sizes = vec![("request/total_size", 5_000_u64.to_le_bytes().to_vec())];
    all.push(Scenario {
        properties: sizes,
        gone_after: Some(0),
        ..Scenario::new("a body that never comes in", chat())
    });
    all.push(Scenario {
        gone_after: Some(2),
        ..Scenario::new("a client that leaves", chat().in_frames(20))
    });
    all
}

fn form() -> Request {
    let body = b"--frontier\r\ncontent-disposition: form-data; name=\"model\"\r\ncontent-length: 3\r\n\r\nbig\r\n\
        --frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--frontier--\r\n";
    let mut form = Request::post("/v1/audio/transcriptions", KEY, body);
    form.headers.retain(|(name, _)| name != b"content-type");
    form.with("content-type", "multipart/form-data; boundary=frontier")
}
