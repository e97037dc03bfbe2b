//! The call of a model: which model it is, and where the request goes.

use std::borrow::Cow;
use std::rc::Rc;

use super::{split, Exchange, Rewrite};
use crate::affinity::SessionHints;
use crate::body::{self, Body};
use crate::endpoint::Operation;
use crate::header::Headers;
use crate::host::Host;
use crate::identity::ShownKeys;
use crate::provider::Api;
use crate::provider_data::ProviderData;
use crate::provider_request::{ClientFields, ClientRequest};
use crate::query::{self, QueryError};
use crate::reject::{InvalidModel, Quoted, Reject};
use crate::router::ModelRequest;
use crate::team::Caller;

/// A model is called: all that is known of it before the body.
pub(super) struct Call {
    pub caller: Caller,
    pub operation: Operation,
    pub headers: Headers,
    /// The keys that the request shows.
    pub shown_keys: ShownKeys,
    /// The keys of its own for providers that the caller brought.
    pub client_keys: ProviderData,
}

impl Exchange {
    /// Calls the model that the body names, or the path.
    pub(super) fn call_by_body(
        &mut self,
        mut call: Call,
        body: &Body,
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        if let Some(json) = &body.provider_data {
            call.client_keys.add(json).map_err(Reject::InvalidProviderData)?;
        }
        let in_path = split(&self.router, &call.headers).and_then(|path| path.model_in_path());
        let asked = match (in_path, &body.layout.model) {
            // A model in the path wins over a model in the body.
            (Some(deployed), _) => {
                let deployed = deployed.ok_or(Reject::InvalidModel(InvalidModel::Unprintable))?;
                Cow::Owned(body::check_name(deployed).map_err(Reject::InvalidModel)?)
            }
            (None, Some(model)) => Cow::Borrowed(&**model),
            (None, None) => Cow::Owned(self.model_unnamed(call.operation, body)?),
        };
        if body.layout.model.is_none() && body.has_model_variant {
            return Err(Reject::DuplicateField(query::MODEL));
        }
        self.call(call, &asked, Some(body), host)
    }

    /// The model of a request that names none: what the configuration says of its endpoint.
    fn model_unnamed(&self, operation: Operation, body: &Body) -> Result<String, Reject> {
        let unnamed = match body.invalid_model {
            None => Reject::MissingModel,
            Some(InvalidModel::Null) => Reject::InvalidModel(InvalidModel::Null),
            Some(invalid) => return Err(Reject::InvalidModel(invalid)),
        };
        let model = self.router.settings.default_model(operation);
        model.map(str::to_owned).ok_or(unnamed)
    }

    /// Decides where it goes, and what is to be done to it.
    pub(super) fn call(
        &mut self,
        call: Call,
        asked: &str,
        body: Option<&Body>,
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        let Call { caller, operation, headers, shown_keys, client_keys } = call;
        self.record.model = Some(Quoted::new(asked));
        let needs_permission = body.map_or(&[][..], |body| &body.needs_permission);
        let noted = body.map_or(&[][..], |body| &body.noted);
        let request = ModelRequest {
            operation,
            asked,
            client_keys: &client_keys,
            needs_permission,
            session: Some(SessionHints { headers: &headers, members: noted }),
        };
        let decision = self.router.route(&caller, &request, host)?;
        if caller.has_limits() {
            self.meet_limits_of_model(&caller, asked, &decision, host)?;
        }
        let router = Rc::clone(&self.router);
        let client = ClientRequest {
            api: Api::of(operation),
            operation: Some(operation),
            path: split(&router, &headers).ok_or(Reject::Internal)?,
            authority: headers.first(":authority").unwrap_or_default(),
            fields: ClientFields::WithHost(&headers),
            shown_keys: &shown_keys,
            body: body.map(|body| &body.layout),
        };
        let (rewrite, sent) = self.send(&caller, decision, client, &headers, host.now())?;
        self.note_sent(sent);
        Ok(rewrite)
    }
}

/// The model that a query names, as Azure's clients do or as all others.
pub(super) fn model_in(query: Option<&[u8]>) -> Result<String, Reject> {
    let find = |name| {
        query::find(query.unwrap_or_default(), name).map_err(|error| match error {
            QueryError::Repeated => Reject::DuplicateField(query::MODEL),
            QueryError::NotText => Reject::InvalidModel(InvalidModel::Unprintable),
        })
    };
    let found = match (find(query::MODEL)?, find(query::DEPLOYMENT)?) {
        (Some(_), Some(_)) => return Err(Reject::DuplicateField(query::MODEL)),
        (model, deployment) => model.or(deployment),
    };
    body::check_name(found.ok_or(Reject::MissingModel)?.text).map_err(Reject::InvalidModel)
}
