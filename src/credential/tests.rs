use super::{Credential, Keyring, Occupied, Wallet};
use crate::provider::ProviderId;
use crate::secret::Secret;

fn credential(name: &str) -> Credential {
    Credential { name: name.into(), header_value: Secret::parse(name).unwrap() }
}

#[test]
fn a_slot_opens_only_the_keyring_it_was_made_by() {
    let (gemini, bedrock) = (ProviderId::new(0), ProviderId::new(1));
    let mut of_gemini = Keyring::new(gemini);
    let mut of_bedrock = Keyring::new(bedrock);
    let slot = of_gemini.add(credential("gemini-key"));
    of_bedrock.add(credential("bedrock-key"));

    assert_eq!(of_gemini.get(slot).unwrap().header_value.expose(), "gemini-key");
    assert!(of_bedrock.get(slot).is_none());
}

#[test]
fn a_wallet_holds_one_credential_for_each_provider() {
    let (gemini, bedrock) = (ProviderId::new(0), ProviderId::new(1));
    let (mut of_gemini, mut of_bedrock) = (Keyring::new(gemini), Keyring::new(bedrock));
    let mut wallet = Wallet::default();
    let second = of_bedrock.add(credential("b"));
    let first = of_gemini.add(credential("a"));

    assert_eq!(wallet.insert(second), Ok(()));
    assert_eq!(wallet.slot(gemini), None);
    assert_eq!(wallet.insert(first), Ok(()));
    assert_eq!(wallet.insert(of_gemini.add(credential("c"))), Err(Occupied));
    assert_eq!(wallet.slot(gemini), Some(first));
    assert_eq!(wallet.slot(bedrock), Some(second));
}
