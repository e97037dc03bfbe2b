//! Whose host goes along with a credential: never the client's, unless the configuration says so.
//!
//! With `auto_sni` the host is also the name in TLS, and with `auto_san_validation` the one whose certificate is accepted. A
//! client that chose it could have the credential sent to a server of its own.

use super::Builder;
use crate::config::compile::entries;
use crate::config::report::Report;
use crate::provider::Authority;

/// What is written as the `authority` to have the client's host sent.
pub const WRITTEN: &str = "client";

impl Builder<'_, '_> {
    /// Refuses that a credential goes along with the client's host, or warns where the configuration says that it may.
    /// `is_clients` says that what would carry the credential is sent with the client's host.
    pub(super) fn check_host(&self, is_clients: bool, report: &mut Report) {
        if !is_clients || !self.may_send_credentials() {
            return;
        }
        let at = self.at.key("authority");
        if self.provider.authority.is_some() {
            return report.warn(
                at,
                "the client chooses the host that a credential goes along with; with `auto_sni` it also chooses \
                 whose certificate is accepted",
            );
        }
        // An unknown kind, and what other kinds lack for their hosts, were reported.
        let is_reported = match self.kind {
            Some(kind) => kind.authority != Authority::AsSent,
            None => self.provider.kind.is_some(),
        };
        if !is_reported {
            report.error(
                at,
                "a credential goes along, so the host must be written here; `authority: client` sends the client's, \
                 whatever that is",
            );
        }
    }

    /// Whether there is a credential for this provider, or callers bring some.
    fn may_send_credentials(&self) -> bool {
        let is_own = |owner: &Option<String>| owner.as_deref() == Some(self.name);
        let mut credentials = entries(&self.raw.credentials);
        self.provider.client_credentials == Some(true)
            || credentials.any(|(_, credential)| is_own(&credential.provider))
    }
}
