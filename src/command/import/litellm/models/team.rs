//! Teams, once it is known what names mean to them.

use super::{Builder, Making};
use crate::import::litellm::callers::Caller;
use crate::import::litellm::credentials::Own;
use crate::import::litellm::lists::{is_match, Access};
use crate::import::plan::{Plan, Team};

impl Builder<'_, '_> {
    /// The team.
    pub(super) fn team(
        &self,
        caller: &Caller<'_>,
        own: &Own,
        making: Making,
        plan: &mut Plan,
    ) -> Team {
        // Who may call what a name stands for may call it by that name.
        let also: Vec<&(String, String)> = self
            .world
            .aliases
            .iter()
            .filter(|(alias, _)| {
                making.aliases.iter().any(|(own, _)| own == alias)
                    || self.world.apart.iter().any(|apart| apart.alias == alias)
            })
            .collect();
        let widened = |access: &Access| {
            let mut access = access.clone();
            for (alias, meant) in &also {
                if access.allows(meant) {
                    access.add(alias);
                }
            }
            access
        };
        let names: Vec<String> = {
            let registered = plan
                .models
                .iter()
                .flat_map(|(name, model)| std::iter::once(name).chain(&model.aliases));
            let own = making.aliases.iter().map(|(alias, _)| alias);
            registered.chain(own).cloned().collect()
        };
        let patterns: Vec<String> =
            names.iter().filter(|name| name.contains('*')).cloned().collect();
        let is_known = |name: &str| {
            names.iter().any(|known| known == name)
                || patterns.iter().any(|pattern| is_match(pattern, name))
        };
        let subject = format!("team {:?}", caller.name);
        let models = widened(&caller.access).written(&subject, is_known, plan);
        let mut keys = Vec::new();
        for key in &caller.keys {
            let subject = match &key.id {
                Some(id) => format!("{subject}: key {id:?}"),
                None => format!("{subject}: a key"),
            };
            let access = key.access.as_ref().map(widened);
            let models = access.and_then(|access| access.written(&subject, is_known, plan));
            keys.push(key.to_node(models));
        }
        let mut model_credentials = Vec::new();
        for (name, list) in &own.of_models {
            if let Some(model) = making.model(name) {
                let serving = self.serving(model, list, plan);
                if !serving.is_empty() {
                    model_credentials.push((model.to_owned(), serving));
                }
            }
        }
        Team {
            models: models.unwrap_or_else(|| vec!["*".to_owned()]),
            keys,
            aliases: making.aliases,
            credentials: own.common.clone(),
            model_credentials,
            limits: caller.limits.clone(),
        }
    }

    /// Those of a list whose providers serve the model; others would be refused.
    fn serving(&self, model: &str, list: &[String], plan: &Plan) -> Vec<String> {
        let model = plan.models.iter().find(|(known, _)| known == model);
        let serves = |name: &&String| {
            let owner = plan.credentials.iter().find(|(known, _)| known == *name);
            owner.zip(model).is_some_and(|((_, credential), (_, model))| {
                model.targets.iter().any(|target| target.provider == credential.provider)
            })
        };
        list.iter().filter(serves).cloned().collect()
    }
}
