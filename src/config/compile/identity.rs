//! How callers are recognised.

use super::settings::{check_name, cluster_header, key_headers, team_header};
use super::{is_known, items};
use crate::config::raw::{Configuration, Identity as RawIdentity};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::header::CREDENTIAL_HEADERS;
use crate::identity::{AttributesMetadata, Identity, MetadataPath};

/// Compiles how callers are recognised.
pub fn compile(raw: &Configuration, report: &mut Report) -> Identity {
    let root = At::Root;
    let at = root.key("identity");
    check_key_headers(raw, at.key("key_headers"), report);
    let mut identity = Identity {
        key_headers: key_headers(raw).map(|(_, name)| name.into_boxed_str()).collect(),
        team_header: checked_team_header(raw, at.key("team_header"), report),
        ..Identity::default()
    };
    let Some(RawIdentity { team_metadata, attributes_metadata, anonymous_team, .. }) =
        &raw.identity
    else {
        return identity;
    };
    identity.team_metadata = path(team_metadata, at.key("team_metadata"), report);
    if let Some(raw) = attributes_metadata {
        let at = at.key("attributes_metadata");
        identity.attributes_metadata = AttributesMetadata {
            roles: path(&raw.roles, at.key("roles"), report),
            projects: path(&raw.projects, at.key("projects"), report),
            namespaces: path(&raw.namespaces, at.key("namespaces"), report),
        };
    }
    if let Some(team) = anonymous_team {
        is_known(team, &raw.teams, "team", at.key("anonymous_team"), report);
        identity.anonymous_team = Some(team.as_str().into());
    }
    identity
}

fn check_key_headers(raw: &Configuration, at: At<'_>, report: &mut Report) {
    let given = raw.identity.as_ref().and_then(|identity| identity.key_headers.as_ref());
    if given.is_some_and(List::is_empty) {
        report.error(at, "no caller could show a key; name a header, or leave this out");
    }
    for (index, name) in key_headers(raw) {
        check_name(&name, at.index(index), report);
        if name == cluster_header(raw) {
            report.error(at.index(index), "this is the cluster header, which clients may not send");
        }
    }
}

fn checked_team_header(raw: &Configuration, at: At<'_>, report: &mut Report) -> Option<Box<str>> {
    let name = team_header(raw)?;
    check_name(&name, at, report);
    if name == cluster_header(raw) {
        report.error(at, "this is the cluster header, which clients may not send");
    } else if CREDENTIAL_HEADERS.contains(&name.as_str())
        || key_headers(raw).any(|(_, key)| key == name)
    {
        report.error(at, "this header carries keys, which any client may send");
    }
    Some(name.into_boxed_str())
}

fn path(list: &Option<List<Text>>, at: At<'_>, report: &mut Report) -> Option<MetadataPath> {
    list.as_ref()?;
    let steps: Vec<_> = items(list).map(|(_, step)| step.as_str()).collect();
    if steps.len() < 2 || steps.iter().any(|step| step.is_empty()) {
        report.error(at, "give the filter's metadata namespace, then at least one key");
    }
    Some(MetadataPath::new(steps))
}
