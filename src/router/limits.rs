//! Which limits hold for the model that is called.

use std::rc::Rc;
use std::time::UNIX_EPOCH;

use super::{Decision, Router};
use crate::catalog::Destination;
use crate::host::Host;
use crate::limit::{Limit, LimitedModels};
use crate::meter::Meter;
use crate::team::Caller;

impl Router {
    /// Begins to count for the limits of this configuration, and goes on where that was done before. `scope` tells it from
    /// other configurations in the same VM.
    #[cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "the filter does it"))]
    pub(crate) fn open_limits(&mut self, scope: Box<str>, host: &dyn Host) {
        self.settings.limits_scope = scope;
        let meter = Meter { scope: &self.settings.limits_scope, now: UNIX_EPOCH, host };
        let of_keys = self.keys.iter().flat_map(|key| key.limits());
        let of_teams = self.teams.values().flat_map(|team| &team.limits);
        of_keys.chain(of_teams).for_each(|limit| meter.open(limit));
    }

    /// The limits of a caller that are about some models only, this one among them.
    pub(crate) fn limits_of_model(
        &self,
        caller: &Caller,
        asked: &str,
        decision: &Decision,
    ) -> Vec<Rc<Limit>> {
        let mut limits = Vec::new();
        let is_of_models = |limit: &Rc<Limit>| limit.models.is_some();
        if !caller.limits().into_iter().flatten().any(is_of_models) {
            return limits;
        }
        let Some(found) = self.catalog.resolve(&caller.team().aliases, asked) else {
            return limits;
        };
        let names = found.names().all();
        let is_registered_itself =
            matches!(found.destination, Destination::Registered { captured: None, .. });
        let served_at = |models: &LimitedModels| {
            let further = decision.failover.iter().flat_map(|failover| &failover.targets);
            [decision]
                .into_iter()
                .chain(further)
                .any(|target| models.are_served_as(target.provider.id, &target.upstream_model))
        };
        let is_about = |models: &LimitedModels| {
            models.name_one_of(&names) || (!is_registered_itself && served_at(models))
        };
        for limit in caller.limits().into_iter().flatten() {
            if limit.models.as_ref().is_some_and(is_about) {
                limits.push(Rc::clone(limit));
            }
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::host::tests::Still;
    use crate::router::Router;

    #[test]
    fn every_limit_of_a_key_or_a_team_is_counted_from_the_start_and_counted_on() {
        let configuration = json!({
            "providers": {"p": {"cluster": "p", "auth": "none"}},
            "teams": {
                "t": {
                    "keys": [{"env": "A", "limits": [{"requests": 1, "per": "day"}]}],
                    "models": ["*"],
                    "limits": [{"requests": 2, "per": "day"}, {"tokens": 3, "per": "hour"}],
                },
                "other": {"keys": [{"env": "B"}], "models": ["*"]},
            },
        });
        let environment = |name: &str| Some(name.to_owned());
        let text = configuration.to_string();
        let mut router = Router::from_configuration(text.as_bytes(), &environment).unwrap().router;
        let host = Still::default();
        router.open_limits("scope".into(), &host);
        assert_eq!(host.shared.borrow().len(), 3);
        host.shared.borrow_mut().values_mut().for_each(|count| count.push(7));
        let counted = host.shared.borrow().clone();
        router.open_limits("scope".into(), &host);
        assert_eq!(*host.shared.borrow(), counted);
        router.open_limits("another scope".into(), &host);
        assert_eq!(host.shared.borrow().len(), 6);
    }
}
