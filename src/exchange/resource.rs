//! A request for what is stored at a provider: it is sent on as it is, and its body is neither held nor read.

use std::rc::Rc;

use super::admission::{client_keys, subprotocols, unknown_endpoint};
use super::sending::{Sent, SentTo, ToProvider};
use super::{split, Exchange, Rewrite};
use crate::credential::Authorization;
use crate::endpoint::Resource;
use crate::header::Headers;
use crate::host::Host;
use crate::provider::Api;
use crate::provider_request::{ClientFields, ClientRequest};
use crate::reject::Reject;
use crate::router::Decision;

impl Exchange {
    /// Sends a request for a resource of this family on to a provider of its team's.
    pub(super) fn admit_resource(
        &mut self,
        family: Resource,
        headers: Headers,
        host: &dyn Host,
    ) -> Result<Rewrite, Reject> {
        let router = Rc::clone(&self.router);
        let path = split(&router, &headers).ok_or(Reject::Internal)?;
        let is_websocket = path.names_model_in_query();
        if !is_websocket && !headers.first("upgrade").unwrap_or_default().is_empty() {
            // After an upgrade nobody but the provider knows what is sent on the connection.
            let is_get = headers.first(":method") == Some(b"GET");
            return Err(Reject::UpgradeNotSupported { is_get });
        }
        let (caller, shown_keys) = router.identify(&headers, subprotocols(&path), host)?;
        self.record.caller(&caller);
        let client_keys = client_keys(&headers)?;
        let found = router.resource(&caller, family, &headers, &client_keys);
        let (provider, authorization) = found
            .unwrap_or_else(|| Err(unknown_endpoint(&router.settings.base_paths, &headers)))?;
        // A caller that has used up its tokens can still read and delete what is stored.
        let uses_model = headers.first(":method") == Some(b"POST");
        if caller.has_limits() {
            self.meet_limits(&caller, uses_model, host)?;
        }
        let with_callers_key = matches!(authorization, Authorization::CallersKey { .. });
        let decision = Decision {
            provider: Rc::clone(provider),
            upstream_model: String::new(),
            authorization,
            parameters: None,
            registered: None,
            target: None,
            failover: None,
        };
        let client = ClientRequest {
            api: Api::of_resource(family),
            operation: None,
            path,
            authority: headers.first(":authority").unwrap_or_default(),
            fields: ClientFields::WithHost(&headers),
            shown_keys: &shown_keys,
            body: None,
        };
        let rewrite = self.to_provider(&decision, client, &headers)?;
        self.record.provider = Some(Rc::clone(&decision.provider.name));
        // A resource is at one provider and nowhere else, whatever becomes of requests there.
        let (provider, price) = (decision.provider, None);
        let to = ToProvider { provider, cooldown_keys: None, with_callers_key, price };
        self.note_sent(Sent {
            has_body: headers.first(":method") != Some(b"GET"),
            is_upgrade: is_websocket,
            uses_tokens: false,
            ..Sent::new(SentTo::Provider(to), host.now(), None, client)
        });
        Ok(rewrite)
    }
}
