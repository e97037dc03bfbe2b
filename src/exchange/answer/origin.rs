//! Who made a response: the provider, or Envoy and its filters.

/// Who made a response, as `response.code_details` tells (Envoy's documentation, "Response code details").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum Origin {
    /// The provider.
    Provider,
    /// Envoy, which could not reach the provider or lost the connection.
    Unreachable,
    /// Envoy, to which the provider said nothing in time.
    TimedOut,
    /// Envoy or another filter, for reasons that are not the provider's.
    Local,
}

impl Origin {
    pub fn of(details: &[u8]) -> Self {
        let is_about = |text: &str| memchr::memmem::find(details, text.as_bytes()).is_some();
        if details == b"via_upstream" {
            return Self::Provider;
        }
        if details.starts_with(b"upstream_reset_before_response_started") {
            // A full circuit breaker is this Envoy's, not the provider's.
            return if is_about("overflow") { Self::Local } else { Self::Unreachable };
        }
        match details {
            b"no_healthy_upstream" => Self::Unreachable,
            b"response_timeout"
            | b"upstream_response_timeout"
            | b"upstream_per_try_timeout"
            | b"per_try_idle_timeout"
            | b"upstream_per_try_idle_timeout"
            | b"upstream_max_stream_duration_reached" => Self::TimedOut,
            _ => Self::Local,
        }
    }

    /// How such a request ended, for metrics and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Provider => "ok",
            Self::Unreachable => "upstream_unreachable",
            Self::TimedOut => "upstream_timeout",
            Self::Local => "local_reply",
        }
    }
}
