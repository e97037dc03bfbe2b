//! The tables of kinds for readers, and how they are kept up to date.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use super::super::{Authority, Kind, KnownPlace};

fn credential(place: &KnownPlace) -> String {
    place.auth.map_or("none".to_owned(), |auth| {
        if auth.prefix.is_empty() {
            auth.header.to_owned()
        } else {
            format!("{}: {}", auth.header, auth.prefix.trim_end())
        }
    })
}

/// The host as it stands in a table: that of most regions, where there are several.
fn host(kind: &Kind) -> &'static str {
    match kind.authority {
        Authority::Fixed(host) => host,
        Authority::Configured => "(authority)",
        Authority::AsSent => "(the cluster's)",
        Authority::Regional { default, hosts } => {
            let usual = default.unwrap_or("*");
            hosts.iter().find(|(name, _)| *name == usual).map_or("", |(_, host)| host)
        }
    }
}

/// Everything that is known of all kinds, one line for each endpoint.
fn printed() -> String {
    let mut text = String::from(
        "# Where a request of each endpoint goes, by the provider's kind. Written by `UPDATE_KINDS=1 cargo test --lib provider::kind`.\n\
         # kind | API | endpoint | host and path | credential header.\n",
    );
    for kind in Kind::all() {
        let _ = writeln!(text, "\n# {}", kind.name);
        if let Authority::Regional { default, hosts } = kind.authority {
            for (name, host) in hosts {
                let usual = if default == Some(name) { " (default)" } else { "" };
                let _ = writeln!(text, "# region {name}{usual}: {host}");
            }
        }
        let lists = [
            ("requires headers", kind.required_headers),
            ("drops headers", kind.removed_headers),
            ("forbids members", kind.forbidden_fields),
            ("invalid key, with 400", kind.invalid_key_texts),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "# {name}: {}", list.join(", "));
        }
        for (places, label) in [(kind.apis, ""), (kind.versioned, " by api_version")] {
            for place in places {
                let api = format!("{}{label}", place.api.as_str());
                let rows: Vec<_> = place
                    .served()
                    .map(|operation| {
                        let path = place.path_of(operation);
                        (operation.path(), path.replace("{endpoint}", operation.path()))
                    })
                    .collect();
                for (endpoint, path) in rows {
                    let credential = credential(place);
                    let (name, host) = (kind.name, host(kind));
                    let _ =
                        writeln!(text, "{name} | {api} | {endpoint} | {host}{path} | {credential}");
                }
            }
        }
    }
    text
}

/// A row of the table in the reference.
fn row(kind: &Kind) -> String {
    let mut apis = Vec::new();
    let mut credentials = Vec::new();
    for (places, label) in [(kind.apis, ""), (kind.versioned, " (with `api_version`)")] {
        for place in places {
            let path = place.path.replace("{endpoint}", "…");
            let own = |operation| place.elsewhere.iter().find(|(served, _)| *served == operation);
            let served: Vec<_> = place
                .served()
                .map(|operation| match own(operation) {
                    Some((_, path)) => format!("{} at `{path}`", operation.path()),
                    None => operation.path().to_owned(),
                })
                .collect();
            let served = served.join(", ");
            apis.push(format!("{}{label} `{path}`: {served}", place.api.as_str()));
            let credential =
                place.auth.map_or("none".to_owned(), |_| format!("`{}`", credential(place)));
            credentials.push((place.api.as_str(), credential));
        }
    }
    let distinct: BTreeSet<_> = credentials.iter().map(|(_, credential)| credential).collect();
    let credential = if distinct.len() == 1 {
        credentials.first().map(|(_, credential)| credential.clone()).unwrap_or_default()
    } else {
        let all = credentials.iter().map(|(api, credential)| format!("{api}: {credential}"));
        all.collect::<Vec<_>>().join("<br>")
    };
    let host = match kind.authority {
        Authority::Configured => "`authority`, required".to_owned(),
        Authority::AsSent => "the cluster's".to_owned(),
        _ => format!("`{}`", host(kind)),
    };
    format!("| `{}` | {host} | {} | {credential} |", kind.name, apis.join("<br>"))
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a file with what it should be, or writes it where that is asked for.
fn check(name: &str, wanted: &str) {
    let path = file(name);
    if env::var_os("UPDATE_KINDS").is_some() {
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    for (at, (found, wanted)) in (1..).zip(found.lines().zip(wanted.lines())) {
        assert_eq!(found, wanted, "{name}:{at}: UPDATE_KINDS=1 cargo test --lib provider::kind");
    }
    assert_eq!(found, wanted, "{name}: UPDATE_KINDS=1 cargo test --lib provider::kind");
}

#[test]
fn the_printed_table_of_kinds_is_up_to_date() {
    check("tests/kinds.txt", &printed());
}

#[test]
fn the_references_table_of_kinds_is_up_to_date() {
    let name = "envoy/reference.md";
    let found = fs::read_to_string(file(name)).unwrap();
    let (before, rest) = found.split_once("\n| kind | host |").unwrap();
    let (heading, rest) = rest.split_once("|---|---|---|---|\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let rows: Vec<_> = Kind::all().map(row).collect();
    let rows = rows.join("\n");
    let wanted = format!("{before}\n| kind | host |{heading}|---|---|---|---|\n{rows}\n\n{after}");
    check(name, &wanted);
}

#[test]
fn the_readme_counts_the_kinds() {
    let readme = fs::read_to_string(file("README.md")).unwrap();
    let named = "OpenAI, Anthropic, Azure, Bedrock, Gemini, Groq and ";
    let (_, rest) = readme.split_once(named).unwrap();
    let more = Kind::all().count() - named.matches(',').count() - 1;
    assert!(rest.starts_with(&format!("[{more} more]")), "[{more} more], not {rest:.12}");
}
