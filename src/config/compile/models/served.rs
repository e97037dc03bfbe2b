//! Errors and warnings of where a model's targets are served.

use super::Builder;
use crate::catalog::{Model, Target};
use crate::config::report::{At, Report};
use crate::endpoint::{Endpoints, Operation};
use crate::model_type::Type;

impl Builder<'_> {
    /// Refuses endpoints of a target that its provider does not serve, and warns of those that its kind is known not to
    /// serve such a model at.
    pub(super) fn check_endpoints(&self, target: &Target, at: At<'_>, report: &mut Report) {
        let Some(listed) = target.endpoints else { return };
        let at = at.key("endpoints");
        let provider = &target.provider;
        let missing = listed.without(provider.endpoints);
        if !missing.is_empty() {
            report.error(
                at,
                format_args!("provider {:?} does not serve {}", provider.name, joined(missing)),
            );
        }
        let model = target.model.to_string();
        let doubtful = listed.and(provider.endpoints).without(provider.endpoints_of(&model));
        if !doubtful.is_empty() {
            report.warn(
                at,
                format_args!(
                    "provider {:?} is known not to serve {model:?} at {}",
                    provider.name,
                    joined(doubtful)
                ),
            );
        }
    }

    /// Warns of targets that no request can go to, and of clients that none of the targets is for.
    pub(super) fn warn_of_unserved(&self, model: &Model, report: &mut Report) {
        let of_type = endpoints_for(model.kind);
        let list = self.at.key("targets");
        let mut all = Endpoints::default();
        for (index, target) in model.targets.iter().enumerate() {
            let endpoints = target.endpoints(&target.model.to_string());
            let served = endpoints.and(of_type);
            all = all.or(served);
            if served.is_empty() {
                let kind = model.kind.map_or(String::new(), |kind| format!(" for type {kind}"));
                report.warn(
                    list.index(index),
                    format_args!(
                        "it is never called: provider {:?} serves {:?} at no endpoint{kind}{}",
                        target.provider.name,
                        target.model.to_string(),
                        but_at(endpoints),
                    ),
                );
            }
        }
        let chat = Operation::ChatCompletions;
        let is_without_chat = |target: &&Target| {
            let provider = &target.provider;
            target.endpoints.is_none()
                && provider.endpoints.contains(chat)
                && !provider.endpoints_of(&target.model.to_string()).contains(chat)
        };
        if all.is_empty() || all.contains(chat) || !of_type.contains(chat) {
            return;
        }
        if let Some(target) = model.targets.iter().find(is_without_chat) {
            report.warn(
                self.at,
                format_args!(
                    "clients of {} are not served: provider {:?} has {:?} at {} alone; add a target that serves it there, \
                     or list the `endpoints` of this one",
                    chat.path(),
                    target.provider.name,
                    target.model.to_string(),
                    joined(all),
                ),
            );
        }
    }
}

/// The endpoints that are for models of a type.
fn endpoints_for(kind: Option<Type>) -> Endpoints {
    let fits =
        |operation: &Operation| kind.is_none_or(|kind| operation.model_types().contains(&kind));
    Operation::ALL.into_iter().filter(fits).collect()
}

fn but_at(endpoints: Endpoints) -> String {
    match endpoints.is_empty() {
        true => String::new(),
        false => format!(", but at {}", joined(endpoints)),
    }
}

fn joined(endpoints: Endpoints) -> String {
    endpoints.paths().join(", ")
}
