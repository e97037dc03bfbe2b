//! The core's surroundings without Envoy: a world that stands still, header fields as a host passes them, and a body as
//! it holds it.

#![allow(dead_code, reason = "each test uses its part")]

use envoy_llm_router::{Buffer, Host, MetadataPath};
use std::convert::Infallible;
use std::time::SystemTime;

/// A world without memory or chance, at one moment.
pub struct Nowhere(pub SystemTime);

impl Default for Nowhere {
    fn default() -> Self {
        Self(SystemTime::UNIX_EPOCH)
    }
}

impl Host for Nowhere {
    fn now(&self) -> SystemTime {
        self.0
    }

    fn random(&self) -> u64 {
        0
    }

    fn property(&self, _path: &MetadataPath) -> Option<Vec<u8>> {
        None
    }

    fn shared(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    fn update_shared(&self, _key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        change(&[]);
        true
    }
}

/// A body that lies with the host.
pub struct Held(pub Vec<u8>);

impl Buffer for Held {
    type Error = Infallible;

    fn front(&mut self, len: usize) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.get(..len).expect("as much is there").to_vec())
    }

    fn replace_front(&mut self, len: usize, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.splice(..len, bytes.iter().copied());
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Header fields in the form in which the proxy-wasm ABI passes a map.
pub fn to_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)]) -> Vec<u8> {
    let length = |len: usize| u32::try_from(len).expect("less than 4 GiB").to_le_bytes();
    let mut bytes = length(fields.len()).to_vec();
    for (name, value) in fields {
        bytes.extend(length(name.as_ref().len()));
        bytes.extend(length(value.as_ref().len()));
    }
    for part in fields.iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]) {
        bytes.extend_from_slice(part);
        bytes.push(0);
    }
    bytes
}
