//! From a request's headers to a call of a model, or to an answer at once.

use std::rc::Rc;

use super::body::Body;
use super::call::{model_in, Call};
use super::{split, Exchange, Rewrite, Stage, Step};
use crate::endpoint::{Carrier, Dialect, Endpoint};
use crate::header::{HeaderEdit, Headers, PROVIDER_DATA_HEADERS};
use crate::host::Host;
use crate::provider_data::ProviderData;
use crate::reject::{Quoted, Reject};

impl Exchange {
    /// Finds the endpoint, then the caller, then whether the body can be taken at all.
    pub(super) fn admit(
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
}

/// The keys that the caller brought in headers.
fn own_keys(headers: &Headers) -> Result<ProviderData, Reject> {
    let mut own = ProviderData::default();
    for value in PROVIDER_DATA_HEADERS.into_iter().flat_map(|name| headers.all(name)) {
        own.add(value).map_err(Reject::InvalidProviderData)?;
    }
    Ok(own)
}
