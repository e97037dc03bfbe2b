//! Many callers at once on two workers: nobody gets what is another's.

use crate::harness::catalogue::{credential, BACK, BLUE, FORTH, NARROW, RED};
use crate::harness::variants::OWN_KEY;
use crate::harness::{Call, Gateway};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Who asks for what: a team's key and name, the model, and the provider that it is to reach.
const CALLERS: [(&str, &str, &str, &str); 10] = [
    (RED, "red", "openai/gpt-", "openai"),
    (BLUE, "blue", "openai/gpt-", "openai"),
    (FORTH, "forth", "openai/gpt-", "openai"),
    (BACK, "back", "openai/gpt-", "openai"),
    (NARROW, "narrow", "gpt-4o", "openai"),
    (RED, "red", "groq/llama-", "groq"),
    (BLUE, "blue", "groq/llama-", "groq"),
    (RED, "red", "open/qwen-", "groq"),
    (BLUE, "blue", "mistral/large-", "mistral"),
    (RED, "red", "mistral/large-", "mistral"),
];

const REQUESTS: usize = 1_000;

#[tokio::test]
async fn a_thousand_requests_at_once_each_carry_their_own_teams_credential_and_model() {
    let gateway = Arc::new(Gateway::shared());
    let mut requests = JoinSet::new();
    for number in 0..REQUESTS {
        let (key, team, name, provider) = CALLERS[number % CALLERS.len()];
        let numbered = name.ends_with('-');
        let asked = if numbered { format!("{name}{number}") } else { name.to_owned() };
        let model = asked.rsplit('/').next().unwrap().to_owned();
        let call = Call::chat(&asked).key(key);
        let call = if number % 3 == 0 { call.http2() } else { call };
        // Some bring a key of their own, which is nobody else's either.
        let own = (number % 7 == 0 && provider == "groq").then(|| format!("{OWN_KEY}-{number}"));
        let data = |key: &String| format!(r#"{{"groq_api_key":"{key}"}}"#);
        let call = match &own {
            Some(key) => call.header("x-llm-provider-data", data(key)),
            None => call,
        };
        let sent_with = own.unwrap_or_else(|| credential(provider, team));
        let gateway = gateway.clone();
        requests.spawn(async move {
            let exchange = gateway.send_to("own-keys", call).await;
            (provider, sent_with, model, exchange)
        });
    }
    let mut answered = 0;
    while let Some(request) = requests.join_next().await {
        let (provider, sent_with, model, exchange) = request.unwrap();
        let received = exchange.upstream();
        assert_eq!(received.cluster, provider);
        assert_eq!(received.header("authorization"), Some(&*format!("Bearer {sent_with}")));
        assert_eq!((received.model(), &exchange.json()["model"]), (model.clone(), &model.into()));
        received.assert_framed_exactly();
        answered += 1;
    }
    assert_eq!(answered, REQUESTS);
}
