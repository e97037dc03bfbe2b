//! What holds for all kinds.

mod printed;

use std::collections::{BTreeMap, BTreeSet};

use super::{Api, Authority, Field, Kind, KnownPlace, NoHost};
use crate::endpoint::Operation;
use crate::provider::Template;

#[test]
fn no_two_kinds_have_one_name() {
    let mut names = BTreeMap::new();
    for name in Kind::names() {
        *names.entry(name).or_insert(0) += 1;
    }
    assert!(names.values().all(|count| *count == 1), "{names:?}");
    assert!(Kind::named("bedrock").is_some() && Kind::named("Bedrock").is_none());
}

#[test]
fn each_endpoint_is_in_one_place_and_of_its_api() {
    for kind in Kind::all() {
        for places in [kind.apis, kind.versioned] {
            let apis: BTreeSet<_> = places.iter().map(|place| place.api.as_str()).collect();
            assert_eq!(apis.len(), places.len(), "{}: an API is there twice", kind.name);
            for operation in Operation::ALL {
                let served =
                    places.iter().flat_map(KnownPlace::served).filter(|one| *one == operation);
                let count = served.count();
                assert!(count <= 1, "{}: {} is there {count} times", kind.name, operation.path());
                let place = places.iter().find(|place| place.serves(operation));
                let api = place.map_or(Api::of(operation), |place| place.api);
                assert_eq!(api, Api::of(operation), "{}: {}", kind.name, operation.path());
            }
        }
        assert!(!kind.apis.is_empty(), "{}", kind.name);
    }
}

#[test]
fn every_place_serves_something_and_names_the_model_where_only_the_path_does() {
    for kind in Kind::all() {
        for place in kind.apis.iter().chain(kind.versioned) {
            assert!(place.served().count() > 0, "{}", kind.name);
            let is_native = matches!(place.api, Api::Gemini | Api::Bedrock);
            let names_the_model = place.paths().all(|path| path.contains("{model}"));
            assert!(names_the_model || !is_native, "{}: {}", kind.name, place.path);
        }
    }
}

#[test]
fn all_paths_are_templates_once_their_fields_are_filled_in() {
    for kind in Kind::all() {
        for place in kind.apis.iter().chain(kind.versioned) {
            for path in place.paths() {
                let filled = Field::fill(path, |_| Some("x")).unwrap();
                Template::parse(&filled).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
                assert!(!filled.contains("//"), "{}: {filled}", kind.name);
            }
            assert!(place.path.contains("{endpoint}"), "{}: {}", kind.name, place.path);
        }
    }
}

#[test]
fn hosts_are_names_without_a_port_or_a_path() {
    let is_host = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
    };
    for kind in Kind::all() {
        let hosts: Vec<_> = match kind.authority {
            Authority::Fixed(host) => vec![host.to_owned()],
            Authority::Regional { default, hosts } => {
                let names = hosts.iter().map(|(name, _)| name.trim_end_matches('*'));
                let given = names.map(|name| kind.authority.host(Some(name)).unwrap().unwrap());
                let mut given: Vec<_> = given.collect();
                given.extend(default.map(|_| kind.authority.host(None).unwrap().unwrap()));
                given
            }
            Authority::Configured | Authority::AsSent => continue,
        };
        assert!(hosts.iter().all(|host| is_host(host)), "{}: {hosts:?}", kind.name);
    }
}

#[test]
fn a_region_leads_to_the_host_of_its_partition() {
    let rows = [
        ("bedrock", Some("us-east-1"), Ok("bedrock-runtime.us-east-1.amazonaws.com")),
        ("bedrock", Some("us-gov-west-1"), Ok("bedrock-runtime.us-gov-west-1.amazonaws.com")),
        ("bedrock", Some("cn-north-1"), Ok("bedrock-runtime.cn-north-1.amazonaws.com.cn")),
        ("bedrock", Some("eusc-de-east-1"), Ok("bedrock-runtime.eusc-de-east-1.amazonaws.eu")),
        ("bedrock", None, Err(NoHost::NoRegion)),
        ("bedrock-mantle", Some("us-east-2"), Ok("bedrock-mantle.us-east-2.api.aws")),
        ("claude-aws", Some("us-west-2"), Ok("aws-external-anthropic.us-west-2.api.aws")),
        ("vertex", Some("global"), Ok("aiplatform.googleapis.com")),
        ("vertex", Some("eu"), Ok("aiplatform.eu.rep.googleapis.com")),
        ("vertex", Some("europe-west4"), Ok("europe-west4-aiplatform.googleapis.com")),
        ("qwen", None, Ok("dashscope.aliyuncs.com")),
        ("qwen", Some("ap-southeast-1"), Ok("dashscope-intl.aliyuncs.com")),
        ("qwen", Some("us-east-1"), Ok("dashscope-us.aliyuncs.com")),
        ("qwen", Some("cn-hongkong"), Ok("cn-hongkong.dashscope.aliyuncs.com")),
        ("qwen", Some("mars"), Err(NoHost::UnknownRegion)),
        ("moonshot", None, Ok("api.moonshot.ai")),
        ("moonshot", Some("cn"), Ok("api.moonshot.cn")),
        ("azure-openai", None, Err(NoHost::NotConfigured)),
    ];
    for (name, region, host) in rows {
        let kind = Kind::named(name).unwrap();
        let host = host.map(|host| Some(host.to_owned()));
        assert_eq!(kind.authority.host(region), host, "{name} {region:?}");
    }
    assert_eq!(Kind::named("ollama").unwrap().authority.host(None), Ok(None));
}

#[test]
fn a_kind_knows_what_it_must_be_told() {
    let fields = |name| Kind::named(name).unwrap().fields().collect::<Vec<_>>();
    assert_eq!(fields("openai"), []);
    assert_eq!(fields("bedrock"), [Field::Region]);
    assert_eq!(fields("vertex"), [Field::Region, Field::Project]);
    assert_eq!(fields("cloudflare"), [Field::Account]);
    assert_eq!(fields("azure-openai"), [Field::ApiVersion]);

    let names = Field::ALL.map(Field::as_str);
    assert_eq!(names, ["region", "project", "account", "api_version"]);
    let value = |field| (field == Field::Account).then_some("42");
    assert_eq!(Field::fill("/a/{account}/{endpoint}", value), Ok("/a/42/{endpoint}".to_owned()));
    assert_eq!(Field::fill("/p/{project}/{account}", value), Err(Field::Project));
}

#[test]
fn an_endpoint_has_the_path_of_its_place_or_one_of_its_own() {
    let place = |name, operation: Operation, has_version| {
        let places = Kind::named(name).unwrap().places(has_version);
        places.iter().find(|place| place.serves(operation))
    };
    let rows = [
        ("cohere", Operation::Rerank, false, Some("/v2/rerank")),
        ("cohere", Operation::Embeddings, false, Some("/compatibility/v1/{endpoint}")),
        ("bedrock", Operation::Messages, false, Some("/anthropic/v1/{endpoint}")),
        ("bedrock", Operation::CountTokens, false, None),
        ("bedrock", Operation::Embeddings, false, None),
        ("azure-openai", Operation::Responses, false, Some("/openai/v1/{endpoint}")),
        (
            "azure-openai",
            Operation::Responses,
            true,
            Some("/openai/responses?api-version={api_version}"),
        ),
        ("openai", Operation::ChatCompletions, true, Some("/v1/{endpoint}")),
        ("openai", Operation::Messages, false, None),
    ];
    for (name, operation, has_version, path) in rows {
        let found = place(name, operation, has_version).map(|place| place.path_of(operation));
        assert_eq!(found, path, "{name}: {}", operation.path());
    }
}
