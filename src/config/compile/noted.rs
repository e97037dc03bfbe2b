//! Which members of bodies the configuration asks for, beside those that every request is read for.

use std::rc::Rc;

use crate::affinity::SessionSource;
use crate::body::{STREAM, STREAM_OPTIONS};
use crate::catalog::{Catalog, Model};
use crate::team::CONTINUATIONS;

/// The members that some model's affinity reads, that some target changes, that tell of a stream's tokens, or that refer to
/// what is stored at a provider. Where there are none, no request costs more.
#[inline(never)]
pub fn members(catalog: &Catalog, has_resources: bool) -> Rc<[Rc<str>]> {
    let mut names: Vec<Rc<str>> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| **known == *name) {
            names.push(name.into());
        }
    };
    let mut add_of = |model: &Model| {
        for source in model.affinity.iter().flat_map(|affinity| &affinity.sources) {
            if let SessionSource::Member { name, .. } = source {
                add(name);
            }
        }
        let parameters = model.targets.iter().filter_map(|target| target.parameters.as_ref());
        parameters.flat_map(|parameters| parameters.names()).for_each(&mut add);
    };
    catalog.models.values().for_each(|model| add_of(model));
    catalog.patterns.iter().for_each(|(_, model)| add_of(model));
    if has_resources {
        CONTINUATIONS.into_iter().for_each(&mut add);
    }
    if catalog.providers.values().any(|provider| provider.stream_usage) {
        [STREAM, STREAM_OPTIONS].into_iter().for_each(add);
    }
    names.sort();
    names.into()
}
