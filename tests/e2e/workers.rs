//! Many callers at once on two workers: nobody gets what is another's.

use crate::harness::catalogue::{credential, BACK, BLUE, FORTH, NARROW, RED};
use crate::harness::{Call, Gateway};
use std::sync::Arc;
use tokio::task::JoinSet;

#[tokio::test]
async fn three_hundred_requests_at_once_each_carry_their_own_teams_credential_and_model() {
    let gateway = Arc::new(Gateway::shared());
    let teams =
        [(RED, "red"), (BLUE, "blue"), (FORTH, "forth"), (BACK, "back"), (NARROW, "narrow")];
    let mut requests = JoinSet::new();
    for number in 0..300 {
        let (key, team) = teams[number % teams.len()];
        let model = match team {
            "narrow" => "gpt-4o".to_owned(),
            _ => format!("gpt-{number}"),
        };
        let asked = if team == "narrow" { model.clone() } else { format!("openai/{model}") };
        let call = Call::chat(&asked).key(key);
        let call = if number % 3 == 0 { call.http2() } else { call };
        let gateway = gateway.clone();
        requests.spawn(async move { (team, model, gateway.send(call).await) });
    }
    let mut answered = 0;
    while let Some(request) = requests.join_next().await {
        let (team, model, exchange) = request.unwrap();
        let received = exchange.upstream();
        let expected = format!("Bearer {}", credential("openai", team));
        assert_eq!(received.header("authorization"), Some(expected.as_str()));
        assert_eq!((received.model(), &exchange.json()["model"]), (model.clone(), &model.into()));
        received.assert_framed_exactly();
        answered += 1;
    }
    assert_eq!(answered, 300);
}
