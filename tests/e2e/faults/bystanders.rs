//! Those who have nothing to do with a fault.

use crate::harness::catalogue::{credential, BLUE, RED};
use crate::harness::gateway::Watched;
use crate::harness::Call;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How many ask at once.
const CALLERS: usize = 6;

/// Requests on ever new connections, so that every worker gets some. Each must be answered, and answered right.
pub struct Bystanders {
    stop: Arc<AtomicBool>,
    callers: JoinSet<usize>,
}

impl Bystanders {
    pub fn of(gateway: &Arc<Watched>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            callers.spawn(ask_on(gateway.clone(), number, stop.clone()));
        }
        Self { stop, callers }
    }

    /// How many requests they made. Fails where one of them went wrong.
    pub async fn all_well(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let mut requests = 0;
        while let Some(caller) = self.callers.join_next().await {
            requests += caller.expect("a bystander's request");
        }
        assert!(requests >= CALLERS, "{requests} requests are no load");
        requests
    }
}

async fn ask_on(gateway: Arc<Watched>, number: usize, stop: Arc<AtomicBool>) -> usize {
    let mut requests = 0;
    while !stop.load(Ordering::Relaxed) {
        let (key, team) = if requests % 2 == 0 { (RED, "red") } else { (BLUE, "blue") };
        let model = format!("m-{number}-{requests}");
        let call = Call::chat(&format!("groq/{model}")).key(key);
        let call = if number.is_multiple_of(2) { call.http1() } else { call.http2() };
        let exchange = gateway.send(call).await;
        let received = exchange.upstream();
        let bearer = format!("Bearer {}", credential("groq", team));
        assert_eq!(received.header("authorization"), Some(&*bearer));
        assert_eq!((received.model(), &exchange.json()["model"]), (model.clone(), &model.into()));
        requests += 1;
    }
    requests
}
