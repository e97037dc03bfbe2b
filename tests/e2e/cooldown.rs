//! A credential that keeps failing cools down, for its team alone and for all workers.

use crate::harness::answers::{Scripted, FAIL_WITH, HANG_UP};
use crate::harness::variants::{patient, OWN_KEY};
use crate::harness::{Call, Exchange, Gateway};
use std::time::{Duration, Instant, SystemTime};

/// Enough connections that both workers get some.
const CONNECTIONS: usize = 12;

const FIRST: &str = "openai";
const SECOND: &str = "groq";

/// Longer than any test, shorter than for ever.
const AN_HOUR: &str = "3600";

fn chat(model: &str, team: &str) -> Call {
    Call::chat(model).key(&patient(team))
}

fn unavailable() -> Scripted {
    Scripted::status(503).header("content-type", "application/json").body("{}")
}

async fn ask(listener: &str, call: Call) -> Exchange {
    Gateway::shared().send_to(listener, call).await
}

/// The provider's answer reaches the client, whatever becomes of the credential.
async fn fail(listener: &str, model: &str, team: &str, answer: &Scripted, at: &str) {
    let exchange = ask(listener, chat(model, team).answered(answer)).await;
    assert_eq!(exchange.upstream[0].cluster, at, "{team}");
    assert!(exchange.status >= 400, "{team}: {}", exchange.status);
    assert_eq!(exchange.header("x-should-retry"), None);
}

async fn assert_all_go_to(listener: &str, model: &str, team: &str, cluster: &str) {
    for _ in 0..CONNECTIONS {
        let exchange = ask(listener, chat(model, team)).await;
        assert_eq!(exchange.upstream().cluster, cluster, "{team}");
    }
}

#[tokio::test]
async fn after_three_failures_in_a_row_both_workers_pass_the_provider_over_for_that_team_alone() {
    for _ in 0..3 {
        assert_all_go_to("cooldown", "resilient", "spared", FIRST).await;
        fail("cooldown", "resilient", "failing", &unavailable(), FIRST).await;
    }
    assert_all_go_to("cooldown", "resilient", "failing", SECOND).await;
    assert_all_go_to("cooldown", "resilient", "spared", FIRST).await;
    // Where there is no other choice, and where the caller made it, there is nothing to pass over.
    for model in ["resilient:openai", "gpt-4o", "openai/gpt-9"] {
        let exchange = ask("cooldown", chat(model, "failing")).await;
        assert_eq!(exchange.upstream().cluster, FIRST, "{model}");
    }
}

#[tokio::test]
async fn an_answer_in_between_begins_the_count_anew() {
    let team = "recovering";
    for status in [200, 204] {
        fail("cooldown", "resilient", team, &unavailable(), FIRST).await;
        fail("cooldown", "resilient", team, &unavailable(), FIRST).await;
        let other = Scripted::status(status);
        let exchange = ask("cooldown", chat("resilient", team).answered(&other)).await;
        assert_eq!((exchange.status, &*exchange.upstream[0].cluster), (status, FIRST));
    }
    // An answer about the request itself neither counts nor begins the count anew.
    for status in [400, 404, 422, 403] {
        fail("cooldown", "resilient", team, &Scripted::status(status).body("{}"), FIRST).await;
    }
    for status in [401, 402, 529] {
        assert_eq!(
            ask("cooldown", chat("resilient", team).answered(&Scripted::status(status)))
                .await
                .upstream[0]
                .cluster,
            FIRST
        );
        ask("cooldown", chat("resilient:openai", team).answered(&Scripted::status(404))).await;
    }
    assert_all_go_to("cooldown", "resilient", team, SECOND).await;
}

#[tokio::test]
async fn each_status_that_is_a_failure_counts_and_no_other() {
    for status in [400, 403, 404, 413, 422, 501, 505] {
        for _ in 0..3 {
            fail("cooldown", "resilient", "untroubled", &Scripted::status(status), FIRST).await;
        }
    }
    for status in [500, 502, 529] {
        fail("cooldown", "resilient", "untroubled", &Scripted::status(status), FIRST).await;
    }
    assert_all_go_to("cooldown", "resilient", "untroubled", SECOND).await;
    for status in [500, 502, 504] {
        fail("cooldown-on-429", "resilient", "listed", &Scripted::status(status), FIRST).await;
        fail("cooldown-on-429", "resilient", "listed", &unavailable(), FIRST).await;
    }
    for _ in 0..3 {
        fail("cooldown-on-429", "resilient", "listed", &Scripted::status(429), FIRST).await;
    }
    assert_all_go_to("cooldown-on-429", "resilient", "listed", SECOND).await;
}

#[tokio::test]
async fn pinned_requests_take_no_notice_of_cooldowns_and_are_counted_all_the_same() {
    for _ in 0..3 {
        fail("cooldown", "resilient:openai", "pinned", &unavailable(), FIRST).await;
    }
    let unpinned = ask("cooldown", chat("resilient", "pinned")).await;
    assert_eq!(unpinned.upstream().cluster, SECOND);
    assert_all_go_to("cooldown", "resilient:openai", "pinned", FIRST).await;
}

#[tokio::test]
async fn a_cooldown_ends_and_one_more_failure_begins_the_next() {
    let (listener, model, team) = ("brief-cooldown", "resilient", "returning");
    for _ in 0..3 {
        fail(listener, model, team, &unavailable(), FIRST).await;
    }
    let failed = Instant::now();
    let exchange = ask(listener, chat(model, team)).await;
    assert_eq!(exchange.upstream().cluster, SECOND);
    until_it_goes_to(FIRST, listener, model, team).await;
    assert!(failed.elapsed() > Duration::from_millis(800), "{:?}", failed.elapsed());
    // It was answered well just now, so it takes three again.
    fail(listener, model, team, &unavailable(), FIRST).await;
    assert_all_go_to(listener, model, team, FIRST).await;

    let team = "relapsing";
    for _ in 0..3 {
        fail(listener, model, team, &unavailable(), FIRST).await;
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    fail(listener, model, team, &unavailable(), FIRST).await;
    let exchange = ask(listener, chat(model, team)).await;
    assert_eq!(exchange.upstream().cluster, SECOND);
}

#[tokio::test]
async fn a_longer_cooldown_that_the_answer_asks_for_in_seconds_or_by_a_date_is_kept() {
    let later = SystemTime::now() + Duration::from_secs(3600);
    let dated = httpdate::fmt_http_date(later);
    for (team, retry_after) in [("asked", AN_HOUR), ("dated", dated.as_str())] {
        // One such answer is enough.
        let answer = Scripted::status(429).header("retry-after", retry_after);
        fail("brief-cooldown", "resilient", team, &answer, FIRST).await;
    }
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    for team in ["asked", "dated"] {
        assert_all_go_to("brief-cooldown", "resilient", team, SECOND).await;
    }
}

#[tokio::test]
async fn where_all_cool_down_the_one_that_is_available_first_is_taken() {
    for (team, of_first, of_second, expected) in
        [("first", "1800", AN_HOUR, FIRST), ("second", AN_HOUR, "1800", SECOND)]
    {
        for (retry_after, at) in [(of_first, FIRST), (of_second, SECOND)] {
            let answer = Scripted::status(503).header("retry-after", retry_after);
            fail("cooldown", "resilient", team, &answer, at).await;
        }
        assert_all_go_to("cooldown", "resilient", team, expected).await;
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_passed_over_whatever_the_statuses() {
    for _ in 0..3 {
        let exchange = ask("cooldown-on-429", chat("far-away", "lost")).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (503, 0));
        let entry = Gateway::shared().access_log(&exchange.test_id).await;
        assert_eq!(
            (&entry["provider"], &entry["code"]),
            (&"unreachable".into(), &"upstream_unreachable".into())
        );
    }
    assert_all_go_to("cooldown-on-429", "far-away", "lost", SECOND).await;
}

#[tokio::test]
async fn a_provider_that_hangs_up_is_passed_over_whatever_the_statuses() {
    for _ in 0..3 {
        let call = chat("resilient", "hung-up-on").header(FAIL_WITH, HANG_UP);
        let exchange = ask("cooldown-on-429", call).await;
        assert_eq!((exchange.status, &*exchange.upstream[0].cluster), (503, FIRST));
    }
    assert_all_go_to("cooldown-on-429", "resilient", "hung-up-on", SECOND).await;
}

#[tokio::test]
async fn a_callers_own_key_starts_no_cooldown() {
    let data = format!(r#"{{"openai_api_key":"{OWN_KEY}"}}"#);
    for _ in 0..4 {
        let call = chat("resilient", "bringing").header("x-llm-provider-data", data.as_str());
        let exchange = ask("cooldown", call.answered(&unavailable())).await;
        let received = &exchange.upstream[0];
        assert_eq!((exchange.status, &*received.cluster), (503, FIRST));
        assert_eq!(received.header("authorization"), Some(&*format!("Bearer {OWN_KEY}")));
    }
    assert_all_go_to("cooldown", "resilient", "bringing", FIRST).await;
}

async fn until_it_goes_to(cluster: &str, listener: &str, model: &str, team: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while ask(listener, chat(model, team)).await.upstream().cluster != cluster {
        assert!(Instant::now() < deadline, "it never came back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
