//! The filter's metrics as Prometheus scrapes them off Envoy.

use super::artefacts;
use std::collections::{BTreeMap, BTreeSet};

/// What the name of each begins with. Envoy's own about the filter begin with `envoy_`.
const PREFIX: &str = "llm_router_";

/// And what those begin with that a filter in a pool tells, before Envoy 1.39.
const OLD_PREFIX_IN_POOLS: &str = "envoy_cluster_wasmcustom_llm_router_";

/// One scrape, of the filter's own metrics alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics(Vec<Sample>);

#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Reads the text format (`name{label="value",…} number`).
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(own).map(sample).collect())
    }

    /// The sum over all series of a metric that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| {
            let mut wanted = labels.iter();
            wanted.all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value))
        };
        self.of(name).filter(has).map(|sample| sample.value).sum()
    }

    /// Every series of a metric, by its labels.
    pub fn series(&self, name: &str) -> BTreeMap<BTreeMap<String, String>, f64> {
        self.of(name).map(|sample| (sample.labels.clone(), sample.value)).collect()
    }

    /// The name of every metric, without what all begin with.
    pub fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|sample| sample.name.as_str()).collect()
    }

    /// Every value that a label has anywhere.
    pub fn values(&self, label: &str) -> BTreeSet<&str> {
        self.0.iter().filter_map(|sample| sample.labels.get(label)).map(String::as_str).collect()
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

/// A line that is of a metric of the filter's own, without what all begin with.
fn own(line: &str) -> Option<&str> {
    let in_pool = (artefacts::envoy_minor() < 39).then(|| line.strip_prefix(OLD_PREFIX_IN_POOLS));
    line.strip_prefix(PREFIX).or(in_pool.flatten())
}

fn sample(line: &str) -> Sample {
    read(line).unwrap_or_else(|| panic!("no sample: {line}"))
}

fn read(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let mut rest = labels.strip_suffix('}')?;
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"")?;
        let end = quoted.find("\",").unwrap_or(quoted.len().checked_sub(1)?);
        labels.insert(label.to_owned(), quoted[..end].to_owned());
        rest = quoted.get(end + 2..).unwrap_or_default();
    }
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}
