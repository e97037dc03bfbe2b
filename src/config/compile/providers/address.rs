//! Where a provider's requests go: host and path.

use super::Builder;
use crate::config::raw::Path;
use crate::config::report::Report;
use crate::provider::{is_path, Authority, PathRule, Template};

impl Builder<'_, '_> {
    pub(super) fn authority(&self, report: &mut Report) -> Option<String> {
        let region = self.provider.region.as_deref();
        if let Some(given) = &self.provider.authority {
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
        if region.is_some()
            && !matches!(self.kind.map(|kind| kind.authority), Some(Authority::Regional(_)))
        {
            report.error(self.at.key("region"), "only the kind `bedrock` has regions");
        }
        match self.kind?.authority {
            Authority::Fixed(host) => Some(host.to_owned()),
            Authority::AsSent => None,
            Authority::Configured => {
                report.error(
                    self.at.key("authority"),
                    "this kind needs it: the host of your own resource",
                );
                None
            }
            Authority::Regional(template) => {
                let Some(region) = region else {
                    report.error(
                        self.at.key("region"),
                        "this kind needs a region, or an `authority`",
                    );
                    return None;
                };
                let allowed =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                if region.is_empty() || !region.bytes().all(allowed) {
                    report.error(self.at.key("region"), format_args!("{region:?} is no region"));
                }
                Some(template.replace("{region}", region))
            }
        }
    }

    pub(super) fn path(&self, report: &mut Report) -> PathRule {
        let api_version = self.api_version(report);
        let at = self.at.key("path");
        let Some(Path { strip, prefix, template }) = &self.provider.path else {
            return match (api_version, self.kind) {
                (Some(rule), _) => rule,
                (None, Some(kind)) => PathRule::Base(kind.prefix.into()),
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
        if self.kind.map(|kind| kind.name) != Some("azure-openai") {
            report.error(at, "only the kind `azure-openai` has API versions");
            return None;
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        if version.is_empty() || !version.bytes().all(allowed) {
            report.error(at, format_args!("{version:?} is no API version"));
            return None;
        }
        let path = format!("/openai/deployments/{{model}}/{{endpoint}}?api-version={version}");
        Template::parse(&path).ok().map(PathRule::Template)
    }
}
