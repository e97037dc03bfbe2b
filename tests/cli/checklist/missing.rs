//! What a gateway must have, and which of it one does not have.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::gateway::{everywhere, is, items, texts, Gateway};

/// The labels of the filter's metrics.
pub const LABELS: [&str; 4] = ["team", "provider", "model", "code"];

/// The fields of a line of the access log.
const FIELDS: [&str; 25] = [
    "time",
    "type",
    "request_id",
    "method",
    "path",
    "team",
    "key_id",
    "model",
    "provider",
    "upstream_model",
    "attempts",
    "providers_tried",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "code",
    "status",
    "flags",
    "details",
    "upstream_host",
    "bytes_received",
    "bytes_sent",
    "first_byte_ms",
    "upstream_ms",
    "duration_ms",
];

/// What a gateway does not have.
pub fn missing(gateway: &Gateway) -> Vec<String> {
    let mut list = List(Vec::new());
    check_listener(gateway, &mut list);
    check_overload(&gateway.overload_manager, &mut list);
    check_filters(gateway, &mut list);
    gateway.routes.iter().for_each(|route| check_route(route, &mut list));
    list.wants(!gateway.clusters.is_empty(), "clusters");
    gateway.clusters.iter().for_each(|cluster| check_cluster(cluster, &mut list));
    let tags: BTreeSet<_> = gateway.stats_tags.iter().map(String::as_str).collect();
    list.wants(LABELS.iter().all(|label| tags.contains(label)), "stats_tags");
    list.0
}

struct List(Vec<String>);

impl List {
    fn wants(&mut self, is_there: bool, what: &str) {
        if !is_there {
            self.0.push(what.to_owned());
        }
    }
}

fn seconds(duration: &Value) -> Option<f64> {
    duration.as_str()?.strip_suffix('s')?.parse().ok()
}

fn check_listener(gateway: &Gateway, list: &mut List) {
    let Gateway { manager, buffer_limit, routes, filters, .. } = gateway;
    for (name, least, most) in [
        ("request_headers_timeout", 1.0, 60.0),
        ("request_timeout", 30.0, 300.0),
        ("stream_idle_timeout", 300.0, 1800.0),
    ] {
        let is_fit = seconds(&manager[name]).is_some_and(|time| (least..=most).contains(&time));
        list.wants(is_fit, &format!("limits: {name}"));
    }
    let longest = seconds(&manager["common_http_protocol_options"]["max_stream_duration"]);
    list.wants(longest.is_some_and(|time| time >= 3600.0), "limits: max_stream_duration");
    let http2 = &manager["http2_protocol_options"];
    for name in
        ["max_concurrent_streams", "initial_stream_window_size", "initial_connection_window_size"]
    {
        list.wants(http2[name].is_u64(), &format!("limits: HTTP/2 {name}"));
    }
    // What is decompressed at once is a hundred times what is read at once.
    let is_small = buffer_limit.as_u64().is_some_and(|limit| limit <= 1 << 20);
    list.wants(is_small, "limits: per_connection_buffer_limit_bytes of a MiB at most");
    let largest = filters.iter().find(|one| is(one, "Wasm")).and_then(max_body_bytes);
    let held = routes.iter().filter_map(|route| route["request_body_buffer_limit"].as_u64()).min();
    let has_margin = largest.zip(held).is_some_and(|(largest, held)| held >= largest + (1 << 20));
    list.wants(has_margin, "limits: request_body_buffer_limit 1 MiB above max_body_bytes");
    let mappers = items(&manager["local_reply_config"]["mappers"]);
    let shape = |is_anthropics: bool| {
        let format = |one: &&Value| one["body_format_override"]["json_format"]["type"] == "error";
        let is_of_messages = |one: &&Value| {
            let expression = one
                .pointer("/filter/extension_filter/typed_config/expression")
                .and_then(Value::as_str);
            expression
                .is_some_and(|text| text.contains("request.url_path.matches('/messages(/|$)')"))
        };
        mappers
            .iter()
            .filter(|one| format(one) == is_anthropics && is_of_messages(one) == is_anthropics)
            .count()
    };
    list.wants(shape(false) >= 4, "local_reply_config");
    list.wants(shape(true) >= 4, "local_reply_config of messages");
    list.wants(
        shape(false) + shape(true) == mappers.len(),
        "local_reply_config: a shape for each path",
    );
    let log = everywhere(&manager["access_log"]);
    let fields = log.iter().find_map(|one| one["json_format"].as_object());
    for name in FIELDS {
        let is_there = fields.is_some_and(|fields| fields.contains_key(name));
        list.wants(is_there, &format!("log fields: {name}"));
    }
    let flush = seconds(&manager["access_log_options"]["access_log_flush_interval"]);
    list.wants(flush.is_some(), "log: lines for streams that run");
}

/// What the filter takes of a body, in bytes.
fn max_body_bytes(filter: &Value) -> Option<u64> {
    let value = &filter["typed_config"]["config"]["configuration"]["value"];
    let read = |text: &str| serde_json::from_str(text).unwrap();
    let configuration: Value = value.as_str().map_or_else(|| value.clone(), read);
    configuration.get("providers")?;
    Some(configuration["max_body_bytes"].as_u64().unwrap_or(10 << 20))
}

fn check_overload(manager: &Value, list: &mut List) {
    let names = |part: &str| -> BTreeSet<String> {
        let items = items(&manager[part]);
        items.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    for (part, prefix, wanted) in [
        (
            "resource_monitors",
            "envoy.resource_monitors.",
            &["fixed_heap", "global_downstream_max_connections"][..],
        ),
        (
            "actions",
            "envoy.overload_actions.",
            &["shrink_heap", "stop_accepting_requests", "reset_high_memory_stream"],
        ),
        ("loadshed_points", "envoy.load_shed_points.", &["http1_server_abort_dispatch"]),
    ] {
        let there = names(part);
        for name in wanted {
            list.wants(
                there.contains(&format!("{prefix}{name}")),
                &format!("overload manager: {name}"),
            );
        }
    }
    let tracked = &manager["buffer_factory_config"]["minimum_account_to_track_power_of_two"];
    list.wants(tracked.is_u64(), "overload manager: buffer_factory_config");
}

fn check_filters(gateway: &Gateway, list: &mut List) {
    let place = |kind: &str| {
        let is_it = |one: &Value| {
            everywhere(one)
                .iter()
                .any(|part| part["@type"].as_str().is_some_and(|url| url.ends_with(kind)))
        };
        gateway.filters.iter().position(is_it)
    };
    let own = place("wasm.v3.Wasm");
    for library in ["gzip.decompressor.v3.Gzip", "zstd.decompressor.v3.Zstd"] {
        let before = place(library).zip(own).is_some_and(|(place, own)| place < own);
        list.wants(before, &format!("decompressor: {library}"));
    }
    for filter in gateway.filters.iter().filter(|one| is(one, "Decompressor")) {
        let enabled = "/typed_config/response_direction_config/common_config/enabled/default_value";
        let is_off = filter.pointer(enabled) == Some(&Value::Bool(false));
        list.wants(is_off, "decompressor: of requests alone");
    }
    let config = own.map(|own| &gateway.filters[own]["typed_config"]["config"]);
    let flag = config.is_some_and(|config| config["allow_on_headers_stop_iteration"] == true);
    list.wants(flag, "allow_on_headers_stop_iteration");
    if let Some(limits) = place("ratelimit.v3.RateLimit") {
        list.wants(own.is_some_and(|own| own < limits), "rate limit: behind the filter");
        let denies = gateway.filters[limits]["typed_config"]["failure_mode_deny"] == true;
        list.wants(denies, "rate limit: failure_mode_deny");
    }
    let reload = config.is_some_and(|config| config["failure_policy"] == "FAIL_RELOAD");
    list.wants(reload, "failure_policy");
}

fn check_route(route: &Value, list: &mut List) {
    let action = &route["route"];
    let header = action["cluster_header"].as_str().unwrap_or_default();
    let removed = texts(&route["request_headers_to_remove"]);
    for name in [header, "x-forwarded-for"] {
        list.wants(removed.iter().any(|one| one == name), &format!("headers: {name} is removed"));
    }
    if let Some(domains) = route.get("domains") {
        list.wants(texts(domains) == ["*"], "domains");
    }
    list.wants(seconds(&action["timeout"]) == Some(0.0), "timeout: 0s");
    let policy = &action["retry_policy"];
    let conditions = policy["retry_on"].as_str().unwrap_or_default();
    let conditions: BTreeSet<_> = conditions.split(',').collect();
    let safe = ["connect-failure", "refused-stream"].iter().all(|one| conditions.contains(one));
    list.wants(safe && policy["num_retries"].is_u64(), "retries: what the provider has not got");
    list.wants(!conditions.contains("5xx"), "retries: no deterministic 500");
    // Only a pool, whose next provider is another, tries again what a provider has got.
    if policy.get("retry_priority").is_none() {
        let all: BTreeSet<_> = ["connect-failure", "refused-stream", "reset-before-request"].into();
        list.wants(conditions == all, "retries: nothing that the provider has got");
    }
}

fn check_cluster(cluster: &Value, list: &mut List) {
    let name = cluster["name"].as_str().unwrap();
    let mut wants = |is_there: bool, what: &str| list.wants(is_there, &format!("{what} of {name}"));
    let dns = &cluster["cluster_type"]["typed_config"];
    wants(dns["dns_lookup_family"] == "V4_PREFERRED", "address family");
    wants(dns["respect_dns_ttl"] == true, "DNS TTL");
    let keepalive = &cluster["upstream_connection_options"]["tcp_keepalive"];
    wants(keepalive["keepalive_time"].is_u64(), "keepalive of TCP");
    let options = &cluster["typed_extension_protocol_options"]
        ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    let http2 = &options["auto_config"]["http2_protocol_options"];
    wants(seconds(&http2["connection_keepalive"]["interval"]).is_some(), "keepalive of HTTP/2");
    let filters = everywhere(&options["http_filters"]);
    let mut mutations = filters.iter().flat_map(|one| items(&one["response_mutations"]));
    let steering = json!({"prefix": "x-envoy-"});
    let is_removed = mutations.any(|one| one["remove_on_match"]["key_matcher"] == steering);
    wants(is_removed, "no x-envoy-* in the answers");
    let idle = seconds(&options["common_http_protocol_options"]["idle_timeout"]);
    wants(idle.is_some_and(|idle| idle < 60.0), "idle_timeout");
    let breakers = &cluster["circuit_breakers"]["thresholds"][0];
    for field in ["max_connections", "max_pending_requests", "max_requests"] {
        wants(breakers[field].is_u64(), &format!("breakers: {field}"));
    }
    wants(breakers.get("retry_budget").is_some(), "breakers: retry_budget");
}
