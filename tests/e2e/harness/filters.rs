//! Envoy's own filters, as tests put them beside this one.

use super::answers::FAIL_WITH;
use serde_json::{json, Value};

/// Answers every request but the first with 429, and a `retry-after` that no provider gave.
pub fn local_rate_limit() -> Value {
    json!({
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "limited",
            "token_bucket": {"max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "3600s"},
            "filter_enabled": {"default_value": {"numerator": 100}},
            "filter_enforced": {"default_value": {"numerator": 100}},
            "response_headers_to_add": [{"header": {"key": "retry-after", "value": "3600"}}],
        },
    })
}

/// Answers every request with 403.
pub fn rbac() -> Value {
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": {"action": "DENY", "policies": {"all": {
                "permissions": [{"any": true}], "principals": [{"any": true}],
            }}},
        },
    })
}

/// Answers every request with 503.
pub fn fault() -> Value {
    json!({
        "name": "envoy.filters.http.fault",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "abort": {"http_status": 503, "percentage": {"numerator": 100}},
        },
    })
}

/// Asks a service over HTTP, that of this cluster; a provider answers with the status that the request says, or 200.
pub fn ext_authz(cluster: &str) -> Value {
    json!({
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "allowed_headers": {"patterns": [{"exact": FAIL_WITH}]},
            "http_service": {
                "server_uri": {"uri": "http://site", "cluster": cluster, "timeout": "10s"},
                "path_prefix": "/v1/models",
            },
        },
    })
}

/// Refuses what changes something, unless it says that it comes from the host that it goes to.
pub fn csrf() -> Value {
    json!({
        "name": "envoy.filters.http.csrf",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.csrf.v3.CsrfPolicy",
            "filter_enabled": {"default_value": {"numerator": 100}},
        },
    })
}
