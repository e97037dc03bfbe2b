//! Where a provider's requests go by its kind: host and path.

use super::Builder;
use crate::config::raw::Path;
use crate::config::report::{At, Report};
use crate::endpoint::Operation;
use crate::provider::{is_path, Authority, Field, Kind, KnownPlace, NoHost, PathRule, Template};

/// The path of a place, and those of its endpoints that have one of their own.
pub type Paths = (PathRule, Vec<(Operation, PathRule)>);

impl Builder<'_, '_> {
    /// The kind's host; `None` where the configuration writes one, or the client's is left alone.
    pub(super) fn host(&self, report: &mut Report) -> Option<String> {
        if self.provider.authority.is_some() {
            return None;
        }
        let region = self.provider.region.as_deref();
        let at = self.at.key("region");
        if region.is_some() && !self.kind.is_some_and(|kind| kind.authority.has_regions()) {
            report.error(at, format_args!("only these kinds have regions: {}", regional()));
        }
        let kind = self.kind?;
        match (kind.authority.host(region), kind.authority) {
            (Ok(host), _) => return host,
            (Err(NoHost::NotConfigured), _) => report.error(
                self.at.key("authority"),
                "this kind needs it: the host of your own resource",
            ),
            (Err(NoHost::UnknownRegion), Authority::Regional { hosts, .. }) => {
                let names: Vec<_> = hosts.iter().map(|(name, _)| *name).collect();
                report.error(at, format_args!("this kind is in {}", names.join(", ")));
            }
            (Err(_), _) => report.error(at, "this kind needs a region, or an `authority`"),
        }
        None
    }

    /// Checks the fields that the kind fills into its host and its paths.
    pub(super) fn check_fields(&self, report: &mut Report) {
        for field in Field::ALL {
            let Some(value) = self.field(field) else { continue };
            let at = self.at.key(field.as_str());
            if value.is_empty() || !value.bytes().all(|byte| field.allows(byte)) {
                report.error(at, format_args!("{value:?} is no {}", field.words()));
            }
            // Of regions the host has more to say.
            let is_used = |kind: &Kind| kind.fields().any(|used| used == field);
            if field != Field::Region && !self.kind.is_some_and(is_used) {
                let kinds = Kind::all().filter(|kind| is_used(kind)).map(|kind| kind.name);
                let kinds = kinds.collect::<Vec<_>>().join(", ");
                report.error(at, format_args!("only these kinds have a use for it: {kinds}"));
            }
        }
    }

    /// The paths of a place that the kind knows. The fields that they lack are added to `missing`.
    pub(super) fn known_paths(&self, known: &KnownPlace, missing: &mut Vec<Field>) -> Paths {
        let path = self.filled(known.path, missing);
        let own = known.elsewhere.iter();
        let own =
            own.filter_map(|(operation, path)| Some((*operation, self.filled(path, missing)?)));
        (path.unwrap_or(PathRule::AsSent), own.collect())
    }

    /// One of the kind's paths, with the fields of the configuration in it.
    fn filled(&self, path: &str, missing: &mut Vec<Field>) -> Option<PathRule> {
        let filled = match Field::fill(path, |field| self.field(field)) {
            Ok(filled) => filled,
            Err(field) => {
                missing.push(field);
                return None;
            }
        };
        match filled.strip_suffix("/{endpoint}") {
            Some(prefix) if !prefix.contains('{') => Some(PathRule::Base(prefix.into())),
            // What was wrong with a field was reported.
            _ => Template::parse(&filled).ok().map(PathRule::Template),
        }
    }

    fn field(&self, field: Field) -> Option<&str> {
        let value = match field {
            Field::Region => &self.provider.region,
            Field::Project => &self.provider.project,
            Field::Account => &self.provider.account,
            Field::ApiVersion => &self.provider.api_version,
        };
        value.as_deref()
    }
}

/// The rule that a written path is.
pub fn rule(path: &Path, at: At<'_>, report: &mut Report) -> PathRule {
    let Path { strip, prefix, template, .. } = path;
    if let Some(template) = template {
        if strip.is_some() || prefix.is_some() {
            report.error(at.key("template"), "give either this or `strip` and `prefix`");
        }
        return Template::parse(template).map(PathRule::Template).unwrap_or_else(|error| {
            report.error(at.key("template"), error);
            PathRule::AsSent
        });
    }
    for (field, text) in [("strip", strip), ("prefix", prefix)] {
        let text = text.as_deref().unwrap_or_default();
        if !text.is_empty() && (!is_path(text) || text.ends_with('/') || text.contains('?')) {
            report.error(
                at.key(field),
                "this begins with `/`, does not end with it and holds no `?`",
            );
        }
    }
    PathRule::Front {
        strip: strip.as_deref().unwrap_or_default().into(),
        prefix: prefix.as_deref().unwrap_or_default().into(),
    }
}

/// The names of the kinds that have regions.
fn regional() -> String {
    let kinds = Kind::all().filter(|kind| kind.authority.has_regions());
    kinds.map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}
