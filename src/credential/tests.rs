//! A credential is found only with its own provider.

use super::{AlreadySet, Credential, CredentialSet, CredentialStore, ForeignCredential};
use crate::id::ProviderId;
use crate::secret::Secret;

fn credential(name: &str) -> Credential {
    Credential { name: name.into(), value: Secret::parse(name).unwrap(), fingerprint: "".into() }
}

#[test]
fn a_handle_finds_a_credential_only_in_the_store_of_its_own_provider() {
    let (gemini, bedrock) = (ProviderId::new(0), ProviderId::new(1));
    let mut of_gemini = CredentialStore::new(gemini);
    let mut of_bedrock = CredentialStore::new(bedrock);
    let handle = of_gemini.add(credential("gemini-key"));
    of_bedrock.add(credential("bedrock-key"));

    assert_eq!(of_gemini.get(handle).unwrap().value.expose(), "gemini-key");
    assert!(of_bedrock.get(handle).is_none());
}

#[test]
fn a_set_holds_one_credential_for_each_provider() {
    let (gemini, bedrock) = (ProviderId::new(0), ProviderId::new(1));
    let mut of_gemini = CredentialStore::new(gemini);
    let mut of_bedrock = CredentialStore::new(bedrock);
    let mut set = CredentialSet::default();
    let second = of_bedrock.add(credential("b"));
    let first = of_gemini.add(credential("a"));

    assert_eq!(set.insert(second), Ok(()));
    assert_eq!(set.get(gemini), None);
    assert_eq!(set.insert(first), Ok(()));
    assert_eq!(set.insert(of_gemini.add(credential("c"))), Err(AlreadySet));
    assert_eq!(set.get(gemini), Some(first));
    assert_eq!(set.get(bedrock), Some(second));
}

#[test]
fn a_credential_at_another_provider_is_an_error_that_says_so() {
    assert_eq!(ForeignCredential.to_string(), "the credential is not this provider's");
}
