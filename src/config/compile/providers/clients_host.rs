//! Whose host goes along with a credential: never the client's, unless the configuration says so.
//!
//! With `auto_sni` the host is also the name in TLS, and with `auto_san_validation` the one whose certificate is accepted. A
//! client that chose it could have the credential sent to a server of its own.

use super::Builder;
use crate::config::compile::entries;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::provider::Authority;

/// A place that a credential is sent to with the client's host.
pub struct ClientsHost<'a> {
    /// Where the configuration could write the host.
    pub at: At<'a>,
    /// Whether it says `authority: client`.
    pub is_written: bool,
}

impl Builder<'_, '_> {
    /// Refuses that a credential goes along with the client's host, or warns where the configuration says that it may. One
    /// finding of each sort will do: the provider's own host is that of its APIs too.
    pub(super) fn check_hosts(&self, found: &[ClientsHost<'_>], report: &mut Report) {
        if !self.may_send_credentials() {
            return;
        }
        let first = |is_written| found.iter().find(|place| place.is_written == is_written);
        // An unknown kind, and what other kinds lack for their hosts, were reported.
        let has_none = match self.kind {
            Some(kind) => kind.authority == Authority::AsSent,
            None => self.provider.kind.is_none(),
        };
        if has_none {
            if let Some(place) = first(false) {
                report.error(
                    place.at.key("authority"),
                    "a credential goes along, so the host must be written here; \
                     `authority: client` sends the client's, whatever that is",
                );
            }
        }
        if let Some(place) = first(true) {
            report.warn(
                place.at.key("authority"),
                "the client chooses the host that a credential goes along with; with `auto_sni` it also chooses \
                 whose certificate is accepted",
            );
        }
    }

    /// Whether there is a credential for this provider, or callers bring some.
    fn may_send_credentials(&self) -> bool {
        let is_own = |owner: &Option<Text>| owner.as_deref() == Some(self.name);
        let mut credentials = entries(&self.raw.credentials);
        self.provider.client_credentials == Some(true)
            || credentials.any(|(_, credential)| is_own(&credential.provider))
    }
}
