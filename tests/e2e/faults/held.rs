//! Requests that something happens to while they are held.

use crate::harness::catalogue::RED;
use crate::harness::client::unique_test_id;
use crate::harness::{Gateway, RawRequest, Wire};
use serde_json::json;
use std::time::Duration;

/// A request of which half the body is there.
pub struct Held {
    wire: Wire,
    rest: Vec<u8>,
    test_id: String,
}

impl Held {
    pub async fn begin(gateway: &Gateway) -> Self {
        let body = json!({"messages": ["x".repeat(100)], "model": "gpt-4o"}).to_string();
        let request = RawRequest::new("POST /v1/chat/completions").key(RED).body(body.as_bytes());
        let test_id = unique_test_id();
        let mut wire = Wire::connect(gateway.listener("main")).await;
        let (front, rest) = body.as_bytes().split_at(50);
        wire.write([&*request.head(&test_id), front].concat()).await;
        assert!(wire.stays_silent(Duration::from_millis(20)).await, "a held request waits");
        Self { wire, rest: rest.to_vec(), test_id }
    }

    /// Whether it is answered and not refused; whatever was sent on was right.
    pub async fn end(self, gateway: &Gateway) -> bool {
        let Self { mut wire, rest, test_id } = self;
        // Refused already, it may find its connection closed.
        wire.try_write(rest).await;
        let answer = wire.answer().await;
        let served = answer.status == 200;
        assert!(served || answer.status == 503, "{}", answer.status);
        assert_eq!(gateway.received(&test_id).len(), usize::from(served));
        served
    }
}
