//! Fallbacks become targets of a lower rank, for those who may call them by themselves.

use super::meanings::World;
use super::Settings;
use crate::import::plan::Plan;
use crate::yaml::Yaml;

/// Reads `fallbacks` and `default_fallbacks`.
pub fn read<'w>(settings: &Settings<'w>, world: &mut World<'w, '_>, plan: &mut Plan) {
    let holders: Vec<_> = [settings.router, settings.litellm].into_iter().flatten().collect();
    let lists = holders.iter().filter_map(|holder| holder.get("fallbacks"));
    for entry in lists.flat_map(Yaml::items).flat_map(Yaml::entries) {
        let line = entry.mark.line;
        let is_group = |name: &str| {
            let is_plain = !name.contains('*') && world.names.contains(&name);
            is_plain || world.aliases.iter().any(|(alias, _)| alias == name)
        };
        if entry.key != "*" && !is_group(&entry.key) {
            plan.remarks.lost(format_args!(
                "line {line}: fallbacks of {:?}: not carried over: it is no model here",
                entry.key
            ));
            world.of_patterns.push(entry.key.clone());
            continue;
        }
        let others = names(&entry.value, line, world, plan);
        if !world.fallbacks.iter().any(|(model, _)| *model == entry.key) {
            world.fallbacks.push((entry.key.clone(), others));
        }
    }
    let defaults = holders.iter().filter_map(|holder| holder.get("default_fallbacks"));
    for list in defaults {
        let others = names(list, list.mark.line, world, plan);
        world.default_fallbacks.extend(others);
    }
    for alias in World::read_aliases(settings) {
        let is_there = world.aliases.iter().any(|(known, _)| known == alias.alias);
        if is_there && world.fallbacks_of(alias.asked) != world.fallbacks_of(alias.meant) {
            world.apart.push(alias);
        }
    }
}

fn names(list: &Yaml, line: usize, world: &World<'_, '_>, plan: &mut Plan) -> Vec<String> {
    let mut known = Vec::new();
    for item in list.items() {
        // A fallback may be an object that replaces more of the request than its model.
        let Some(name) = item.text() else {
            plan.remarks
                .lost(format_args!("line {line}: a fallback that is no name: not carried over"));
            continue;
        };
        match is_known(world, name) {
            true => known.push(name.to_owned()),
            false => plan.remarks.lost(format_args!(
                "line {line}: fallback {name:?}: not carried over: it is no model here"
            )),
        }
    }
    known
}

fn is_known(world: &World<'_, '_>, name: &str) -> bool {
    let is_alias = world.aliases.iter().any(|(alias, _)| alias == name);
    is_alias || world.names.contains(&name) || world.pattern_of(name).is_some()
}
