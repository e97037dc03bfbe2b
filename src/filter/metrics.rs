//! Counters and histograms.
//!
//! A metric's name carries its labels in the form `name.label=.=value;.;…`, from which Envoy's `stats_tags` (and Istio's
//! own) take them. Envoy keeps a metric for ever: so every value of a label comes from the configuration, never from a
//! client.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::ptr;
use std::rc::Rc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::host::{self, MetricKind, Refused};
use crate::record::Record;

/// The metrics of one VM, each with the id that Envoy gave it when it was first needed.
#[derive(Default)]
pub struct Metrics {
    series: RefCell<FxHashMap<Labels, Series>>,
}

/// Values of labels. They are those of the configuration, so they are told apart by where they are kept, without a look
/// at what they say; two that say the same lead to the same metric of Envoy's.
#[derive(Clone)]
struct Labels([Option<Rc<str>>; 3]);

/// The ids of the metrics with the same labels.
#[derive(Default)]
struct Series {
    /// Of requests, by their code.
    requests: Vec<(&'static str, u32)>,
    /// Of the others, in the order of [`OTHERS`].
    others: [Option<u32>; OTHERS.len()],
}

/// What is measured of a request besides that it was.
struct Metric {
    name: &'static str,
    kind: MetricKind,
    /// Nothing is added to a counter where this gives nothing.
    value: fn(&Record) -> Option<u64>,
}

/// Those that are counted at each attempt in a pool.
const ATTEMPTS: usize = 8;
const FAILOVERS: usize = 9;
const COOLDOWNS: usize = 0;

const OTHERS: [Metric; 10] = [
    Metric::counter("cooldowns", |record| record.cooldown_started.then_some(1)),
    Metric::counter("prompt_tokens", |record| Some(record.usage?.prompt)),
    Metric::counter("completion_tokens", |record| Some(record.usage?.completion)),
    Metric::counter("cached_tokens", |record| Some(record.usage?.cached)),
    Metric::histogram("time_to_first_byte_ms", |record| millis(record.first_byte_after?)),
    Metric::histogram("upstream_time_ms", |record| millis(record.complete_after?)),
    Metric::counter("usage_errors", |record| Some(u64::from(record.usage_errors))),
    Metric::counter("usage_encoded", |record| Some(u64::from(record.usage_encoded))),
    // Not of a request: see `Metrics::attempt`.
    Metric::counter("attempts", |_| None),
    Metric::counter("failovers", |_| None),
];

impl Metric {
    const fn counter(name: &'static str, value: fn(&Record) -> Option<u64>) -> Self {
        Self { name, kind: MetricKind::Counter, value }
    }

    const fn histogram(name: &'static str, value: fn(&Record) -> Option<u64>) -> Self {
        Self { name, kind: MetricKind::Histogram, value }
    }

    /// What is to be told of this request: not that a counter stays what it is.
    fn of(&self, record: &Record) -> Option<u64> {
        (self.value)(record).filter(|value| *value > 0 || self.kind == MetricKind::Histogram)
    }
}

fn millis(duration: Duration) -> Option<u64> {
    duration.as_millis().try_into().ok()
}

impl Metrics {
    /// Counts a request that is over.
    pub fn count(&self, record: &Record) {
        if let Err(refused) = self.try_count(record) {
            log::warn!("a request is not counted: {refused}");
        }
    }

    /// Counts an attempt in a pool; `after` is another provider, at which the attempt before was made.
    pub fn attempt(&self, record: &Record, after: Option<&Rc<str>>) {
        self.add(ATTEMPTS, record, record.provider.as_ref());
        if after.is_some() {
            self.add(FAILOVERS, record, after);
        }
    }

    /// Counts a credential that an attempt has put to rest.
    pub fn cooldown(&self, record: &Record) {
        self.add(COOLDOWNS, record, record.provider.as_ref());
    }

    /// Adds one to one of the others.
    fn add(&self, which: usize, record: &Record, provider: Option<&Rc<str>>) {
        if let Err(refused) = self.try_add(which, record, provider) {
            log::warn!("an attempt is not counted: {refused}");
        }
    }

    fn try_add(
        &self,
        which: usize,
        record: &Record,
        provider: Option<&Rc<str>>,
    ) -> Result<(), Refused> {
        let Ok(mut series) = self.series.try_borrow_mut() else { return Ok(()) };
        let labels = Labels([record.team.clone(), provider.cloned(), record.registered.clone()]);
        let series = series.entry(labels.clone()).or_default();
        let (Some(metric), Some(id)) = (OTHERS.get(which), series.others.get_mut(which)) else {
            return Ok(());
        };
        let id = match *id {
            Some(id) => id,
            None => *id.insert(define(metric.kind, metric.name, &labels, None)?),
        };
        host::increment_metric(id, 1)
    }

    fn try_count(&self, record: &Record) -> Result<(), Refused> {
        // It is borrowed nowhere else: no host call comes back here.
        let Ok(mut series) = self.series.try_borrow_mut() else { return Ok(()) };
        let labels =
            Labels([record.team.clone(), record.provider.clone(), record.registered.clone()]);
        let series = series.entry(labels.clone()).or_default();
        host::increment_metric(series.requests(record.code, &labels)?, 1)?;
        for (metric, id) in OTHERS.iter().zip(&mut series.others) {
            let Some(value) = metric.of(record) else { continue };
            let id = match *id {
                Some(id) => id,
                None => *id.insert(define(metric.kind, metric.name, &labels, None)?),
            };
            match metric.kind {
                MetricKind::Counter => host::increment_metric(id, value)?,
                MetricKind::Histogram => host::record_metric(id, value)?,
            }
        }
        Ok(())
    }
}

impl Series {
    fn requests(&mut self, code: &'static str, labels: &Labels) -> Result<u32, Refused> {
        if let Some((_, id)) = self.requests.iter().find(|(known, _)| *known == code) {
            return Ok(*id);
        }
        let id = define(MetricKind::Counter, "requests", labels, Some(code))?;
        self.requests.push((code, id));
        Ok(id)
    }
}

impl Labels {
    fn addresses(&self) -> [Option<*const str>; 3] {
        self.0.each_ref().map(|label| label.as_ref().map(Rc::as_ptr))
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Option<*const str>, &Option<*const str>)| match (a, b) {
            (Some(a), Some(b)) => ptr::addr_eq(*a, *b),
            (None, None) => true,
            _ => false,
        };
        self.addresses().iter().zip(&other.addresses()).all(same)
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for label in self.addresses() {
            label.map(<*const str>::cast::<u8>).hash(hasher);
        }
    }
}

#[cold]
fn define(
    kind: MetricKind,
    name: &str,
    Labels([team, provider, model]): &Labels,
    code: Option<&str>,
) -> Result<u32, Refused> {
    let unregistered = provider.as_ref().map(|_| "unregistered");
    let labels = [
        ("team", team.as_deref()),
        ("provider", provider.as_deref()),
        ("model", model.as_deref().or(unregistered)),
    ];
    let mut full = ["llm_router.", name].concat();
    for (label, value) in labels.into_iter().chain(code.map(|code| ("code", Some(code)))) {
        full.extend([".", label, "=.=", &label_value(value.unwrap_or("-")), ";.;"]);
    }
    host::define_metric(kind, &full)
}

/// A value that cannot be taken for the end of one.
fn label_value(value: &str) -> String {
    value.replace(";.;", "_")
}
