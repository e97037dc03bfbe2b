//! Which of a model's targets a request goes to, and what comes back from there.

use crate::harness::answers::FAIL_WITH;
use crate::harness::catalogue::{BLUE, FORTH, RED};
use crate::harness::{Call, Gateway};
use std::collections::BTreeMap;

#[tokio::test]
async fn the_target_of_lowest_priority_that_the_team_has_a_credential_for_is_chosen() {
    let gateway = Gateway::shared();
    for (key, cluster, model) in [
        (RED, "bedrock", "us.anthropic.claude-sonnet-4-6"),
        (BLUE, "anthropic", "claude-sonnet-4-6"),
    ] {
        for _ in 0..5 {
            let exchange = gateway.send(Call::chat("sonnet").key(key)).await;
            assert_eq!(exchange.upstream().cluster, cluster);
            assert_eq!(exchange.upstream().model(), model);
        }
    }
}

#[tokio::test]
async fn among_equal_priorities_the_cheapest_target_is_chosen() {
    let gateway = Gateway::shared();
    for (key, model) in [(RED, "cheap"), (BLUE, "cheap"), (FORTH, "dear")] {
        for _ in 0..5 {
            let exchange = gateway.send(Call::chat("cheapest").key(key)).await;
            assert_eq!(exchange.upstream().model(), model);
        }
    }
}

#[tokio::test]
async fn targets_of_equal_rank_share_the_requests_by_weight() {
    let gateway = Gateway::shared();
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..120 {
        let exchange = gateway.send(Call::chat("weighted").key(RED)).await;
        *shares.entry(exchange.upstream().model()).or_default() += 1;
    }
    // 96 and 24 are to be expected; that 60 or none are light happens less than once in 10^11 runs.
    let light = shares.get("light").copied().unwrap_or_default();
    assert!((1..60).contains(&light), "{shares:?}");
    assert_eq!(shares["heavy"] + light, 120);
}

#[tokio::test]
async fn a_providers_own_error_reaches_the_client_untouched() {
    let gateway = Gateway::shared();
    for (status, code) in [
        (400, "upstream_client_error"),
        (404, "upstream_client_error"),
        (429, "upstream_rate_limited"),
        (500, "upstream_error"),
        (503, "upstream_error"),
    ] {
        // A provider that is nowhere one of several: its failures are no other test's affair.
        let call = Call::chat("over-http2").key(RED).header(FAIL_WITH, status.to_string());
        let exchange = gateway.send(call).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (status, 1));
        assert_eq!(exchange.header("content-type"), Some("application/problem+json"));
        assert_eq!(exchange.header("x-should-retry"), None);
        assert_eq!(exchange.json()["error"]["type"], "provider_error");
        assert_eq!(gateway.access_log(&exchange.test_id).await["code"], code);
    }
}
