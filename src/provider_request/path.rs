//! The path and the query that a provider is sent.

use std::borrow::Cow;

use crate::endpoint::{Form, RequestPath};
use crate::identity::ShownKeys;
use crate::provider::PathRule;
use crate::query::{self, ModelPair};
use crate::reject::{InvalidModel, Reject};

/// The `:path` of a request to a provider that wants paths by `rule`, for its model `model`.
pub fn provider_path<'a>(
    rule: &PathRule,
    sent: RequestPath<'a>,
    shown_keys: &ShownKeys,
    model: &str,
) -> Result<Cow<'a, [u8]>, Reject> {
    let query = sent.query.and_then(|query| {
        let keeps_name = *rule == PathRule::AsSent;
        // A request for a resource has no model.
        let model = Some(model).filter(|name| sent.names_model_in_query() && !name.is_empty());
        let model = model.map(|model| ModelPair { model, keeps_name });
        query::rewritten(query, model, &|name, value| {
            // A provider that has the model in its path does not get it in the query as well.
            let is_models = model.is_some() && query::is_model(name);
            let is_named = is_models && rule.names_the_model(sent);
            is_forwardable(sent, shown_keys, name, value) && !rule.sets_query(name) && !is_named
        })
    });
    let path = rule
        .rewrite(sent, query.as_deref(), model)
        .map_err(|_| Reject::InvalidModel(InvalidModel::UnsafeInPath))?;
    Ok(path)
}

/// The client's path and query without what no provider is sent.
#[must_use]
pub fn forwardable_path(sent: RequestPath<'_>, shown_keys: &ShownKeys) -> Vec<u8> {
    let query = sent.query.and_then(|query| {
        query::rewritten(query, None, &|name, value| is_forwardable(sent, shown_keys, name, value))
    });
    match query {
        Some(query) => [sent.path, b"?", &query].concat(),
        None => sent.path.to_vec(),
    }
}

/// Pairs in which clients send keys to some provider or gateway; none of them is ever forwarded.
const CREDENTIALS: [&[u8]; 6] =
    [b"key", b"api_key", b"api-key", b"apikey", b"access_token", b"token"];

/// Whether any provider may see this pair of the client's query.
fn is_forwardable(
    sent: RequestPath<'_>,
    shown_keys: &ShownKeys,
    name: &[u8],
    value: &[u8],
) -> bool {
    match sent.native() {
        None => {}
        // What Google's servers read there can leave out the tokens (`fields`), hide them (`alt=proto`) or choose another method
        // (cloud.google.com/apis/docs/system-parameters). Clients need nothing but the format of a stream.
        Some(Form::Gemini) => {
            let is_format = [&b"alt"[..], b"$alt"].contains(&name);
            return is_format && (value == b"sse" || value.starts_with(b"json"));
        }
        Some(_) => return false,
    }
    let is_credential = CREDENTIALS.iter().any(|known| name.eq_ignore_ascii_case(known));
    // The version of Azure's API was for this filter, which speaks to providers in theirs.
    let is_version = name.eq_ignore_ascii_case(b"api-version");
    !is_credential && !is_version && !shown_keys.are_in(name) && !shown_keys.are_in(value)
}
