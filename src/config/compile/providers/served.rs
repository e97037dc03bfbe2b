//! The endpoints that a provider serves.

use super::Builder;
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{unknown, At, Report};
use crate::endpoint::{Endpoints, Form, Operation};
use crate::provider::{Api, KnownPlace, Places};

impl Builder<'_, '_> {
    /// The endpoints that are listed; else those of the kind and of the APIs that the configuration adds to it, or, where there is
    /// no kind, all but those of Gemini's and Bedrock's own APIs.
    pub(super) fn endpoints(&self, report: &mut Report) -> Endpoints {
        let Some(list) = &self.provider.endpoints else { return self.known_endpoints() };
        let at = self.at.key("endpoints");
        let listed = listed(list, at, report);
        let has = |api: Api| {
            self.kind.is_none()
                || self.known_places().iter().any(|known| known.api == api)
                || self.added_apis().any(|added| added == api)
        };
        for operation in listed.iter().filter(|operation| !has(Api::of(*operation))) {
            let (endpoint, api) = (operation.path(), Api::of(operation).as_str());
            report.error(
                at,
                format_args!(
                    "the kind does not have the API of {endpoint:?}: say where the provider has it, in `apis.{api}`"
                ),
            );
        }
        listed
    }

    /// Refuses a path without a model in an API that has it nowhere else.
    pub(super) fn check_native_paths(
        &self,
        places: &Places,
        endpoints: Endpoints,
        report: &mut Report,
    ) {
        for operation in endpoints.iter().filter(|one| Form::native(*one).is_some()) {
            let api = Api::of(operation);
            if !places.of(api).path(Some(operation)).keeps_model() {
                let message = format_args!(
                    "the path of {:?} must have {{model}}, which stands nowhere else: write it in `apis.{}.path`",
                    operation.path(),
                    api.as_str(),
                );
                report.error(self.at.key("path"), message);
                return;
            }
        }
    }

    fn known_endpoints(&self) -> Endpoints {
        // An API that has its models in the path is nobody's but its maker's, unless the configuration has a place for it.
        let is_usual = |operation| self.kind.is_none() && Form::native(operation).is_none();
        let is_added = |operation| self.added_apis().any(|api| api == Api::of(operation));
        let own = Operation::ALL.into_iter().filter(|one| is_usual(*one) || is_added(*one));
        let known = self.known_places().iter().flat_map(KnownPlace::served);
        known.chain(own).collect()
    }
}

/// The endpoints in a list of their paths.
pub fn listed(list: &List<Text>, at: At<'_>, report: &mut Report) -> Endpoints {
    if list.is_empty() {
        report.error(at, "nothing would be served; name an endpoint, or leave this out");
    }
    let mut found = Vec::new();
    for (index, path) in list.iter() {
        match Operation::at(path) {
            Some(operation) => found.push(operation),
            None => {
                let known = Operation::ALL.map(Operation::path);
                report.error(at.index(index), unknown("endpoint", path, known));
            }
        }
    }
    found.into_iter().collect()
}
