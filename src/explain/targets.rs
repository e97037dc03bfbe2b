//! What becomes of each target of a model.

use super::{Exclusion, ExplainedTarget, TargetStatus};
use crate::catalog::{Destination, Resolution};
use crate::credential::Authorization;
use crate::endpoint::{Endpoints, Operation};
use crate::provider::Api;
use crate::provider_data::ProviderData;
use crate::router::{Candidate, Decision, Router};
use crate::team::Caller;

impl Router {
    /// Every target, also those that the router does not consider.
    pub(super) fn explain_targets(
        &self,
        caller: &Caller,
        found: &Resolution<'_>,
        operation: Operation,
        decision: Option<&Decision>,
    ) -> Vec<ExplainedTarget> {
        let own = ProviderData::default();
        let api = Api::of(operation);
        let considered = self.candidates(caller, found, api, &own);
        let chosen = decision.and_then(|decision| {
            considered.iter().find(|candidate| {
                candidate.provider.id == decision.provider.id
                    && candidate.upstream_model == decision.upstream_model
            })
        });
        let is_considered = |one: &Candidate<'_>| {
            considered.iter().any(|candidate| {
                candidate.provider.id == one.provider.id
                    && candidate.upstream_model == one.upstream_model
            })
        };
        let pin = found.pinned_to();
        let status = |candidate: &Candidate<'_>| match (pin, chosen) {
            (Some(pin), _) if pin.id != candidate.provider.id => {
                TargetStatus::LeftOut(Exclusion::PinnedElsewhere)
            }
            _ if !is_considered(candidate) => TargetStatus::LeftOut(Exclusion::Restricted),
            _ if !candidate.endpoints.contains(operation) => {
                TargetStatus::LeftOut(Exclusion::NotServedThere)
            }
            _ if candidate.authorization.is_none() => {
                TargetStatus::LeftOut(Exclusion::NoCredential)
            }
            (_, Some(chosen)) if candidate.ranks_with(chosen) => TargetStatus::Chosen,
            (_, Some(_)) => TargetStatus::RanksBehind,
            (_, None) => TargetStatus::LeftOut(Exclusion::Refused),
        };
        let all: Vec<Candidate<'_>> = match found.destination {
            Destination::Registered { model, captured } => (model.targets.iter())
                .map(|target| {
                    let authorization =
                        caller.authorization(&target.provider, api, Some(model.id), &own);
                    Candidate::at(target, model, captured.unwrap_or_default(), authorization)
                })
                .collect(),
            Destination::Unregistered { .. } => self.candidates(caller, found, api, &own),
        };
        let mut targets: Vec<_> =
            all.iter().map(|one| explained(caller, found, one, status(one))).collect();
        targets.sort_by(|a, b| {
            let cost = |one: &ExplainedTarget| one.cost.unwrap_or(f64::INFINITY);
            a.priority.cmp(&b.priority).then(cost(a).total_cmp(&cost(b)))
        });
        targets
    }
}

fn explained(
    caller: &Caller,
    found: &Resolution<'_>,
    candidate: &Candidate<'_>,
    status: TargetStatus,
) -> ExplainedTarget {
    let fits = |operation: &Operation| found.fits(*operation).is_ok();
    let endpoints: Endpoints = candidate.endpoints.iter().filter(fits).collect();
    let provider = candidate.provider;
    let credential = match candidate.authorization {
        Some(Authorization::Credential(_)) => {
            caller.configured_credential(provider, candidate.registered.map(|model| model.id))
        }
        _ => None,
    };
    ExplainedTarget {
        provider: provider.name.to_string(),
        model: candidate.upstream_model.to_string(),
        priority: candidate.priority,
        cost: Some(candidate.cost).filter(|cost| cost.is_finite()),
        weight: candidate.weight,
        endpoints: endpoints.paths(),
        credential: credential.and_then(|(owner, handle)| {
            Some((provider.credentials.get(handle)?.name.to_string(), owner))
        }),
        status,
    }
}
