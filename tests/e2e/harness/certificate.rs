//! Certificates that vouch for themselves, made for one test.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, KeyIdMethod, PublicKeyData, SerialNumber,
    SignatureAlgorithm, PKCS_ECDSA_P256_SHA256,
};
use serde_json::{json, Value};

/// A certificate for one host, and its key.
pub struct Certificate {
    certificate: String,
    key: String,
}

impl Certificate {
    pub fn of(host: &str) -> Self {
        let key = Key::random();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        // Without a library of algorithms nothing is made up that would have to be hashed.
        params.serial_number = Some(SerialNumber::from(1_u64));
        params.key_identifier_method = KeyIdMethod::PreSpecified(host.as_bytes().to_vec());
        // So that one is not taken for another where several are believed.
        params.distinguished_name.push(DnType::CommonName, host);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.signing.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        }
    }

    /// What a listener needs to show it to those who ask for its host.
    pub fn shown(&self) -> Value {
        json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": type_of("DownstreamTlsContext"),
                "common_tls_context": {"tls_certificates": [{
                    "certificate_chain": {"inline_string": self.certificate},
                    "private_key": {"inline_string": self.key},
                }]},
            },
        })
    }

    /// What a cluster needs to believe any of these certificates, for whichever host it asks for.
    pub fn any_believed(certificates: &[Self]) -> Value {
        let authorities: String = certificates.iter().map(|one| one.certificate.as_str()).collect();
        json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": type_of("UpstreamTlsContext"),
                "common_tls_context": {"validation_context": {
                    "trusted_ca": {"inline_string": authorities},
                }},
            },
        })
    }

    /// What a cluster needs to ask for `host` and to believe this certificate alone.
    pub fn believed(&self, host: &str) -> Value {
        json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": type_of("UpstreamTlsContext"),
                "sni": host,
                "common_tls_context": {"validation_context": {
                    "trusted_ca": {"inline_string": self.certificate},
                    "match_typed_subject_alt_names": [
                        {"san_type": "DNS", "matcher": {"exact": host}},
                    ],
                }},
            },
        })
    }
}

fn type_of(context: &str) -> String {
    format!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{context}")
}

struct Key {
    signing: SigningKey,
    /// The public point, uncompressed.
    point: Vec<u8>,
}

impl Key {
    fn random() -> Self {
        let signing = loop {
            let mut bytes = [0_u8; 32];
            fastrand::fill(&mut bytes);
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break key;
            }
        };
        let point = signing.verifying_key().to_encoded_point(false).as_bytes().to_vec();
        Self { signing, point }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: DerSignature = self.signing.sign(message);
        Ok(signature.as_bytes().to_vec())
    }
}
