//! A request that nobody made, to see what would become of it.

use std::rc::Rc;

use super::call::{model_in, Call};
use super::{Exchange, Rewrite};
use crate::body::BodyReader;
use crate::endpoint::{ModelSource, Operation};
use crate::header::Headers;
use crate::host::Host;
use crate::identity::ShownKeys;
use crate::provider_data::ProviderData;
use crate::query::percent_encode;
use crate::reject::{Reject, Reply};
use crate::router::Router;
use crate::team::Caller;

/// The boundary of the forms that are made up here.
const BOUNDARY: &str = "rehearsal";

impl Exchange {
    /// What would be done to a request of `caller` for the model `asked`, if nothing else were wrong with it. It goes the
    /// way of every request from the moment in which its caller is known.
    ///
    /// # Errors
    ///
    /// The answer that the caller would get.
    pub(crate) fn rehearse(
        router: &Rc<Router>,
        caller: Result<Caller, Reject>,
        operation: Operation,
        asked: &str,
        host: &dyn Host,
    ) -> Result<Rewrite, Reply> {
        // Which of several providers Envoy would try first is not known here: this is the one without a pool.
        let mut exchange = Self { uses_pools: false, ..Self::new(Rc::clone(router)) };
        let (headers, body) = request(router, operation, asked);
        exchange.dialect =
            super::split(router, &headers).map_or_else(Default::default, |path| path.dialect());
        let sent = caller.and_then(|caller| exchange.take(caller, operation, headers, &body, host));
        sent.map_err(|reject| exchange.reject(&reject))
    }

    fn take(
        &mut self,
        caller: Caller,
        operation: Operation,
        headers: Headers,
        body: &[u8],
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        let limit = self.router.settings.max_body_bytes;
        let router = Rc::clone(&self.router);
        let shown_keys = ShownKeys::default();
        let client_keys = ProviderData::default();
        let call = Call { caller, operation, headers, shown_keys, client_keys };
        let source = operation.model_source();
        if source == ModelSource::Query {
            let path = super::split(&router, &call.headers).ok_or(Reject::Internal)?;
            let asked = model_in(path.query)?;
            return self.call(call, &asked, None, host);
        }
        let mut announced = BodyReader::new(source, &call.headers, limit, &router.settings.noted)?;
        announced.feed(body)?;
        let contents = announced.finish()?;
        self.call_by_body(call, &contents, host)
    }
}

/// The least that a client could send.
fn request(router: &Router, operation: Operation, asked: &str) -> (Headers, Vec<u8>) {
    let path = router.settings.base_paths.usual_path(operation, asked);
    let (method, path, content_type, body) = match operation.model_source() {
        ModelSource::Json | ModelSource::JsonOrForm => {
            let body = serde_json::json!({"model": asked}).to_string();
            ("POST", path, "application/json".to_owned(), body)
        }
        ModelSource::GeminiPath | ModelSource::BedrockPath => {
            ("POST", path, "application/json".to_owned(), "{}".to_owned())
        }
        ModelSource::JsonSession => {
            let body = serde_json::json!({"session": {"model": asked}}).to_string();
            ("POST", path, "application/json".to_owned(), body)
        }
        ModelSource::Form => {
            let body = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{asked}\r\n--{BOUNDARY}--\r\n"
            );
            ("POST", path, format!("multipart/form-data; boundary={BOUNDARY}"), body)
        }
        ModelSource::Query => {
            ("GET", format!("{path}?model={}", percent_encode(asked)), String::new(), String::new())
        }
    };
    let length = body.len().to_string();
    let mut fields = vec![
        (":method", method),
        (":path", &*path),
        (":authority", "gateway"),
        (":scheme", "https"),
        ("authorization", "Bearer a-virtual-key"),
    ];
    if !body.is_empty() {
        fields.extend([("content-type", &*content_type), ("content-length", &*length)]);
    }
    (fields.into_iter().collect(), body.into_bytes())
}
