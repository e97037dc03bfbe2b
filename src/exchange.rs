//! One request, from its headers to what is sent upstream or answered.
//!
//! This is the filter without Envoy: the host's callbacks become calls, and what is to be done to the request comes
//! back as data. So the whole of it runs in tests on any machine.

mod admission;
mod record;
mod rewrite;

use std::mem;
use std::rc::Rc;
use std::time::SystemTime;

use crate::endpoint::{Dialect, Endpoint, Operation};
use crate::header::{HeaderEdit, Headers};
use crate::json::{self, Keep, Kind, Scanner, Watch};
use crate::provider::RequestPath;
use crate::reject::{InvalidModel, Quoted, Reject, Reply};
use crate::router::Router;
use crate::team::Caller;

pub use record::Record;
pub use rewrite::{Rewrite, Splice};

/// What is to be done with a request after its headers.
#[derive(Debug)]
pub enum Step {
    /// Hold the headers, and feed the body.
    Hold,
    /// Send it on at once, so changed.
    Forward(Rewrite),
    /// Answer it.
    Reply(Reply),
}

/// One request on its way through the router.
pub struct Exchange {
    router: Rc<Router>,
    stage: Stage,
    dialect: Dialect,
    record: Record,
}

enum Stage {
    /// The headers have not come, or the request is done with.
    Idle,
    /// The body is coming.
    Held(Box<Held>),
}

struct Held {
    caller: Caller,
    operation: Operation,
    headers: Headers,
    scanner: Scanner,
}

/// The members of a body that decide something.
const WATCHED: &[Watch] = &[Watch { name: MODEL, keep: Keep::Value }];
const MODEL: &str = "model";

impl Exchange {
    /// A request that is about to come.
    #[must_use]
    pub fn new(router: Rc<Router>) -> Self {
        Self { router, stage: Stage::Idle, dialect: Dialect::default(), record: Record::default() }
    }

    /// Takes the headers: finds the endpoint, then the caller, then whether the body can be taken at all.
    /// `end_of_stream` says that there is no body.
    pub fn begin(&mut self, headers: Headers, end_of_stream: bool, now: SystemTime) -> Step {
        match self.admit(headers, end_of_stream, now) {
            Ok(step) => step,
            Err(reject) => Step::Reply(self.reject(&reject)),
        }
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// The answer to give instead of waiting for the rest: the body is too large, or is no JSON already.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Reply> {
        let Stage::Held(held) = &mut self.stage else {
            return Ok(());
        };
        let limit = self.router.settings.max_body_bytes;
        let taken = if held.scanner.scanned().saturating_add(piece.len()) > limit {
            Err(Reject::RequestTooLarge { limit })
        } else {
            held.scanner.feed(piece).map_err(invalid_body)
        };
        taken.map_err(|reject| self.reject(&reject))
    }

    /// Ends the body: resolves the model, chooses target and credential. `random` decides between targets of equal
    /// rank.
    ///
    /// # Errors
    ///
    /// The answer to give.
    pub fn finish(&mut self, random: u64) -> Result<Rewrite, Reply> {
        let Stage::Held(held) = mem::replace(&mut self.stage, Stage::Idle) else {
            return Err(self.reject(&Reject::Internal));
        };
        self.complete(*held, random).map_err(|reject| self.reject(&reject))
    }

    /// The answer for a host that refused what it never should.
    pub fn fail(&mut self) -> Reply {
        self.reject(&Reject::Internal)
    }

    /// Whether the body is still being waited for.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Held(_))
    }

    /// How much of the body was fed, in bytes.
    #[must_use]
    pub fn scanned(&self) -> usize {
        match &self.stage {
            Stage::Held(held) => held.scanner.scanned(),
            Stage::Idle => 0,
        }
    }

    /// What became of the request so far, for logs.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    fn admit(
        &mut self,
        headers: Headers,
        end_of_stream: bool,
        now: SystemTime,
    ) -> Result<Step, Reject> {
        let router = Rc::clone(&self.router);
        let path = split(&router, &headers);
        let method = headers.first(":method").unwrap_or_default();
        self.dialect = path.map_or(Dialect::default(), |path| path.dialect());
        let Some(endpoint) = path.and_then(|path| path.endpoint(method)) else {
            return self.other_path(&headers);
        };
        let caller = router.identify(&headers, now)?;
        self.record.caller(&caller);
        let operation = match endpoint {
            Endpoint::Call(operation) => operation,
            Endpoint::ListModels => return Ok(self.answer(&router.list_models(&caller))),
            Endpoint::RetrieveModel(name) => {
                self.record.model = Some(Quoted::new(&name));
                return Ok(self.answer(&router.describe_model(&caller, &name)?));
            }
        };
        admission::check_body(&headers, router.settings.max_body_bytes)?;
        let scanner = Scanner::new(WATCHED);
        if end_of_stream {
            // There is no body, which is no JSON either; the scanner knows how to say so.
            return Err(scanner.finish().map_or_else(invalid_body, |_| Reject::MissingModel));
        }
        self.stage = Stage::Held(Box::new(Held { caller, operation, headers, scanner }));
        Ok(Step::Hold)
    }

    /// A path that is no endpoint: nothing of it is this filter's, except that it may not choose a cluster.
    fn other_path(&mut self, headers: &Headers) -> Result<Step, Reject> {
        let settings = &self.router.settings;
        if !settings.pass_other_paths {
            let path = headers.first(":path").unwrap_or_default();
            return Err(Reject::UnknownEndpoint {
                method: Quoted::bytes(headers.first(":method").unwrap_or_default()),
                path: Quoted::bytes(path.split(|byte| *byte == b'?').next().unwrap_or_default()),
            });
        }
        let forged = headers.first(&settings.cluster_header).is_some();
        let headers = if forged {
            vec![HeaderEdit::Remove(settings.cluster_header.to_string())]
        } else {
            Vec::new()
        };
        Ok(Step::Forward(Rewrite { headers, body: None }))
    }

    fn complete(&mut self, held: Held, random: u64) -> Result<Rewrite, Reject> {
        let Held { caller, operation, headers, scanner } = held;
        let body = scanner.finish().map_err(invalid_body)?;
        let member = body.member(MODEL).ok_or(Reject::MissingModel)?;
        let model = model_name(member).map_err(Reject::InvalidModel)?;
        self.record.model = Some(Quoted::new(&model));
        let decision = self.router.route(&caller, operation, &model, random)?;
        let splice = (model != decision.upstream_model)
            .then(|| Splice::of_string(member.value.clone(), &decision.upstream_model));
        let path = split(&self.router, &headers).ok_or(Reject::Internal)?;
        let body_len = body.len();
        let rewrite =
            rewrite::upstream(&self.router.settings, &decision, &headers, path, body_len, splice)?;
        self.record.sent(&decision);
        Ok(rewrite)
    }

    fn answer(&mut self, body: &serde_json::Value) -> Step {
        let reply = Reply::ok(body);
        self.record.code = reply.code;
        Step::Reply(reply)
    }

    fn reject(&mut self, reject: &Reject) -> Reply {
        self.stage = Stage::Idle;
        let reply = Reply::rejected(reject, self.dialect);
        self.record.code = reply.code;
        reply
    }
}

/// The request's path, if it is below one of the API's base paths.
fn split<'a>(router: &'a Router, headers: &'a Headers) -> Option<RequestPath<'a>> {
    router.settings.base_paths.split(headers.first(":path")?)
}

fn invalid_body(error: json::Error) -> Reject {
    match error.kind {
        json::ErrorKind::DuplicateMember(name) => Reject::DuplicateField(name),
        _ => Reject::InvalidJson(error),
    }
}

fn model_name(member: &json::Member) -> Result<String, InvalidModel> {
    if member.kind != Kind::String {
        return Err(InvalidModel::NotAString);
    }
    let name = member.text().map_err(|_| InvalidModel::Unprintable)?;
    if name.is_empty() {
        return Err(InvalidModel::Empty);
    }
    if name.chars().any(char::is_control) {
        return Err(InvalidModel::Unprintable);
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
