//! Counters and histograms.
//!
//! A metric's name carries its labels in the form `name.label=.=value;.;…`, from which Envoy's `stats_tags` (and Istio's
//! own) take them. Envoy keeps a metric for ever: so every value of a label comes from the configuration, never from a
//! client.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::host::{self, MetricKind, Refused};
use crate::exchange::Record;

/// The metrics of one VM, each with the id that Envoy gave it.
#[derive(Default)]
pub struct Metrics {
    ids: RefCell<HashMap<Series, u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Series {
    name: &'static str,
    kind: MetricKind,
    team: Option<Rc<str>>,
    provider: Option<Rc<str>>,
    model: Option<Rc<str>>,
    code: Option<&'static str>,
}

impl Metrics {
    /// Counts a request that is over.
    pub fn count(&self, record: &Record) {
        let tokens = record.usage.unwrap_or_default();
        self.add("requests", MetricKind::Counter, record, Some(record.code), Some(1));
        if record.rests {
            self.add("cooldowns", MetricKind::Counter, record, None, Some(1));
        }
        for (name, tokens) in [
            ("prompt_tokens", tokens.prompt),
            ("completion_tokens", tokens.completion),
            ("cached_tokens", tokens.cached),
        ] {
            let counted = Some(tokens).filter(|tokens| *tokens > 0);
            self.add(name, MetricKind::Counter, record, None, counted);
        }
        let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).ok();
        let first_byte = record.first_byte_after.and_then(millis);
        let complete = record.complete_after.and_then(millis);
        self.add("time_to_first_byte_ms", MetricKind::Histogram, record, None, first_byte);
        self.add("upstream_time_ms", MetricKind::Histogram, record, None, complete);
    }

    fn add(
        &self,
        name: &'static str,
        kind: MetricKind,
        record: &Record,
        code: Option<&'static str>,
        value: Option<u64>,
    ) {
        let Some(value) = value else { return };
        let series = Series {
            name,
            kind,
            team: record.team.clone(),
            provider: record.provider.clone(),
            model: record.registered.clone(),
            code,
        };
        let added = self.id(&series).and_then(|id| match kind {
            MetricKind::Counter => host::increment_metric(id, value),
            MetricKind::Histogram => host::record_metric(id, value),
        });
        if let Err(refused) = added {
            log::warn!("the metric {name} is not counted: {refused}");
        }
    }

    fn id(&self, series: &Series) -> Result<u32, Refused> {
        if let Some(id) = self.ids.try_borrow().ok().and_then(|ids| ids.get(series).copied()) {
            return Ok(id);
        }
        let id = host::define_metric(series.kind, &series.full_name())?;
        if let Ok(mut ids) = self.ids.try_borrow_mut() {
            ids.insert(series.clone(), id);
        }
        Ok(id)
    }
}

impl Series {
    fn full_name(&self) -> String {
        let unregistered = self.provider.as_ref().map(|_| "unregistered");
        let labels = [
            ("team", self.team.as_deref()),
            ("provider", self.provider.as_deref()),
            ("model", self.model.as_deref().or(unregistered)),
        ];
        let mut name = ["llm_router.", self.name].concat();
        for (label, value) in labels.into_iter().chain(self.code.map(|code| ("code", Some(code)))) {
            name.push_str(&format!(".{label}=.={};.;", label_value(value.unwrap_or("-"))));
        }
        name
    }
}

/// A value that cannot be taken for the end of one.
fn label_value(value: &str) -> String {
    value.replace(";.;", "_")
}
