//! Places where Envoy would print a provider's credential: once the filter has run, it is in the request's header fields.

use super::summary::Summary;
use crate::finding::Reporter;
use crate::yaml::{Path, Yaml};

/// Envoy's commands that print a field of the request's header.
const COMMANDS: [&str; 2] = ["%REQ(", "%REQUEST_HEADER("];

/// Checks what a connection manager logs, traces and answers.
pub fn check(summary: &Summary, manager: &Yaml, path: &Path<'_>, reporter: &mut Reporter<'_>) {
    manager.visit(&mut |way, yaml| {
        let text = yaml.text().unwrap_or_default().to_ascii_lowercase();
        let printed = summary.credential_headers.iter().find(|header| prints(&text, header));
        let Some(header) = printed else { return };
        // A format may be several steps below the field that it belongs to.
        let is_below = |field| way.nearest(field).is_some();
        if is_below("response_headers_to_add") {
            reporter.error(
                yaml.mark,
                path,
                format_args!(
                    "clients would be sent the provider's credential, which is in {header:?} now"
                ),
            );
        } else if is_below("log_format") || is_below("access_log") || is_below("custom_tags") {
            reporter.warn(
                yaml.mark,
                path,
                format_args!("this prints the provider's credential, which is in {header:?} now"),
            );
        }
    });
}

/// Whether a format prints this header.
fn prints(format: &str, header: &str) -> bool {
    COMMANDS.iter().any(|command| {
        let mut rest = format;
        let command = command.to_ascii_lowercase();
        while let Some((_, after)) = rest.split_once(&*command) {
            let end = after.find([')', ':', '?']).unwrap_or(after.len());
            let alternative = after.split(')').next().unwrap_or_default();
            let names = [after.get(..end), alternative.split('?').nth(1)];
            if names.into_iter().flatten().any(|name| name == header) {
                return true;
            }
            rest = after;
        }
        false
    })
}
