//! What the listener's filter hears of a pool.

use super::attempt::REFUSED;
use super::host::{self, Refused};
use crate::exchange::Exchange;
use crate::failover::state::TRIED;
use crate::reject::Reply;

/// Takes over which providers were tried, if the request was sent to a pool. Where none was, because the pool's filter refused or there is none, this is the
/// answer to give.
pub fn end(exchange: &mut Exchange, details: &[u8]) -> Option<Reply> {
    exchange.pool()?;
    catch_up(exchange);
    if details == REFUSED.as_bytes() {
        return Some(exchange.fail());
    }
    if details.starts_with(NOT_SENT) {
        log::error!(
            "failover: the pool {:?} has no filter with the root_id `llm_router_upstream` in its http_filters, so \
             nothing was sent",
            exchange.pool().unwrap_or_default()
        );
        return Some(exchange.fail());
    }
    None
}

/// Takes over which providers were tried, if the request was sent to a pool.
pub fn catch_up(exchange: &mut Exchange) {
    if exchange.pool().is_some() {
        let tried = host::filter_state(TRIED).ok().flatten().unwrap_or_default();
        exchange.note_tried(&tried);
    }
}

/// Tells the client which providers were tried, where that is configured. What a provider says there is not believed.
pub fn tell_client(exchange: &Exchange) -> Result<(), Refused> {
    match exchange.tried_field() {
        Some((name, value)) => host::set_response_header(name, value.as_bytes()),
        None => Ok(()),
    }
}

/// What Envoy says of a request that it must not send: here, one that still has the guard.
const NOT_SENT: &[u8] = b"filter_removed_required_request_headers";
