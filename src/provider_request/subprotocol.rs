//! Sub-protocols of a WebSocket. Browsers put keys among them, since they can set no other header field.

use crate::identity::is_key_offer;

/// The offers in these values of `sec-websocket-protocol` that a provider may see: no key, and no account of OpenAI's
/// where `keeps_account` is false. `None`: all of them.
pub fn kept<'a>(
    values: impl Iterator<Item = &'a [u8]> + Clone,
    is_secret: &dyn Fn(&[u8]) -> bool,
    keeps_account: bool,
) -> Option<Vec<u8>> {
    let offers = || values.clone().flat_map(|value| value.split(|byte| *byte == b','));
    let is_kept = |offer: &&[u8]| {
        let offer = offer.trim_ascii();
        !is_key_offer(offer) && !is_secret(offer) && (keeps_account || !names_account(offer))
    };
    if offers().all(|offer| is_kept(&offer)) {
        return None;
    }
    let kept: Vec<&[u8]> = offers().filter(is_kept).map(<[u8]>::trim_ascii).collect();
    Some(kept.join(&b", "[..]))
}

/// An offer such as `openai-organization.org-1`, which stands for a header field.
fn names_account(offer: &[u8]) -> bool {
    let name = offer.split(|byte| *byte == b'.').next().unwrap_or_default();
    crate::header::OPENAI_ONLY_HEADERS
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::kept;

    /// A short one is not taken for a secret by its value alone.
    #[test]
    fn no_offer_of_a_key_is_kept_however_short_the_key() {
        let values: [&[u8]; 2] = [b"realtime, OpenAI-Insecure-Api-Key.short", b"a,b"];
        let kept = kept(values.into_iter(), &|_| false, true).unwrap();
        assert_eq!(kept, b"realtime, a, b");
    }
}
