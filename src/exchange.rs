//! One request, from its headers to what is sent upstream, and its answer back.
//!
//! This is the filter without Envoy: the host's callbacks become calls, and what is to be done to the request comes
//! back as data. So the whole of it runs in tests on any machine.

mod admission;
mod answer;
mod body;
mod front;
mod pool;
mod record;
#[cfg(feature = "cli")]
mod rehearsal;
pub(crate) mod rewrite;
mod subprotocol;

use std::borrow::Cow;
use std::mem;
use std::rc::Rc;

use crate::endpoint::{Carrier, Dialect, Endpoint, Operation};
use crate::header::{HeaderEdit, Headers, PROVIDER_DATA_HEADERS};
use crate::host::Host;
use crate::provider::RequestPath;
use crate::provider_data::ProviderData;
use crate::query::{self, QueryError};
use crate::reject::{InvalidModel, Quoted, Reject, Reply};
use crate::router::Router;
use crate::team::Caller;

use answer::Sent;
use body::{Body, Contents};

pub use answer::Verdict;
pub use front::Front;
pub use record::Record;
pub use rewrite::{Rewrite, Splice};

/// How much of a body is read at once, in bytes; its last piece may be smaller.
const PIECE: usize = 256 * 1024;

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
    /// Whether it goes to one provider where Envoy could try several.
    alone: bool,
}

enum Stage {
    /// The headers have not come, or the request is none of the router's.
    Idle,
    /// The body is coming.
    Held(Box<(Call, Body)>),
    /// The request was sent on; its answer is coming.
    Sent(Box<Sent>),
}

/// A model is called: all that is known of it before the body.
struct Call {
    caller: Caller,
    operation: Operation,
    headers: Headers,
    own: ProviderData,
}

impl Exchange {
    /// A request that is about to come.
    #[must_use]
    pub fn new(router: Rc<Router>) -> Self {
        Self {
            router,
            stage: Stage::Idle,
            dialect: Dialect::default(),
            record: Record::default(),
            alone: false,
        }
    }

    /// Takes the headers: finds the endpoint, then the caller, then whether the body can be taken at all.
    /// `end_of_stream` says that there is no body.
    pub fn begin(&mut self, headers: Headers, end_of_stream: bool, host: &dyn Host) -> Step {
        match self.admit(headers, end_of_stream, host) {
            Ok(step) => step,
            Err(reject) => Step::Reply(self.reject(&reject)),
        }
    }

    /// Refuses a body that is too large when `len` bytes of it have come, before they are read.
    ///
    /// # Errors
    ///
    /// The answer to give.
    pub fn check_length(&mut self, len: usize) -> Result<(), Reply> {
        let limit = self.router.settings.max_body_bytes;
        match len > limit {
            true => Err(self.reject(&Reject::RequestTooLarge { limit })),
            false => Ok(()),
        }
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// The answer to give instead of waiting for the rest: the body is too large, or cannot be read already.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Reply> {
        let Stage::Held(held) = &self.stage else {
            return Ok(());
        };
        let len = held.1.scanned().saturating_add(piece.len());
        self.check_length(len)?;
        let Stage::Held(held) = &mut self.stage else {
            return Ok(());
        };
        let fed = held.1.feed(piece);
        fed.map_err(|reject| self.reject(&reject))
    }

    /// Ends the body: resolves the model, chooses target and credential.
    ///
    /// # Errors
    ///
    /// The answer to give.
    pub fn finish(&mut self, host: &dyn Host) -> Result<Rewrite, Reply> {
        let Stage::Held(held) = mem::replace(&mut self.stage, Stage::Idle) else {
            return Err(self.reject(&Reject::Internal));
        };
        let (call, body) = *held;
        body.finish()
            .and_then(|contents| self.call_by_body(call, &contents, host))
            .map_err(|reject| self.reject(&reject))
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

    /// Whether what is fed next may have to be edited, and is worth keeping for that.
    #[must_use]
    pub fn awaits_model(&self) -> bool {
        matches!(&self.stage, Stage::Held(held) if !held.1.has_model())
    }

    /// Whether the body is to be fed now that `size` bytes of it are there. Every piece costs the host a call and a copy,
    /// so it is fed in pieces of some size; never more is left to do at its end.
    #[must_use]
    pub fn is_due(&self, size: usize, end_of_stream: bool) -> bool {
        let Stage::Held(held) = &self.stage else { return false };
        let unread = size.saturating_sub(held.1.scanned());
        unread > 0 && (end_of_stream || unread >= PIECE)
    }

    /// How much of the body was fed, in bytes.
    #[must_use]
    pub fn scanned(&self) -> usize {
        match &self.stage {
            Stage::Held(held) => held.1.scanned(),
            Stage::Idle | Stage::Sent(_) => 0,
        }
    }

    /// What became of the request so far, for logs and metrics.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    fn admit(
        &mut self,
        headers: Headers,
        end_of_stream: bool,
        host: &dyn Host,
    ) -> Result<Step, Reject> {
        let router = Rc::clone(&self.router);
        let path = split(&router, &headers);
        let method = headers.first(":method").unwrap_or_default();
        self.dialect = path.map_or(Dialect::default(), |path| path.dialect());
        let upgrade = headers.first("upgrade").unwrap_or_default();
        let Some((path, endpoint)) =
            path.and_then(|path| Some((path, path.endpoint(method, upgrade)?)))
        else {
            return self.other_path(&headers);
        };
        let caller = router.identify(&headers, host)?;
        self.record.caller(&caller);
        let operation = match endpoint {
            Endpoint::Call(operation) => operation,
            Endpoint::ListModels => {
                return Ok(self.answer(&router.list_models(&caller, &own_keys(&headers)?)));
            }
            Endpoint::RetrieveModel(name) => {
                self.record.model = Some(Quoted::new(&name));
                return Ok(self.answer(&router.describe_model(
                    &caller,
                    &name,
                    &own_keys(&headers)?,
                )?));
            }
        };
        if operation.carrier() == Carrier::Query {
            let asked = model_in(path.query)?;
            let own = own_keys(&headers)?;
            let call = Call { caller, operation, headers, own };
            return self.call(call, &asked, None, host).map(Step::Forward);
        }
        let body = Body::announced(operation.carrier(), &headers, router.settings.max_body_bytes)?;
        let own = own_keys(&headers)?;
        let call = Call { caller, operation, headers, own };
        if end_of_stream {
            // There is no body; what is wrong with that the body knows to say.
            let contents = body.finish()?;
            return self.call_by_body(call, &contents, host).map(Step::Forward);
        }
        self.stage = Stage::Held(Box::new((call, body)));
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
        let headers = [Some(&settings.cluster_header), settings.subset_header.as_ref()]
            .into_iter()
            .flatten()
            .filter(|name| headers.first(name).is_some())
            .map(|name| HeaderEdit::Remove(name.into()))
            .collect();
        Ok(Step::Forward(Rewrite { headers, body: Vec::new(), mandate: None }))
    }

    fn call_by_body(
        &mut self,
        mut call: Call,
        body: &Contents,
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        if let Some(json) = &body.provider_data {
            call.own.add(json).map_err(Reject::InvalidProviderData)?;
        }
        let in_path = split(&self.router, &call.headers).and_then(|path| path.deployed_model());
        let asked = match (in_path, &body.model) {
            (None, Some(model)) => Cow::Borrowed(model),
            (None, None) => return Err(Reject::MissingModel),
            (Some(deployed), named) => {
                let deployed = deployed.ok_or(Reject::InvalidModel(InvalidModel::Unprintable))?;
                let deployed = body::check_name(deployed).map_err(Reject::InvalidModel)?;
                if named.as_ref().is_some_and(|named| *named != deployed) {
                    return Err(Reject::InvalidModel(InvalidModel::NotAsInPath));
                }
                Cow::Owned(deployed)
            }
        };
        self.call(call, &asked, Some(body), host)
    }

    fn call(
        &mut self,
        call: Call,
        asked: &str,
        body: Option<&Contents>,
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        let Call { caller, operation, headers, own } = call;
        self.record.model = Some(Quoted::new(asked));
        let decision = self.router.route(&caller, operation, asked, &own, host)?;
        let path = split(&self.router, &headers).ok_or(Reject::Internal)?;
        let settings = &self.router.settings;
        let pooled = decision.failover.as_ref().filter(|_| !self.alone).zip(body).and_then(
            |(failover, body)| {
                let rewrite = pool::to_pool(settings, failover, &caller, &headers, path, body)?;
                Some((rewrite, Rc::clone(&failover.pool)))
            },
        );
        let (rewrite, pool) = match pooled {
            Some((rewrite, pool)) => (rewrite, Some(pool)),
            None => (rewrite::upstream(settings, &decision, &headers, path, body)?, None),
        };
        let sent = Sent::new(&self.router, &caller, &decision, pool.is_some(), host.now());
        self.stage = Stage::Sent(Box::new(sent));
        self.record.sent(decision, pool);
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

/// The model that a query names.
fn model_in(query: Option<&[u8]>) -> Result<String, Reject> {
    let found =
        query::find(query.unwrap_or_default(), query::MODEL).map_err(|error| match error {
            QueryError::Repeated => Reject::DuplicateField(query::MODEL),
            QueryError::NotText => Reject::InvalidModel(InvalidModel::Unprintable),
        })?;
    body::check_name(found.ok_or(Reject::MissingModel)?.text).map_err(Reject::InvalidModel)
}

/// The keys that the caller brought in headers.
fn own_keys(headers: &Headers) -> Result<ProviderData, Reject> {
    let mut own = ProviderData::default();
    for value in PROVIDER_DATA_HEADERS.into_iter().flat_map(|name| headers.all(name)) {
        own.add(value).map_err(Reject::InvalidProviderData)?;
    }
    Ok(own)
}

#[cfg(test)]
mod tests;
