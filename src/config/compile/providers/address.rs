//! Where a provider's requests go: host and path.

use super::{clients_host, Builder};
use crate::config::raw::Path;
use crate::config::report::Report;
use crate::provider::{is_path, Authority, Field, Kind, NoHost, PathRule, Template};

impl Builder<'_, '_> {
    pub(super) fn authority(&self, report: &mut Report) -> Option<String> {
        let region = self.provider.region.as_deref();
        if let Some(given) = &self.provider.authority {
            if given == clients_host::WRITTEN {
                return None;
            }
            if given.is_empty()
                || !given.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
            {
                report.error(
                    self.at.key("authority"),
                    "this is no authority (a host, and a port if need be)",
                );
            }
            return Some(given.clone());
        }
        let at = self.at.key("region");
        if region.is_some() && !self.kind.is_some_and(|kind| kind.authority.has_regions()) {
            report.error(at, format_args!("only these kinds have regions: {}", regional()));
        }
        let kind = self.kind?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if let Some(name) = region.filter(|name| name.is_empty() || !name.bytes().all(allowed)) {
            report.error(at, format_args!("{name:?} is no region"));
        }
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

    pub(super) fn path(&self, report: &mut Report) -> PathRule {
        let api_version = self.api_version(report);
        let at = self.at.key("path");
        let Some(Path { strip, prefix, template }) = &self.provider.path else {
            return match (api_version, self.kind) {
                (Some(rule), _) => rule,
                (None, Some(kind)) => self.base(kind, report),
                (None, None) => PathRule::AsSent,
            };
        };
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

    /// The path of Azure's deployments API, which is the one that has versions.
    fn api_version(&self, report: &mut Report) -> Option<PathRule> {
        let version = self.provider.api_version.as_deref()?;
        let at = self.at.key("api_version");
        if self.kind.is_none_or(|kind| kind.versioned.is_empty()) {
            report.error(at, "only the kind `azure-openai` has API versions");
            return None;
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        if version.is_empty() || !version.bytes().all(allowed) {
            report.error(at, format_args!("{version:?} is no API version"));
            return None;
        }
        let place = self.kind?.versioned.first()?;
        let path = Field::fill(place.path, |_| Some(version)).ok()?;
        Template::parse(&path).ok().map(PathRule::Template)
    }

    /// The path of the kind's first API.
    fn base(&self, kind: &Kind, report: &mut Report) -> PathRule {
        kind.prefix().map(|prefix| PathRule::Base(prefix.into())).unwrap_or_else(|| {
            let fields: Vec<_> = kind.fields().map(Field::as_str).collect();
            report.error(
                self.at.key("path"),
                format_args!("this kind needs it: it differs by {}", fields.join(" and ")),
            );
            PathRule::AsSent
        })
    }
}

/// The names of the kinds that have regions.
fn regional() -> String {
    let kinds = Kind::all().filter(|kind| kind.authority.has_regions());
    kinds.map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}
