//! The call of a model: what is decided of it, once it is known which.

use std::borrow::Cow;

use super::answer::Sent;
use super::body::{self, Contents};
use super::{pool, rewrite, split, Exchange, Rewrite, Stage};
use crate::endpoint::Operation;
use crate::header::Headers;
use crate::host::Host;
use crate::provider_data::ProviderData;
use crate::query::{self, QueryError};
use crate::reject::{InvalidModel, Quoted, Reject};
use crate::team::Caller;

/// A model is called: all that is known of it before the body.
pub(super) struct Call {
    pub caller: Caller,
    pub operation: Operation,
    pub headers: Headers,
    pub own: ProviderData,
}

impl Exchange {
    /// Calls the model that the body names, or the path.
    pub(super) fn call_by_body(
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

    /// Decides where it goes, and what is to be done to it.
    pub(super) fn call(
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
        let pooled = match body {
            Some(body) if !self.alone => {
                pool::to_pool(settings, &decision, &caller, &headers, path, body)
            }
            _ => None,
        };
        let (rewrite, pool) = match pooled {
            Some((rewrite, pool)) => (rewrite, Some(pool)),
            None => (rewrite::upstream(settings, &decision, &headers, path, body)?, None),
        };
        let sent = Sent::new(&self.router, &caller, &decision, pool.is_some(), host.now());
        self.stage = Stage::Sent(Box::new(sent));
        self.record.sent(decision, pool);
        Ok(rewrite)
    }
}

/// The model that a query names.
pub(super) fn model_in(query: Option<&[u8]>) -> Result<String, Reject> {
    let found =
        query::find(query.unwrap_or_default(), query::MODEL).map_err(|error| match error {
            QueryError::Repeated => Reject::DuplicateField(query::MODEL),
            QueryError::NotText => Reject::InvalidModel(InvalidModel::Unprintable),
        })?;
    body::check_name(found.ok_or(Reject::MissingModel)?.text).map_err(Reject::InvalidModel)
}
