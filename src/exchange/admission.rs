//! From a request's headers to a call of a model, or to an answer at once.

use std::rc::Rc;

use super::call::{model_in, Call};
use super::{split, Exchange, Rewrite, Stage, Step};
use crate::body::BodyReader;
use crate::endpoint::{BasePaths, Dialect, Endpoint, ModelSource, Operation, RequestPath};
use crate::header::{HeaderEdit, Headers, PROVIDER_DATA_HEADERS};
use crate::host::Host;
use crate::identity::Elsewhere;
use crate::provider_data::ProviderData;
use crate::query;
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
        if self.dialect == Dialect::Anthropic {
            self.request_id = request_id(&headers);
        }
        let upgrade = headers.first("upgrade").unwrap_or_default();
        if !upgrade.is_empty() && path.is_some_and(|path| path.has_no_upgrade()) {
            // No body would come, and Envoy would not end what waits for one.
            return Err(Reject::UpgradeNotSupported { is_get: method == b"GET" });
        }
        let Some(path) = path else { return self.other_path(&headers) };
        let endpoint = path.endpoint(method, upgrade);
        let family = match endpoint {
            None if router.settings.has_resources => path.resource(method),
            Some(Endpoint::Call(Operation::Realtime)) => path.realtime_resource(),
            _ => None,
        };
        if let Some(family) = family {
            return self.admit_resource(family, headers, host).map(Step::Forward);
        }
        let Some(endpoint) = endpoint else { return self.other_path(&headers) };
        let in_query = match self.dialect {
            Dialect::Google => key_in_query(&path)?,
            _ => None,
        };
        let elsewhere = match self.dialect {
            Dialect::Google => Elsewhere::Google { in_query: in_query.as_deref() },
            _ => subprotocols(&path),
        };
        let (caller, shown_keys) = router.identify(&headers, elsewhere, host)?;
        self.record.caller(&caller);
        let client_keys = client_keys(&headers)?;
        let operation = match endpoint {
            Endpoint::Call(operation) => operation,
            Endpoint::ListModels => {
                return Ok(self.answer(&router.list_models(&caller, &client_keys)));
            }
            Endpoint::RetrieveModel(name) => {
                self.record.model = Some(Quoted::new(&name));
                return Ok(self.answer(&router.describe_model(&caller, &name, &client_keys)?));
            }
        };
        if caller.has_limits() {
            self.meet_limits(&caller, true, host)?;
        }
        if operation.model_source() == ModelSource::Query {
            let asked = model_in(path.query)?;
            let call = Call { caller, operation, headers, shown_keys, client_keys };
            return self.call(call, &asked, None, host).map(Step::Forward);
        }
        let limit = router.settings.max_body_bytes;
        let body =
            BodyReader::new(operation.model_source(), &headers, limit, &router.settings.noted)?;
        let call = Call { caller, operation, headers, shown_keys, client_keys };
        if end_of_stream {
            // There is no body; the reader tells what is wrong with that.
            let body = body.finish()?;
            return self.call_by_body(call, &body, host).map(Step::Forward);
        }
        self.stage = Stage::Held(Box::new((call, body)));
        Ok(Step::Hold)
    }

    /// A path that is no endpoint: it is not this filter's, but it may not choose a cluster.
    fn other_path(&mut self, headers: &Headers) -> Result<Step, Reject> {
        let settings = &self.router.settings;
        if !settings.pass_other_paths {
            return Err(unknown_endpoint(&settings.base_paths, headers));
        }
        let own = [&settings.subset_header, &settings.session_header];
        let headers = [&settings.cluster_header]
            .into_iter()
            .chain(own.into_iter().flatten())
            .filter(|name| headers.first(name).is_some())
            .map(|name| HeaderEdit::Remove(name.into()))
            .collect();
        Ok(Step::Forward(Rewrite { headers, body: Vec::new(), failover_context: None }))
    }
}

/// What a path that is no endpoint, or none of the caller's, is answered with.
pub(super) fn unknown_endpoint(base_paths: &BasePaths, headers: &Headers) -> Reject {
    let path = headers.first(":path").unwrap_or_default();
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    Reject::UnknownEndpoint {
        method: Quoted::bytes(headers.first(":method").unwrap_or_default()),
        path: Quoted::bytes(path),
        nearest: base_paths.nearest(path),
    }
}

/// Where else than in the configuration's fields a request for this path may show a key, if it is none of Google's.
pub(super) fn subprotocols(path: &RequestPath<'_>) -> Elsewhere<'static> {
    match path.names_model_in_query() {
        true => Elsewhere::Subprotocols,
        false => Elsewhere::Nowhere,
    }
}

/// The key in the query, where Google's clients may send it.
fn key_in_query(path: &RequestPath<'_>) -> Result<Option<Vec<u8>>, Reject> {
    let found = query::find(path.query.unwrap_or_default(), "key");
    let found = found.map_err(|_| Reject::InvalidApiKey)?;
    Ok(found.map(|pair| pair.text.into_bytes()))
}

/// The keys of its own for providers that the caller brought in headers.
pub(super) fn client_keys(headers: &Headers) -> Result<ProviderData, Reject> {
    let mut keys = ProviderData::default();
    for name in PROVIDER_DATA_HEADERS {
        for value in headers.all(name) {
            keys.add(value).map_err(Reject::InvalidProviderData)?;
        }
    }
    Ok(keys)
}

/// The request's id, if it is one that can be told in an error.
fn request_id(headers: &Headers) -> Option<Box<str>> {
    const LONGEST: usize = 64;
    let id = std::str::from_utf8(headers.first("x-request-id")?).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (id.len() <= LONGEST && id.bytes().all(is_plain)).then(|| id.into())
}
