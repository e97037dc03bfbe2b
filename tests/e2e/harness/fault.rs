//! What goes wrong at single providers.

use super::provider::Received;

/// The header in which a test says what goes wrong where: `bedrock=503 anthropic=hang`.
pub const FAULTS: &str = "x-faults";

/// What a provider does instead of answering well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers with this status.
    Status(u16),
    /// It closes the connection.
    HangUp,
    /// It says nothing, for ever.
    Hang,
}

impl Fault {
    /// What goes wrong with this request at the provider that received it.
    pub fn of(request: &Received) -> Option<Self> {
        let faults = request.header(FAULTS)?;
        let own = |fault: &&str| fault.split('=').next() == Some(&request.cluster);
        match faults.split(' ').find(own)?.split('=').nth(1)? {
            "hang-up" => Some(Self::HangUp),
            "hang" => Some(Self::Hang),
            status => Some(Self::Status(status.parse().unwrap())),
        }
    }
}
