//! Many requests of several teams through one pool, with faults at random: no key goes astray.

use super::site::{
    assert_credential, chat, failing, gateway, upstream_model, BLUE, GREEN, PROVIDERS, RED, RETRIES,
};
use crate::harness::Exchange;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

const REQUESTS: usize = 500;
/// How many are under way at once.
const AT_ONCE: usize = 20;

/// Faults that Envoy tries again after.
const FAULTS: [&str; 5] = ["503", "429", "500", "hang-up", "502"];

#[tokio::test]
async fn of_500_requests_of_three_teams_every_one_carries_its_teams_key_for_its_provider() {
    let mut random = fastrand::Rng::with_seed(0x5EED_F0A1);
    let gateway = Arc::new(gateway());
    let mut under_way = JoinSet::new();
    let mut outcomes: Vec<(usize, Plan, Exchange)> = Vec::new();
    for number in 0..REQUESTS {
        if under_way.len() == AT_ONCE {
            outcomes.push(under_way.join_next().await.unwrap().unwrap());
        }
        let plan = Plan::at_random(&mut random);
        let gateway = gateway.clone();
        under_way.spawn(async move {
            let faults: Vec<_> =
                plan.faults.iter().map(|(at, what)| format!("{at}={what}")).collect();
            let call = failing(chat(plan.model, plan.team), &faults.join(" "))
                .header("x-number", number.to_string());
            (number, plan, gateway.send_to("parts", call).await)
        });
    }
    while let Some(outcome) = under_way.join_next().await {
        outcomes.push(outcome.unwrap());
    }
    let numbers: BTreeSet<usize> = outcomes.iter().map(|(number, ..)| *number).collect();
    assert_eq!((numbers.len(), outcomes.len()), (REQUESTS, REQUESTS), "none is lost");
    let mut attempts = 0;
    let mut failed_over = 0;
    for (number, plan, exchange) in &outcomes {
        plan.check(*number, exchange);
        attempts += exchange.upstream.len();
        failed_over += usize::from(exchange.upstream.len() > 1);
    }
    println!("{REQUESTS} requests, {attempts} attempts, {failed_over} went on to another provider");
    assert!(failed_over > REQUESTS / 10, "{failed_over} is no test");
}

/// One request, and what goes wrong with it.
struct Plan {
    team: &'static str,
    model: &'static str,
    /// The providers that may serve it.
    eligible: Vec<&'static str>,
    faults: Vec<(&'static str, &'static str)>,
}

impl Plan {
    fn at_random(random: &mut fastrand::Rng) -> Self {
        let (green, of_green) = GREEN;
        let (team, held) = match random.usize(0..3) {
            0 => (RED, PROVIDERS.to_vec()),
            1 => (BLUE, PROVIDERS.to_vec()),
            _ => (green, of_green.to_vec()),
        };
        let (model, served) = match random.bool() {
            true => ("any", PROVIDERS.to_vec()),
            false => ("two", vec!["openai", "azure"]),
        };
        let eligible: Vec<_> = held.into_iter().filter(|name| served.contains(name)).collect();
        let mut faults = Vec::new();
        for provider in PROVIDERS {
            if random.u32(0..100) < 25 {
                faults.push((provider, FAULTS[random.usize(0..FAULTS.len())]));
            }
        }
        Self { team, model, eligible, faults }
    }

    fn check(&self, number: usize, exchange: &Exchange) {
        let Self { team, eligible, faults, .. } = self;
        let fails = |provider: &str| faults.iter().any(|(at, _)| *at == provider);
        for received in &exchange.upstream {
            assert!(eligible.contains(&&*received.cluster), "{team}: {}", received.cluster);
            assert_credential(received, team);
            assert_eq!(received.header("x-number"), Some(&*number.to_string()));
            assert_eq!(received.header("x-llm-providers"), None);
            let model = upstream_model(&received.cluster);
            assert!(received.path.contains(&model) || received.model() == model, "{received:?}");
            received.assert_framed_exactly();
        }
        let answers = exchange.upstream.iter().filter(|received| !fails(&received.cluster)).count();
        let last = exchange.upstream.last().map(|received| &*received.cluster);
        match exchange.status {
            // Answered by one, the last, and tried no more.
            200 => assert_eq!((answers, last.map(fails)), (1, Some(false)), "{number}"),
            _ => {
                assert_eq!(answers, 0, "{number}: somebody answered well");
                let most = 1 + RETRIES as usize;
                assert!(exchange.upstream.len() <= most, "{number}: {}", exchange.upstream.len());
            }
        }
    }
}
