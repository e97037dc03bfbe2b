//! JSON Web Tokens (RFC 7519) of an issuer that one of the listeners trusts.

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{json, Value};

/// Who has issued the tokens.
const ISSUER: &str = "https://issuer.example";

/// In the year 2100.
const FAR_OFF: u64 = 4_102_444_800;

/// The name under which the filter that checks the tokens keeps their claims.
pub const CLAIMS: &str = "jwt_payload";

/// That filter, by its name in dynamic metadata.
pub const CHECKED_BY: &str = "envoy.filters.http.jwt_authn";

/// A token that makes these claims.
pub fn token(claims: &Value) -> String {
    signed(claims, FAR_OFF)
}

/// The same, but past its time.
pub fn expired_token(claims: &Value) -> String {
    signed(claims, 1)
}

/// These claims under the signature of others.
pub fn forged_token(claims: &Value) -> String {
    let others = token(&json!({}));
    let (_, signature) = others.rsplit_once('.').unwrap();
    let own = token(claims);
    let (text, _) = own.rsplit_once('.').unwrap();
    format!("{text}.{signature}")
}

/// Envoy's own filter that checks such tokens. Requests without one pass too, with no claims.
pub fn checker() -> Value {
    let issuer = json!({
        "issuer": ISSUER,
        "forward": true,
        "payload_in_metadata": CLAIMS,
        "local_jwks": {"inline_string": key_set().to_string()},
    });
    let requires = [json!({"provider_name": "issuer"}), json!({"allow_missing_or_failed": {}})];
    let any = json!({"requires_any": {"requirements": requires}});
    json!({
        "name": CHECKED_BY,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3\
                .JwtAuthentication",
            "providers": {"issuer": issuer},
            "rules": [{"match": {"prefix": "/"}, "requires": any}],
        },
    })
}

fn signed(claims: &Value, expires: u64) -> String {
    let mut claims = claims.clone();
    claims["iss"] = ISSUER.into();
    claims["exp"] = expires.into();
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "1"});
    let text = [header, claims].map(|part| encoded(part.to_string().as_bytes())).join(".");
    let signature: Signature = signing_key().sign(text.as_bytes());
    format!("{text}.{}", encoded(&signature.to_bytes()))
}

/// The public half of the issuer's key (RFC 7517).
fn key_set() -> Value {
    let point = signing_key().verifying_key().to_encoded_point(false);
    let [x, y] = [point.x(), point.y()].map(|coordinate| encoded(coordinate.unwrap()));
    json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", "x": x, "y": y}]})
}

fn signing_key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
