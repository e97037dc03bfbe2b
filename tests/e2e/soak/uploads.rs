//! Many large uploads at once on one worker: all of them are there but for their last bytes, and then all go on.

mod receiver;

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::gateway::Watched;
use crate::harness::memory::Memory;
use crate::harness::Gateway;
use receiver::{Receiver, UPLOAD};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How many there are, unless `LARGE_UPLOADS` says otherwise.
const UPLOADS: usize = 24;

/// How long each is, in bytes, but for its model.
const LENGTH: usize = 8_000_000;

/// How much memory a byte in flight may take: Envoy has it, once more while it is sent on; the rest is for what it rounds
/// up.
const MOST_FOR_A_BYTE: f64 = 2.5;

/// What of the memory in flight may come and go from wave to wave: how the allocator happens to cut it.
const LEEWAY: f64 = 0.25;

/// How much memory the virtual machine may take for all bodies together, in bytes.
const GUESTS_KEEP: u64 = 4 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_uploads_with_the_model_last_are_kept_once() {
    let [first, second] = two_waves(Order::ModelLast).await;
    second.assert_is_like(&first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_uploads_with_the_model_first_are_kept_once() {
    let [first, second] = two_waves(Order::ModelFirst).await;
    second.assert_is_like(&first);
}

/// Where in a body its model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    ModelFirst,
    ModelLast,
}

/// A body in pieces, since what is in the middle is the same for all.
type Pieces = [Arc<[u8]>; 3];

/// What Envoy's memory was, and how much was in flight, in bytes.
#[derive(Debug)]
struct Wave {
    in_flight: f64,
    before: Memory,
    /// When every byte but the last of each was there.
    held: Memory,
    /// The most that there was at any time.
    most: Memory,
}

impl Wave {
    fn assert_is_like(&self, first: &Self) {
        for wave in [self, first] {
            let grown = wave.most.resident.saturating_sub(wave.before.resident) as f64;
            assert!(grown < MOST_FOR_A_BYTE * wave.in_flight, "{grown} bytes: {wave:?}");
            let held = wave.held.resident.saturating_sub(first.before.resident) as f64;
            assert!(held > 0.8 * wave.in_flight, "they were not all there: {wave:?}");
            // They are Envoy's alone.
            let kept = wave.most.guests - wave.before.guests;
            assert!(kept < GUESTS_KEEP, "the filter keeps {kept} bytes: {wave:?}");
        }
        // When a wave is over, its memory is free; when Envoy's allocator gives it back to the system is its own affair.
        let (now, then) = (self.most, first.most);
        assert!(now.guests <= then.guests + GUESTS_KEEP, "{now}, {then} before");
        let leeway = (LEEWAY * self.in_flight) as u64;
        assert!(now.resident <= then.resident + leeway, "{now}, {then} before");
    }
}

async fn two_waves(order: Order) -> [Wave; 2] {
    let given = std::env::var("LARGE_UPLOADS").map(|number| number.parse().unwrap());
    let uploads: usize = given.unwrap_or(UPLOADS);
    let middle: Arc<[u8]> = filling().into();
    let receiver = Receiver::listen(order, middle.clone()).await;
    let bootstrap = catalogue::bootstrap();
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![Listener::new("main", &catalogue::configuration())],
            clusters: [("groq".to_owned(), receiver.address())].into(),
            workers: Some(1),
            ..bootstrap
        },
    );
    let gateway = Arc::new(gateway);
    // What is made once: the worker's first request.
    wave(&gateway, &receiver, order, &middle, 1).await;
    let first = wave(&gateway, &receiver, order, &middle, uploads).await;
    [first, wave(&gateway, &receiver, order, &middle, uploads).await]
}

async fn wave(
    gateway: &Arc<Watched>,
    receiver: &Receiver,
    order: Order,
    middle: &Arc<[u8]>,
    uploads: usize,
) -> Wave {
    let (started, before) = (Instant::now(), gateway.envoy().memory());
    let received_before = received_by_envoy(gateway).await;
    let most = Peak::of(gateway);
    let (all_held, may_end) = watch::channel(false);
    let mut requests = JoinSet::new();
    let mut in_flight = 0;
    for number in 0..uploads {
        let request = request(order, number, middle);
        in_flight += request.iter().map(|piece| piece.len() as u64).sum::<u64>() - 1;
        requests.spawn(upload(gateway.listener("main"), request, may_end.clone()));
    }
    let deadline =
        Instant::now() + Duration::from_secs(60) + Duration::from_secs(1) * uploads as u32;
    while received_by_envoy(gateway).await - received_before < in_flight {
        assert!(Instant::now() < deadline, "Envoy does not take in all");
        // One that was refused will not be waited for in vain.
        if let Some(ended) = requests.try_join_next() {
            panic!("an upload ended before its end: {ended:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let held = gateway.envoy().memory();
    all_held.send(true).unwrap();
    while let Some(request) = requests.join_next().await {
        request.unwrap();
    }
    assert_eq!(receiver.take_received(), uploads, "not all came through as they were sent");
    let most = most.until_now().await;
    gateway.until_idle().await;
    let after = gateway.envoy().memory();
    println!(
        "large uploads: {uploads} of {LENGTH} bytes, {order:?}, in {:.1} s; Envoy's memory {before} before, {held} while \
         all were held, {most} at most, {after} after",
        started.elapsed().as_secs_f64(),
    );
    Wave { in_flight: in_flight as f64, before, held, most }
}

/// No two places are alike, so that nothing can be lost, doubled or exchanged unseen.
fn filling() -> Vec<u8> {
    (0_u32..).flat_map(|number| format!("{number:x}-").into_bytes()).take(LENGTH).collect()
}

pub fn model(number: usize) -> String {
    format!("m-{number}")
}

/// The body that names this model.
pub fn body(order: Order, model: &str, middle: &Arc<[u8]>) -> Pieces {
    let (front, end) = match order {
        Order::ModelFirst => (format!(r#"{{"model":"{model}","messages":[""#), r#""]}"#.to_owned()),
        Order::ModelLast => (r#"{"messages":[""#.to_owned(), format!(r#""],"model":"{model}"}}"#)),
    };
    [front.into_bytes().into(), middle.clone(), end.into_bytes().into()]
}

/// The whole of a request, in HTTP/1.1.
fn request(order: Order, number: usize, middle: &Arc<[u8]>) -> Pieces {
    let [front, middle, end] = body(order, &format!("groq/{}", model(number)), middle);
    let length = front.len() + middle.len() + end.len();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {RED}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n{UPLOAD}: {number}\r\n\
         connection: close\r\n\r\n"
    );
    [[head.as_bytes(), &front].concat().into(), middle, end]
}

async fn upload(to: SocketAddr, [front, middle, end]: Pieces, mut may_end: watch::Receiver<bool>) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let (last, before_last) = end.split_last().unwrap();
    for piece in [&*front, &*middle, before_last] {
        stream.write_all(piece).await.unwrap();
    }
    may_end.wait_for(|all_held| *all_held).await.unwrap();
    stream.write_all(&[*last]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// How many bytes Envoy has read from all clients.
async fn received_by_envoy(gateway: &Gateway) -> u64 {
    let stats =
        gateway.envoy().admin("/stats?filter=^http.main.downstream_cx_rx_bytes_total$").await;
    stats.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Looks at Envoy's memory again and again.
struct Peak {
    most: Arc<Mutex<Memory>>,
    watching: JoinHandle<()>,
}

impl Peak {
    fn of(gateway: &Arc<Watched>) -> Self {
        let most = Arc::new(Mutex::new(gateway.envoy().memory()));
        let (gateway, seen) = (gateway.clone(), most.clone());
        let watching = tokio::spawn(async move {
            loop {
                let now = gateway.envoy().memory();
                {
                    let mut most = seen.lock().unwrap();
                    most.resident = most.resident.max(now.resident);
                    most.guests = most.guests.max(now.guests);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Self { most, watching }
    }

    async fn until_now(self) -> Memory {
        self.watching.abort();
        let _ = self.watching.await;
        *self.most.lock().unwrap()
    }
}
