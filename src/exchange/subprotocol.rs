//! Sub-protocols of a WebSocket, among which browsers put keys for want of other headers.

use crate::header::{HeaderEdit, Headers};
use crate::identity::{SUBPROTOCOLS, SUBPROTOCOL_KEY};
use crate::provider::Provider;

/// The changes that leave only those offers that `provider` is to see: no key, and no account of another provider.
pub fn edits(headers: &Headers, provider: &Provider) -> Vec<HeaderEdit> {
    let offers = || {
        headers
            .all(SUBPROTOCOLS)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
    };
    let is_kept =
        |offer: &&[u8]| !offer.starts_with(SUBPROTOCOL_KEY) && !is_removed(offer, provider);
    if offers().all(|offer| is_kept(&offer)) {
        return Vec::new();
    }
    let kept = offers().filter(is_kept).collect::<Vec<_>>().join(&b", "[..]);
    let name = || SUBPROTOCOLS.into();
    match kept.is_empty() {
        true => vec![HeaderEdit::Remove(name())],
        false => vec![HeaderEdit::Remove(name()), HeaderEdit::Set(name(), kept)],
    }
}

/// Whether an offer such as `openai-organization.org-1` stands for a header that the provider is not sent.
fn is_removed(offer: &[u8], provider: &Provider) -> bool {
    let name = offer.split(|byte| *byte == b'.').next().unwrap_or_default();
    std::str::from_utf8(name)
        .is_ok_and(|name| provider.removed_headers.iter().any(|pattern| pattern.matches(name)))
}
