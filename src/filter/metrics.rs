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
use crate::price::Cost;
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
    /// Of the others, each at its place in [`Metric::ALL`].
    others: [Option<u32>; Metric::ALL.len()],
    /// What is left of costs until it makes a micro-dollar.
    rest: Cost,
}

/// Declares the metrics besides the counter of requests. A new one is one line here, wherever it reads best.
macro_rules! metrics {
    ($($name:ident: $text:literal, $kind:ident, $value:expr;)*) => {
        /// What is measured of a request besides that it was.
        #[derive(Clone, Copy)]
        enum Metric { $($name,)* }

        impl Metric {
            const ALL: [Self; [$($text),*].len()] = [$(Self::$name,)*];

            fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            fn kind(self) -> MetricKind {
                match self { $(Self::$name => MetricKind::$kind,)* }
            }

            /// What this request adds to it.
            fn value(self, record: &Record) -> Option<u64> {
                let value: fn(&Record) -> Option<u64> = match self { $(Self::$name => $value,)* };
                value(record)
            }
        }
    };
}

metrics! {
    Cooldowns: "cooldowns", Counter, |record| record.cooldown_started.then_some(1);
    PromptTokens: "prompt_tokens", Counter, |record| Some(record.usage?.prompt);
    CompletionTokens: "completion_tokens", Counter, |record| Some(record.usage?.completion);
    // Whole micro-dollars of the costs that have come up: see `Metrics::try_count`.
    Cost: "cost_microusd", Counter, |_| None;
    CachedTokens: "cached_tokens", Counter, |record| Some(record.usage?.cached);
    TimeToFirstByte: "time_to_first_byte_ms", Histogram, |record| millis(record.first_byte_after?);
    UpstreamTime: "upstream_time_ms", Histogram, |record| millis(record.complete_after?);
    UsageErrors: "usage_errors", Counter, |record| Some(u64::from(record.usage_errors));
    UsageUncounted: "usage_uncounted", Counter, |record| Some(u64::from(record.usage_uncounted));
    LimitErrors: "limit_errors", Counter, |record| Some(u64::from(record.limit_errors));
    // Of attempts in a pool, not of a request: see `Metrics::attempt`.
    Attempts: "attempts", Counter, |_| None;
    Failovers: "failovers", Counter, |_| None;
}

impl Metric {
    /// What is to be told of this request: not that a counter stays what it is.
    fn of(self, record: &Record) -> Option<u64> {
        self.value(record).filter(|value| *value > 0 || self.kind() == MetricKind::Histogram)
    }

    /// Adds `value` to it, under the id that Envoy gave it, or gives it once it is needed.
    fn add(self, value: u64, labels: &Labels, id: &mut Option<u32>) -> Result<(), Refused> {
        let id = match *id {
            Some(id) => id,
            None => *id.insert(define(self.kind(), self.name(), labels, None)?),
        };
        match self.kind() {
            MetricKind::Counter => host::increment_metric(id, value),
            MetricKind::Histogram => host::record_metric(id, value),
        }
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
        self.add(Metric::Attempts, record, record.provider.as_ref());
        if after.is_some() {
            self.add(Metric::Failovers, record, after);
        }
    }

    /// Counts a cooldown that an attempt has started.
    pub fn cooldown(&self, record: &Record) {
        self.add(Metric::Cooldowns, record, record.provider.as_ref());
    }

    /// Adds one to a metric of attempts.
    fn add(&self, metric: Metric, record: &Record, provider: Option<&Rc<str>>) {
        if let Err(refused) = self.try_add(metric, record, provider) {
            log::warn!("an attempt is not counted: {refused}");
        }
    }

    fn try_add(
        &self,
        metric: Metric,
        record: &Record,
        provider: Option<&Rc<str>>,
    ) -> Result<(), Refused> {
        let Ok(mut series) = self.series.try_borrow_mut() else { return Ok(()) };
        let labels = Labels([record.team.clone(), provider.cloned(), record.registered.clone()]);
        let series = series.entry(labels.clone()).or_default();
        let Some(id) = series.others.get_mut(metric as usize) else { return Ok(()) };
        metric.add(1, &labels, id)
    }

    fn try_count(&self, record: &Record) -> Result<(), Refused> {
        // It is borrowed nowhere else: no host call comes back here.
        let Ok(mut series) = self.series.try_borrow_mut() else { return Ok(()) };
        let labels =
            Labels([record.team.clone(), record.provider.clone(), record.registered.clone()]);
        let series = series.entry(labels.clone()).or_default();
        host::increment_metric(series.requests(record.code, &labels)?, 1)?;
        for (metric, id) in Metric::ALL.into_iter().zip(&mut series.others) {
            if let Some(value) = metric.of(record) {
                metric.add(value, &labels, id)?;
            }
        }
        let cost = record.cost.unwrap_or_default().take_microdollars(&mut series.rest);
        match series.others.get_mut(Metric::Cost as usize) {
            Some(id) if cost > 0 => Metric::Cost.add(cost, &labels, id),
            _ => Ok(()),
        }
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
