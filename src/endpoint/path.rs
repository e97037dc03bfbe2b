//! A client's path: the endpoint, the model that it names, and the query.

mod usual;

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::percent_decode;

use super::form::{self, Form, PathModel};
use super::{Dialect, Endpoint, ModelSource, Operation};
#[cfg(feature = "cli")]
use crate::query::percent_encode;
use usual::UsualPath;

/// Where clients of other APIs look, whatever the configuration's base paths: Azure's v1 API, its older API, Cohere's v2 API,
/// of which one endpoint is the same, Gemini's own API and Bedrock's.
const BUILT_IN: [(&str, Below); 5] = [
    ("/openai/v1", Below::Everything),
    ("/openai", Below::Everything),
    ("/v2", Below::Only(Operation::Rerank)),
    (GEMINI, Below::Gemini),
    (BEDROCK, Below::Bedrock),
];

/// Where Gemini's clients look.
const GEMINI: &str = "/v1beta";

/// Where Bedrock's clients look.
const BEDROCK: &str = "/model";

/// How long a path may be, in bytes, for which an endpoint is guessed.
const LONGEST_GUESSED: usize = 64;

/// A client's path, taken apart where the rules need it. All of it is as the client sent it, but for slashes too many.
#[derive(Debug, Clone, Copy)]
pub struct RequestPath<'a> {
    /// The path without the query.
    pub path: &'a [u8],
    /// The base path that it has.
    pub front: &'a str,
    /// The base path that such requests have: the same, or the usual one where clients of other APIs look.
    pub base: &'a str,
    /// What follows the base path, without the slash: `chat/completions`.
    pub endpoint: &'a str,
    /// The model that the path names.
    pub model: Option<PathModel<'a>>,
    /// The query, without its `?`.
    pub query: Option<&'a [u8]>,
}

/// The paths under which the API lives on a listener.
#[derive(Debug, Default)]
pub struct BasePaths {
    /// Where clients look: the longest first, for one may begin another.
    fronts: Vec<Front>,
    /// The first in the configuration: what has the place of a built-in one.
    usual: Box<str>,
    /// The endpoints below those of the configuration.
    usual_paths: Vec<UsualPath>,
}

/// What a path may begin with.
#[derive(Debug)]
struct Front {
    path: Box<str>,
    /// The first byte behind its slash; `None` for the empty one.
    initial: Option<u8>,
    is_built_in: bool,
    below: Below,
}

/// What there is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    /// All endpoints but Bedrock's own.
    Everything,
    /// One endpoint.
    Only(Operation),
    /// Gemini's own, and the list of models.
    Gemini,
    /// Bedrock's own.
    Bedrock,
}

impl BasePaths {
    /// Takes the base paths, each beginning with a slash and ending without one.
    #[must_use]
    pub fn new(given: Vec<Box<str>>) -> Self {
        let usual = given.first().cloned().unwrap_or_default();
        let mut fronts: Vec<Front> = Vec::with_capacity(given.len().saturating_add(BUILT_IN.len()));
        let built_in =
            BUILT_IN.into_iter().filter(|(path, _)| !given.iter().any(|one| **one == **path));
        let front = |path: &str, is_built_in, below| {
            let (path, initial) = (path.into(), path.as_bytes().get(1).copied());
            Front { path, initial, is_built_in, below }
        };
        let mut all: Vec<Front> = built_in.map(|(path, below)| front(path, true, below)).collect();
        all.extend(given.iter().map(|path| front(path, false, Below::Everything)));
        for front in all {
            let place = fronts.partition_point(|other| other.path.len() >= front.path.len());
            fronts.insert(place, front);
        }
        let mut base_paths = Self { fronts, usual, usual_paths: Vec::new() };
        base_paths.usual_paths = base_paths.usual_paths();
        base_paths
    }

    /// The path of an endpoint, for this model where the path names it, below the first of the base paths.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn usual_path(&self, operation: Operation, model: &str) -> String {
        let native = |form: Form, front| form.path(front, &percent_encode(model), operation.path());
        match Form::native(operation) {
            Some(form @ Form::Gemini) => native(form, GEMINI),
            Some(form) => native(form, BEDROCK),
            None => [&*self.usual, "/", operation.path()].concat(),
        }
    }

    /// Takes a client's path apart; `None` if it is below no base path. Slashes too many are passed over, and so is a base
    /// path that follows another: clients add theirs to the one that they were given.
    #[must_use]
    pub fn split<'a>(&'a self, path: &'a [u8]) -> Option<RequestPath<'a>> {
        let (path, query) = match memchr(b'?', path).and_then(|end| path.split_at_checked(end)) {
            Some((path, query)) => (path, query.get(1..)),
            None => (path, None),
        };
        self.usual_parts(path, query).or_else(|| self.take_apart(path, query))
    }

    fn take_apart<'a>(
        &'a self,
        path: &'a [u8],
        query: Option<&'a [u8]>,
    ) -> Option<RequestPath<'a>> {
        let (mut front, mut rest) = self.front(std::str::from_utf8(path).ok()?)?;
        // What follows Bedrock's is a model, whatever it looks like.
        let second = self.front(rest).filter(|_| front.below != Below::Bedrock);
        if let Some((second, below)) = second.filter(|(second, _)| !second.path.is_empty()) {
            (front, rest) = (second, below);
        }
        let rest = rest.trim_matches('/');
        let named = match front.below {
            Below::Bedrock => Some(form::bedrock(rest)?),
            _ if form::is_deployment(rest) => Some(form::deployment(rest)?),
            _ => form::gemini(rest),
        };
        let (model, endpoint) = named.map_or((None, rest), |(model, rest)| (Some(model), rest));
        let is_doubled = endpoint.as_bytes().windows(2).any(|pair| pair == b"//");
        let endpoint = if is_doubled { without_doubled(endpoint) } else { endpoint };
        let is_there = match front.below {
            Below::Only(only) => only.path() == endpoint,
            Below::Gemini => model.is_some() || names_models(endpoint),
            Below::Everything | Below::Bedrock => true,
        };
        let base = if front.is_built_in { &self.usual } else { &front.path };
        let found = RequestPath { path, front: &front.path, base, endpoint, model, query };
        is_there.then_some(found)
    }

    /// The method and the path of the endpoint that is meant by a path that is none, or that has another method, as far as
    /// that can be guessed.
    #[must_use]
    pub fn nearest(&self, path: &[u8]) -> Option<String> {
        let path = std::str::from_utf8(path).ok().filter(|path| path.len() <= LONGEST_GUESSED)?;
        let endpoint = self.split(path.as_bytes()).map_or(path, |found| found.endpoint);
        let (mut nearest, mut least) = (None, usize::MAX);
        let usual = Operation::ALL.into_iter().filter(|one| Form::native(*one).is_none());
        let calls = usual.map(|operation| {
            let method = if operation == Operation::Realtime { "GET" } else { "POST" };
            (method, operation.path())
        });
        for (method, known) in calls.chain([("GET", "models")]) {
            let slips = strsim::osa_distance(endpoint.trim_matches('/'), known);
            if slips.saturating_mul(2) < known.len() && slips < least {
                (nearest, least) = (Some((method, known)), slips);
            }
        }
        nearest.map(|(method, known)| [method, " ", &self.usual, "/", known].concat())
    }

    /// The longest base path that a path begins with, and what follows.
    fn front<'p>(&self, path: &'p str) -> Option<(&Front, &'p str)> {
        // Every request asks this twice, and mostly it is none of them.
        let initial = path.bytes().find(|byte| *byte != b'/');
        let mut possible =
            self.fronts.iter().filter(|front| front.initial.is_none_or(|own| Some(own) == initial));
        possible.find_map(|front| Some((front, below(path, &front.path)?)))
    }
}

/// What follows `base` in `path`, from its slash on, however many slashes there are between segments. Every request asks
/// this of every base path, so it goes over the bytes once.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let bytes = path.as_bytes();
    let mut at: usize = 0;
    for expected in base.bytes() {
        if bytes.get(at) != Some(&expected) {
            return None;
        }
        at = at.saturating_add(1);
        while expected == b'/' && bytes.get(at) == Some(&b'/') {
            at = at.saturating_add(1);
        }
    }
    // A base path ends where a segment does: before a slash or, of the empty one, at the beginning.
    path.get(at..).filter(|rest| rest.starts_with('/'))
}

/// The endpoint that this is but for doubled slashes; itself if there is none.
fn without_doubled(endpoint: &str) -> &str {
    let segments = || endpoint.split('/').filter(|segment| !segment.is_empty());
    let meant = Operation::ALL.into_iter().find(|one| one.path().split('/').eq(segments()));
    meant.map_or(endpoint, |operation| operation.path())
}

/// Whether this is the list of models, or one of them.
fn names_models(endpoint: &str) -> bool {
    endpoint.strip_prefix(MODELS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The list of models.
const MODELS: &str = "models";

impl<'a> RequestPath<'a> {
    /// The path as the client meant it: without slashes too many, and with one base path.
    #[must_use]
    pub fn canonical(&self) -> Cow<'a, [u8]> {
        let len = self.front.len().saturating_add(1).saturating_add(self.endpoint.len());
        match self.model {
            Some(model) => Cow::Owned(self.naming(model, model.name)),
            // It is made of these two, so there is nothing else in it.
            None if self.path.len() == len => Cow::Borrowed(self.path),
            None => Cow::Owned([self.front, "/", self.endpoint].concat().into_bytes()),
        }
    }

    /// The same with `name`, percent-encoded, in the place of the model that it has.
    #[must_use]
    pub fn naming(&self, model: PathModel<'_>, name: &str) -> Vec<u8> {
        model.form.path(self.front, name, self.endpoint).into_bytes()
    }

    /// The path of the same endpoint below the base path that such requests have.
    #[must_use]
    pub fn usual(&self) -> Cow<'a, [u8]> {
        match self.model {
            None if self.front == self.base => self.canonical(),
            _ if self.native().is_some() => self.canonical(),
            _ => Cow::Owned([self.base, "/", self.endpoint].concat().into_bytes()),
        }
    }

    /// The endpoint that a request with this method, and this `upgrade` field, is for; `None` if there is none.
    #[must_use]
    pub fn endpoint(&self, method: &[u8], upgrade: &[u8]) -> Option<Endpoint> {
        match (method, self.model) {
            (b"POST", _) => {
                let operation = self.operation().filter(|_| !self.names_model_in_query())?;
                // A session is no deployment's: there is nowhere to write its model where it has none.
                let has_session = operation.model_source() == ModelSource::JsonSession;
                (!has_session || self.model.is_none()).then_some(Endpoint::Call(operation))
            }
            (b"GET", None) if self.endpoint == MODELS => Some(Endpoint::ListModels),
            (b"GET", None) if self.names_model_in_query() => self
                .operation()
                .filter(|_| upgrade.eq_ignore_ascii_case(b"websocket"))
                .map(Endpoint::Call),
            (b"GET", None) => {
                let name = self.endpoint.strip_prefix("models/").filter(|name| !name.is_empty())?;
                Some(Endpoint::RetrieveModel(decoded(name)?))
            }
            _ => None,
        }
    }

    /// Whether this is an endpoint, but none whose connections are upgraded.
    #[must_use]
    pub fn has_no_upgrade(&self) -> bool {
        !self.names_model_in_query() && self.operation().is_some()
    }

    /// The endpoint that this is the path of. Those of other APIs are at paths of their own form alone.
    fn operation(&self) -> Option<Operation> {
        let found = Operation::at(self.endpoint)?;
        (Form::native(found) == self.native()).then_some(found)
    }

    /// The form of the path, if it is that of an API of its own.
    #[must_use]
    pub fn native(&self) -> Option<Form> {
        self.model.map(|model| model.form).filter(|form| form.is_native())
    }

    /// Whether requests for this path have no body, and name their model in the query.
    #[must_use]
    pub fn names_model_in_query(&self) -> bool {
        self.endpoint == Operation::Realtime.path()
    }

    /// Whether requests for this path may ask for the tokens of a stream.
    #[must_use]
    pub fn has_stream_options(&self) -> bool {
        [Operation::ChatCompletions, Operation::Completions]
            .iter()
            .any(|operation| operation.path() == self.endpoint)
    }

    /// The model that the path names; `None` in the outer `Option` if it names none.
    #[must_use]
    pub fn model_in_path(&self) -> Option<Option<String>> {
        self.model.map(|model| decoded(model.name))
    }

    /// The shape of errors for this path.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match (self.native(), self.endpoint.strip_prefix("messages")) {
            (Some(Form::Bedrock), _) => Dialect::Amazon,
            (Some(_), _) => Dialect::Google,
            _ if self.front == GEMINI && self.base != GEMINI => Dialect::Google,
            (None, Some(rest)) if rest.is_empty() || rest.starts_with('/') => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        }
    }
}

fn decoded(name: &str) -> Option<String> {
    percent_decode(name.as_bytes()).decode_utf8().ok().map(|name| name.into_owned())
}
