//! Pools: the Envoy clusters in which several providers are endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{entries, items, Providers};
use crate::catalog::Pool;
use crate::config::raw::{Configuration, Model};
use crate::config::report::{At, Report};
use crate::header;
use crate::id::ProviderId;
use crate::provider::Provider;

/// The pools by their clusters' names.
pub type Pools<'a> = BTreeMap<&'a str, Rc<Pool>>;

/// Collects the pools that models name.
pub fn compile<'a>(
    raw: &'a Configuration,
    providers: &Providers,
    report: &mut Report,
) -> Pools<'a> {
    let root = At::Root;
    let list = root.key("models");
    let mut members: BTreeMap<&str, BTreeSet<ProviderId>> = BTreeMap::new();
    for (name, model) in entries(&raw.models) {
        let Some(cluster) = model.failover_cluster.as_deref() else { continue };
        let model_at = list.key(name);
        let at = model_at.key("failover_cluster");
        check(cluster, providers, at, report);
        let own = providers_of(model, providers);
        if own.len() < 2 {
            report.warn(at, "it never fails over: its targets are not at several providers");
        }
        members.entry(cluster).or_default().extend(own);
    }
    warn_of_parts(raw, providers, &members, report);
    let mut pools = Pools::new();
    for (cluster, members) in members {
        pools.insert(cluster, Rc::new(Pool { cluster: cluster.into(), members }));
    }
    pools
}

fn check(cluster: &str, providers: &Providers, at: At<'_>, report: &mut Report) {
    if cluster.is_empty() || !header::is_value(cluster) {
        report.error(at, "a cluster's name is not empty and fits in a header");
    }
    let is_its =
        |provider: &&Rc<Provider>| provider.places.iter().any(|place| *place.cluster == *cluster);
    if let Some(provider) = providers.values().find(is_its) {
        report.error(
            at,
            format_args!(
                "this is the cluster of provider {:?}: a pool is a cluster of its own, with an endpoint for each provider",
                provider.name
            ),
        );
    }
}

/// A team that cannot use all of three providers can still use two of them, but only a subset of the endpoints.
fn warn_of_parts(
    raw: &Configuration,
    providers: &Providers,
    members: &BTreeMap<&str, BTreeSet<ProviderId>>,
    report: &mut Report,
) {
    if raw.failover.as_ref().is_some_and(|failover| failover.subset_header.is_some()) {
        return;
    }
    let root = At::Root;
    let list = root.key("models");
    for (name, model) in entries(&raw.models) {
        let Some(cluster) = model.failover_cluster.as_deref() else { continue };
        let all = members.get(cluster).map_or(0, BTreeSet::len);
        let model_at = list.key(name);
        let at = model_at.key("failover_cluster");
        let own = providers_of(model, providers).len();
        if own > 1 && own < all {
            report.warn(
                at,
                "it never fails over: other models have more providers in this pool, and there is no `failover.subset_header` to leave them out",
            );
        } else if own > 2 {
            report.warn(
                at,
                "whoever cannot use all providers of this pool goes to one alone: there is no `failover.subset_header` to leave the others out",
            );
        }
    }
}

/// The providers of a model's targets.
fn providers_of(model: &Model, providers: &Providers) -> BTreeSet<ProviderId> {
    let named = items(&model.targets).filter_map(|(_, target)| target.provider.as_deref());
    let mut ids = BTreeSet::new();
    ids.extend(named.filter_map(|name| Some(providers.get(name)?.id)));
    ids
}
