//! A running gateway: the Envoy of a configuration set and the providers behind it.

use super::bootstrap::Bootstrap;
use super::catalogue;
use super::client::{unique_test_id, Call, Exchange};
use super::envoy::Envoy;
use super::http3::Http3;
use super::live::LiveAnswer;
use super::metrics::Metrics;
use super::provider::{Providers, Received, TEST_ID};
use hyper::body::Incoming;
use hyper::Response;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// How long a request through the gateway may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Gateway {
    envoy: Envoy,
    providers: Providers,
    /// What stands in no log.
    secrets: Mutex<Vec<String>>,
    /// How many traps a test has failed for already.
    blamed: AtomicUsize,
    /// Serves the providers for as long as the gateway stands.
    runtime: Option<Runtime>,
}

impl Gateway {
    /// The gateway of the common catalogue, one for all the tests of this process.
    pub fn shared() -> Watched {
        static SHARED: OnceLock<Arc<Gateway>> = OnceLock::new();
        let start = || Arc::new(Self::start(&catalogue::CLUSTERS, catalogue::bootstrap()));
        Watched(SHARED.get_or_init(start).clone())
    }

    /// A gateway that several tests share, beside the common one.
    pub fn once(
        cell: &'static OnceLock<Arc<Self>>,
        clusters: &[&str],
        bootstrap: impl FnOnce() -> Bootstrap,
    ) -> Watched {
        let start = || Arc::new(Self::start(clusters, bootstrap()));
        Watched(cell.get_or_init(start).clone())
    }

    /// A gateway for one test, or a few: its own clusters and bootstrap.
    pub fn own(clusters: &[&str], bootstrap: Bootstrap) -> Watched {
        Watched(Arc::new(Self::start(clusters, bootstrap)))
    }

    /// Starts the providers, then Envoy. Tests call it from inside runtimes of their own, which
    /// may end before it does; hence one more runtime, and a thread to enter it on.
    fn start(clusters: &[&str], mut bootstrap: Bootstrap) -> Self {
        let start = || {
            let runtime =
                Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let (envoy, providers) = runtime.block_on(async {
                let providers = Providers::listen(clusters.iter().copied()).await;
                for (cluster, address) in providers.addresses() {
                    // A test may have a provider of its own.
                    bootstrap.clusters.entry(cluster.clone()).or_insert(*address);
                }
                (Envoy::start(&bootstrap).await, providers)
            });
            let environment = bootstrap.environment.into_values();
            let told = environment.filter(|value| !value.trim().is_empty());
            let secrets = catalogue::secrets().into_iter().chain(told).collect();
            let secrets = Mutex::new(secrets);
            Self { envoy, providers, secrets, blamed: AtomicUsize::new(0), runtime: Some(runtime) }
        };
        std::thread::scope(|scope| {
            scope.spawn(start).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    pub fn envoy(&self) -> &Envoy {
        &self.envoy
    }

    /// Where each cluster's provider listens.
    pub fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        self.providers.addresses()
    }

    pub fn listener(&self, name: &str) -> SocketAddr {
        self.envoy.listener(name)
    }

    /// Makes the call at the listener `main`.
    pub async fn send(&self, call: Call) -> Exchange {
        self.send_to("main", call).await
    }

    pub async fn send_to(&self, listener: &str, call: Call) -> Exchange {
        let test_id = unique_test_id();
        let call = call.header(TEST_ID, test_id.as_str());
        let answer = self.in_time(call.send(self.listener(listener))).await;
        let upstream = self.received(&test_id);
        Exchange::new(answer, upstream, test_id)
    }

    /// Makes the call over HTTP/3.
    pub async fn send_over_http3(&self, client: &Http3, listener: &str, call: Call) -> Exchange {
        let test_id = unique_test_id();
        let call = call.header(TEST_ID, test_id.as_str());
        let answer = client.send(self.listener(listener), &call);
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time");
        let upstream = self.received(&test_id);
        Exchange::new(answer, upstream, test_id)
    }

    /// Makes the call at the listener `main`, of which the test gives the provider's answer itself,
    /// piece by piece.
    pub async fn send_live(&self, call: Call) -> Live {
        self.send_live_of(None, call).await
    }

    /// Likewise; the answer is JSON of this length, or a stream of events.
    pub async fn send_live_of(&self, length: Option<u64>, call: Call) -> Live {
        let test_id = unique_test_id();
        let provider = self.providers.answer_live(&test_id, length);
        let call = call.header(TEST_ID, test_id.as_str());
        let answer = self.in_time(call.open(self.listener("main"))).await;
        Live { provider, answer, test_id }
    }

    async fn in_time<T, E: Display>(&self, answer: impl Future<Output = Result<T, E>>) -> T {
        tokio::time::timeout(PATIENCE, answer)
            .await
            .expect("an answer in time")
            .unwrap_or_else(|error| panic!("no answer: {error}; traps: {:?}", self.envoy.traps()))
    }

    pub fn received(&self, test_id: &str) -> Vec<Received> {
        self.providers.received(test_id)
    }

    /// Likewise, and forgets it: a test that makes very many requests has not the room for all.
    pub fn take_received(&self, test_id: &str) -> Vec<Received> {
        self.providers.take_received(test_id)
    }

    /// Traps so far were meant to be. Gives the lines that tell of them.
    pub fn excuse_traps(&self) -> Vec<String> {
        let traps = self.envoy.traps();
        self.blamed.fetch_max(traps.len(), Ordering::Relaxed);
        traps
    }

    /// Lets secrets stand in the log from now on: of these the test itself says where they may.
    pub fn excuse_secrets(&self) -> Vec<String> {
        std::mem::take(&mut self.secrets.lock().unwrap())
    }

    /// How many requests Envoy has at the listener `main` at this moment.
    pub async fn active(&self) -> usize {
        let stats = self.envoy.admin("/stats?filter=^http.main.downstream_rq_active$").await;
        stats.trim().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until there are so many at once.
    pub async fn until_active(&self, requests: usize, within: Duration) {
        let deadline = Instant::now() + within;
        while self.active().await < requests {
            assert!(Instant::now() < deadline, "{requests} requests are not active at once");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until there are none.
    pub async fn until_idle(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.active().await > 0 {
            assert!(Instant::now() < deadline, "requests are active without end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The filter's metrics once they are as expected, for Envoy counts a request some moments after
    /// its answer. If they never are: as they stand then.
    pub async fn metrics_once(&self, as_expected: impl Fn(&Metrics) -> bool) -> Metrics {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metrics = Metrics::parse(&self.envoy.admin("/stats/prometheus").await);
            if as_expected(&metrics) || Instant::now() > deadline {
                return metrics;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The access log's entry of a request, which Envoy writes some moments after its answer.
    pub async fn access_log(&self, test_id: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.envoy.access_log();
            let mut entries = log.lines().filter_map(|line| serde_json::from_str(line).ok());
            if let Some(entry) = entries.find(|entry: &Value| entry["test_id"] == test_id) {
                return entry;
            }
            assert!(Instant::now() < deadline, "no entry of {test_id} in the access log");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A call whose answer is on its way.
pub struct Live {
    /// What the provider goes on to say.
    pub provider: LiveAnswer,
    /// What the client hears of it.
    pub answer: Response<Incoming>,
    pub test_id: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A gateway in the hands of a test, which fails with it if the filter traps or tells a secret.
pub struct Watched(Arc<Gateway>);

impl Deref for Watched {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let traps = self.envoy.traps();
        let blamed = self.blamed.fetch_max(traps.len(), Ordering::Relaxed);
        let new: Vec<_> = traps.iter().skip(blamed).collect();
        assert!(new.is_empty(), "the filter trapped: {new:#?}");
        let written = self.envoy.log() + &self.envoy.access_log();
        for secret in &*self.secrets.lock().unwrap() {
            assert!(!written.contains(&**secret), "{secret} stands in a log");
        }
    }
}
