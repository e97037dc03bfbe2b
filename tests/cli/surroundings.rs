//! `check` of what is around the filter: whatever could send a credential or a prompt elsewhere, or keep requests from
//! arriving. Each test changes one thing in `surroundings/envoy.yaml`, in which nothing is wrong.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{file, llm_router};

const GROQ: &str = "api.groq.com, port_value: 443";
const ROUTE: &str = "            cluster_header: x-llm-cluster\n";
const CATCH_ALL: &str = "                        - match: { prefix: / }\n";

fn bootstrap() -> String {
    fs::read_to_string(file("tests/cli/surroundings/envoy.yaml")).unwrap()
}

/// The file with the first `from` replaced.
fn with(from: &str, to: &str) -> String {
    changed(&bootstrap(), from, to)
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// What is found in a file: severities and messages.
fn found(text: &str) -> Vec<(String, String)> {
    let ran = llm_router(&["check", "--format", "json", "-"]).input(text).run();
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    findings.map(|finding| (text(finding, "severity"), text(finding, "message"))).collect()
}

/// Exactly these things are found, each with a part of its message.
#[track_caller]
fn finds(text: &str, expected: &[(&str, &str)]) {
    let found = found(text);
    let is_it = |((severity, message), (wanted, part)): (&(String, String), &(&str, &str))| {
        severity == wanted && message.contains(part)
    };
    let are_all = found.len() == expected.len() && found.iter().zip(expected).all(is_it);
    assert!(are_all, "expected {expected:#?}, found {found:#?}");
}

#[test]
fn nothing_is_wrong_around_a_good_filter() {
    finds(&bootstrap(), &[]);
}

#[test]
fn a_pool_without_tls_is_found() {
    let clear = "the credential travels in the clear";
    let no_socket = changed(
        &with(
            "      transport_socket: *openai\n      transport_socket_matches:\n",
            "      transport_socket_matches:\n",
        ),
        "        - { name: groq, match: { provider: groq }, transport_socket: *groq }\n",
        "",
    );
    finds(
        &no_socket,
        &[("warning", &format!("an endpoint for \"groq\" that has no TLS: {clear}"))],
    );
    // What matches nothing takes the default.
    let raw = "transport_socket: { name: envoy.transport_sockets.raw_buffer }\n";
    let raw = with("transport_socket: *groq }\n", &format!("{} }}\n", raw.trim_end()));
    finds(&raw, &[("warning", clear)]);
    let none = bootstrap();
    let start =
        none.find("      transport_socket: *openai\n      transport_socket_matches:").unwrap();
    let end = none[start..].find("      typed_extension_protocol_options").unwrap() + start;
    let none = format!("{}{}", &none[..start], &none[end..]);
    finds(
        &none,
        &[("warning", "\"anthropic\""), ("warning", "\"groq\""), ("warning", "\"openai\"")],
    );
}

#[test]
fn a_pool_that_trusts_any_certificate_is_found() {
    let unverified = "transport_socket: { typed_config: { \"@type\": x/y.UpstreamTlsContext, sni: api.groq.com } } }\n";
    let text = with("transport_socket: *groq }\n", unverified);
    finds(
        &text,
        &[("error", "an endpoint for \"groq\" that does not verify the provider's certificate")],
    );
    let any = "transport_socket: { typed_config: { \"@type\": x/y.UpstreamTlsContext, sni: a, common_tls_context: \
               { validation_context: { trusted_ca: { filename: a } } } } } }\n";
    finds(
        &with("transport_socket: *groq }\n", any),
        &[("warning", "takes any host's certificate")],
    );
}

#[test]
fn a_pool_that_takes_the_clients_host_for_tls_is_found() {
    let options = "explicit_http_config: { http_protocol_options: {} }\n";
    let auto = format!("{options}          upstream_http_protocol_options: {{ auto_sni: true }}\n");
    let text = with(options, &auto);
    let host = "takes the name for TLS from the host that the client asked for (`auto_sni`)";
    finds(&text, &[("error", host), ("error", host), ("error", host)]);
}

#[test]
fn hedged_requests_to_a_pool_are_found() {
    for hedged in [
        with(ROUTE, &format!("{ROUTE}                            hedge_policy: {{ hedge_on_per_try_timeout: true }}\n")),
        with("      domains: [\"*\"]\n", "      domains: [\"*\"]\n                      hedge_policy: { hedge_on_per_try_timeout: true }\n"),
    ] {
        finds(&hedged, &[("error", "remove `hedge_policy`")]);
    }
}

#[test]
fn a_subset_header_that_nothing_reads_is_found() {
    let header = "no `header_to_metadata` filter behind llm_router puts \"x-llm-providers\"";
    for text in [
        with("header: x-llm-providers\n", "header: x-other\n"),
        with("metadata_namespace: envoy.lb", "metadata_namespace: envoy.filters.other"),
    ] {
        finds(&text, &[("error", header)]);
    }
    finds(
        &with("                          remove: true\n", ""),
        &[("warning", "add `remove: true`")],
    );
    let blind = with("      lb_subset_config: { fallback_policy: NO_FALLBACK, list_as_any: true, subset_selectors: [{ keys: [providers] }] }\n", "");
    finds(&blind, &[("error", "has no `lb_subset_config` that uses \"x-llm-providers\"")]);
    let unlisted =
        with("[anthropic+groq, groq+openai, anthropic+groq+openai]", "[anthropic+openai]");
    finds(&unlisted, &[("error", "never chooses \"groq\"")]);
    let nobody_asks = with("failover: { subset_header: x-llm-providers }", "failover: {}");
    finds(&nobody_asks, &[("warning", "there is no `failover.subset_header`")]);
}

#[test]
fn a_static_route_that_takes_the_filters_requests_is_found() {
    let before = |matched: &str| {
        with(CATCH_ALL, &format!("                        - match: {matched}\n                          route: {{ cluster: website }}\n{CATCH_ALL}"))
    };
    let leaks = "would go to \"website\" with the prompt and the provider's credential";
    // Groq's requests leave with the path /openai/v1/…, which no client has to ask for.
    for matched in [
        "{ prefix: / }",
        "{ prefix: /openai }",
        "{ prefix: /openai/v1/chat }",
        "{ path: /v1/chat/completions }",
        "{ path_separated_prefix: /v1 }",
        "{ safe_regex: { regex: \".*\" } }",
        "{ prefix: /, headers: [{ name: x-beta, present_match: true }] }",
        "{ prefix: /, headers: [{ name: x-llm-cluster, present_match: true }] }",
        "{ prefix: /, headers: [{ name: x-llm-cluster, string_match: { exact: groq } }] }",
    ] {
        finds(&before(matched), &[("error", leaks)]);
    }
    for matched in [
        "{ prefix: /openai/v2 }",
        "{ path: /v1 }",
        "{ prefix: /, headers: [{ name: x-llm-cluster, present_match: false }] }",
        "{ prefix: /, headers: [{ name: X-LLM-Cluster, present_match: true, invert_match: true }] }",
        "{ prefix: /, headers: [{ name: x-llm-cluster, string_match: { exact: website } }] }",
    ] {
        finds(&before(matched), &[]);
    }
    let weighted =
        "{ weighted_clusters: { clusters: [{ name: a, weight: 1 }, { name: b, weight: 1 }] } }";
    let text = before("{ prefix: /v1 }").replace(
        "match: { prefix: /v1 }\n                          route: { cluster: website }",
        &format!("match: {{ prefix: /v1 }}\n                          route: {weighted}"),
    );
    finds(&text, &[("error", "would go to \"a, b\"")]);
}

/// The client's path matches the first route, the provider's path the second.
#[test]
fn a_static_route_behind_a_narrow_one_is_found() {
    let narrow = with(CATCH_ALL, "                        - match: { prefix: /v1 }\n");
    finds(&narrow, &[]);
    let rest = "  clusters:\n    - name: website\n";
    let behind = format!(
        "                        - match: {{ prefix: / }}\n                          route: {{ cluster: website }}\n{rest}"
    );
    finds(
        &changed(&narrow, rest, &behind),
        &[("error", "made ready for \"groq\" match this route")],
    );
    finds(&with(rest, &behind), &[]);
}

/// The filter writes the provider's host, by which Envoy chooses the virtual host.
#[test]
fn a_static_route_of_another_virtual_host_is_found() {
    let hosts = "                  virtual_hosts:\n";
    let other = |domain: &str| {
        let host = format!(
            "{hosts}                    - name: other\n                      domains: [\"{domain}\"]\n                      routes: [{{ match: {{ prefix: / }}, route: {{ cluster: website }} }}]\n"
        );
        with(hosts, &host)
    };
    for domain in ["api.groq.com", "*.groq.com", "api.groq.*", "API.Groq.com"] {
        finds(&other(domain), &[("error", "made ready for \"groq\" match this route")]);
    }
    finds(&other("www.example.com"), &[]);
    finds(&other("groq.com"), &[]);
}

#[test]
fn copies_of_requests_are_found() {
    let policy = "request_mirror_policies: [{ cluster: website }]\n";
    let mirrored =
        "copies of requests would go to \"website\", with the prompt and the provider's credential";
    for text in [
        with(ROUTE, &format!("{ROUTE}                            {policy}")),
        with(
            "                      domains: [\"*\"]\n",
            &format!("                      domains: [\"*\"]\n                      {policy}"),
        ),
        with(
            "                  virtual_hosts:\n",
            &format!("                  {policy}                  virtual_hosts:\n"),
        ),
    ] {
        finds(&text, &[("error", mirrored)]);
    }
}

#[test]
fn a_filter_that_is_disabled_for_a_route_is_found() {
    let disabled = "typed_per_filter_config: { llm_router: { disabled: true } }\n";
    let enabled = "typed_per_filter_config: { llm_router: { config: {} } }\n";
    let clients = "clients would write that header themselves";
    let on_route =
        |config: &str| with(CATCH_ALL, &format!("{CATCH_ALL}                          {config}"));
    finds(&on_route(disabled), &[("error", clients)]);
    let domains = "                      domains: [\"*\"]\n";
    let on_host = format!("{domains}                      {disabled}");
    finds(&with(domains, &on_host), &[("error", clients)]);
    // The nearest counts.
    finds(&changed(&on_route(enabled), domains, &on_host), &[]);
    let entry = "                  - name: llm_router\n";
    let off = format!("{entry}                    disabled: true\n");
    finds(&with(entry, &off), &[("error", clients)]);
    finds(&changed(&on_route(enabled), entry, &off), &[]);
    let another =
        on_route("typed_per_filter_config: { envoy.filters.http.cors: { disabled: true } }\n");
    finds(&another, &[]);
}

#[test]
fn redirects_that_envoy_follows_are_found() {
    for policy in
        ["internal_redirect_policy: {}", "internal_redirect_action: HANDLE_INTERNAL_REDIRECT"]
    {
        let text = with(ROUTE, &format!("{ROUTE}                            {policy}\n"));
        finds(&text, &[("error", "Envoy would follow a provider's redirect itself")]);
    }
}

#[test]
fn a_buffer_without_a_margin_is_found() {
    let limit = |bytes: &str| {
        with(
            "per_connection_buffer_limit_bytes: 16777216",
            &format!("per_connection_buffer_limit_bytes: {bytes}"),
        )
    };
    finds(&limit("10485759"), &[("warning", "Envoy refuses bodies of more than 10485759 bytes")]);
    for bytes in ["10485760", "10551295"] {
        finds(
            &limit(bytes),
            &[("warning", "no longer fits into 104857")]
                .map(|_| ("warning", "take 10551296 or more")),
        );
    }
    finds(&limit("10551296"), &[]);
}

#[test]
fn a_log_that_prints_the_credential_is_found() {
    let printed = "this prints the provider's credential, which is in";
    let manager = "                stat_prefix: llm\n";
    let log = |format: &str| {
        with(manager, &format!("{manager}                access_log: [{{ typed_config: {{ log_format: {{ json_format: {{ key: \"{format}\" }} }} }} }}]\n"))
    };
    for format in [
        "%REQ(Authorization)%",
        "a %REQ(:PATH)% %REQ(X-API-KEY):8%",
        "%REQ(x-a?authorization)%",
        "%REQUEST_HEADER(authorization)%",
    ] {
        finds(&log(format), &[("warning", printed)]);
    }
    finds(&log("%REQ(:AUTHORITY)% %REQ(x-authorization)% %RESP(authorization)%"), &[]);
    let added = with(CATCH_ALL, &format!("{CATCH_ALL}                          response_headers_to_add: [{{ header: {{ key: x-key, value: \"%REQ(authorization)%\" }} }}]\n"));
    finds(&added, &[("error", "clients would be sent the provider's credential")]);
}

#[test]
fn clusters_that_the_client_leads_are_found() {
    let cluster = "    - name: groq\n";
    let text = with(cluster, &format!("{cluster}      type: ORIGINAL_DST\n"));
    finds(&text, &[("error", "the credential could go anywhere")]);
    let text = with(
        cluster,
        &format!("{cluster}      cluster_type: {{ name: envoy.clusters.dynamic_forward_proxy }}\n"),
    );
    finds(&text, &[]);
    let far = with(GROQ, "127.0.0.1, port_value: 443");
    finds(&far, &[]);
}

/// With `auto_sni` the host names the server whose certificate is accepted: the client must not choose it.
#[test]
fn a_provider_whose_host_the_client_chooses_is_found() {
    let text = with(
        "groq: { kind: groq, cluster: groq, default_credential: groq }",
        "groq: { authority: client, cluster: groq, default_credential: groq }",
    );
    let text = changed(&text, "                              smart:\n                                failover_cluster: smart\n", "                              smart:\n");
    let text = changed(
        &text,
        "                            failover: { subset_header: x-llm-providers }\n",
        "",
    );
    let fixed = found(&text);
    let cluster = "    - name: groq\n";
    let quiet = format!("{cluster}      typed_extension_protocol_options: *quiet\n");
    let options = "typed_extension_protocol_options: { x: { http_filters: *filters, upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true } } }";
    let auto = found(&changed(&text, &quiet, &format!("{cluster}      {options}\n")));
    let more: Vec<_> = auto.iter().filter(|finding| !fixed.contains(finding)).collect();
    assert!(
        matches!(more.as_slice(), [(severity, message)] if severity == "error" && message.contains("`auto_sni`")),
        "{more:?}, {fixed:?}"
    );
    let proxy = "      cluster_type: { name: envoy.clusters.dynamic_forward_proxy }\n";
    let proxied = found(&changed(&text, cluster, &format!("{cluster}{proxy}")));
    assert!(proxied
        .iter()
        .any(|(_, message)| message.contains("the credential could go anywhere")));
}

/// Envoy's router obeys some headers of answers before the listener's filter sees them.
#[test]
fn clusters_whose_answers_steer_envoy_are_found() {
    let steers = ("warning", "lets answers steer Envoy by `x-envoy-*`");
    let removed = "[{ remove_on_match: { key_matcher: { prefix: x-envoy- } } }]";
    let (one, other) =
        ("{ remove: x-envoy-immediate-health-check-fail }", "{ remove: x-envoy-ratelimited }");
    let everywhere = bootstrap();
    assert_eq!(everywhere.matches(removed).count(), 1);
    // The three providers' clusters have one filter in common; the pool's own filter does it there.
    let of_providers = |with: &str| everywhere.replacen(removed, with, 1);
    finds(&of_providers(&format!("[{one}, {other}]")), &[]);
    finds(&of_providers("[{ remove_on_match: { key_matcher: { prefix: x- } } }]"), &[]);
    for less in [format!("[{one}]"), format!("[{other}]"), "[]".to_owned()] {
        finds(&of_providers(&less), &[steers, steers, steers]);
    }
    finds(&everywhere.replace("response_mutations", "request_mutations"), &[steers; 3]);
}

#[test]
fn a_pool_in_another_virtual_machine_is_found() {
    let text = bootstrap();
    let last = text.rfind("vm_config: *vm").unwrap();
    let text = format!(
        "{}vm_config: {{ vm_id: other, runtime: envoy.wasm.runtime.v8 }}{}",
        &text[..last],
        &text[last + "vm_config: *vm".len()..]
    );
    finds(&text, &[("warning", "has the filter in another virtual machine")]);
}

/// The listener of `surroundings/envoy.yaml` with its filter in a file of its own: (bootstrap, that file).
fn discovered(directory: &TempDir, named: &str, as_text: bool) -> (String, String) {
    let text = bootstrap();
    let start = text.find("                    typed_config:\n                      config:\n                        root_id: llm_router\n").unwrap();
    let end = text.find("                  - name: envoy.filters.http.header_to_metadata").unwrap();
    let own = &text[start..end];
    let dedented: Vec<_> = own.lines().map(|line| line.get(20..).unwrap_or(line)).collect();
    let mut own = dedented.join("\n    ");
    own = own.replace("&vm ", "").replace("configuration: &configuration\n", "configuration:\n");
    if as_text {
        let value = own.find("          value:\n").unwrap();
        let document: Value = serde_saphyr::from_str(&own[value..]).unwrap();
        own.truncate(value);
        own = own.replace("google.protobuf.Struct", "google.protobuf.StringValue");
        let json = serde_json::to_string_pretty(&document["value"])
            .unwrap()
            .replace('\n', "\n                ");
        own.push_str(&format!("          value: |\n                {json}\n"));
    }
    let file = format!(
        "resources:\n  - \"@type\": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig\n    name: llm_router\n    {own}\n"
    );
    fs::write(directory.path().join("filter.yaml"), &file).unwrap();
    let discovery = format!(
        "                    config_discovery:\n                      config_source: {{ path_config_source: {{ path: {named} }} }}\n                      type_urls: [type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm]\n"
    );
    let mut bootstrap = format!("{}{discovery}{}", &text[..start], &text[end..]);
    // The pool takes it from there too.
    let pool = bootstrap
        .rfind("              typed_config:\n                config:\n                  root_id")
        .unwrap();
    let codec = bootstrap.find("            - name: envoy.filters.http.upstream_codec").unwrap();
    bootstrap.replace_range(
        pool..codec,
        &discovery
            .replace("                    config_discovery", "              config_discovery")
            .replace("\n                      ", "\n                "),
    );
    let upstream = file
        .replace("    name: llm_router\n", "    name: llm_router_upstream\n")
        .replace("root_id: llm_router\n", "root_id: llm_router_upstream\n");
    fs::write(
        directory.path().join("filter.yaml"),
        format!("{file}{}", upstream.trim_start_matches("resources:\n")),
    )
    .unwrap();
    let last = bootstrap.rfind("            - name: llm_router\n").unwrap();
    bootstrap.replace_range(
        last..,
        &bootstrap[last..].replacen("name: llm_router\n", "name: llm_router_upstream\n", 1),
    );
    fs::write(directory.path().join("envoy.yaml"), &bootstrap).unwrap();
    (bootstrap, file)
}

#[test]
fn a_filter_in_a_file_of_its_own_is_checked_like_one_in_place() {
    for as_text in [false, true] {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        // As Envoy would find it, relative to the file that names it, and where it is mounted elsewhere.
        for named in
            [path("filter.yaml"), "filter.yaml".to_owned(), "/etc/envoy/filter.yaml".to_owned()]
        {
            let (text, _) = discovered(&directory, &named, as_text);
            let good = llm_router(&["check", &path("envoy.yaml")]).run();
            assert_eq!(
                good.stdout, "2 files: 0 errors, 0 warnings, 0 notes\n",
                "{named} {as_text}"
            );
            llm_router(&["check", &path("filter.yaml"), &path("envoy.yaml")]).run().fine();
            // What is around it is in the one file, what it says in the other.
            let broken = changed(
                &text,
                "per_connection_buffer_limit_bytes: 16777216",
                "per_connection_buffer_limit_bytes: 1024",
            );
            let broken = broken.replace("    - name: groq\n", "    - name: grok\n");
            fs::write(path("envoy.yaml"), broken).unwrap();
            let ran = llm_router(&["check", &path("envoy.yaml")]).run();
            assert_eq!(ran.status, 1, "{}", ran.stdout);
            let place = format!("{}:", path("filter.yaml"));
            assert!(ran.stdout.contains("bodies of more than 1024 bytes"), "{}", ran.stdout);
            let cluster = "error: providers.groq.cluster: no cluster \"groq\" is defined";
            let told: Vec<_> = ran.stdout.lines().filter(|line| line.contains(cluster)).collect();
            assert!(
                matches!(told.as_slice(), [line] if line.starts_with(&place)),
                "{}",
                ran.stdout
            );
        }
    }
}

#[test]
fn mistakes_in_a_file_of_its_own_are_found_there() {
    for as_text in [false, true] {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (text, _) = discovered(&directory, "filter.yaml", as_text);
        let own = fs::read_to_string(path("filter.yaml")).unwrap();
        let broken = own.replacen("subset_header", "subset_heading", 1);
        fs::write(path("filter.yaml"), &broken).unwrap();
        let ran = llm_router(&["check", &path("envoy.yaml")]).run();
        let line = broken[..broken.find("subset_heading").unwrap()].lines().count();
        let expected = format!("{}:{line}:", path("filter.yaml"));
        let error = "error: failover.subset_heading: unknown field \"subset_heading\"; did you mean \"subset_header\"?";
        assert!(
            ran.stdout.lines().any(|found| found.starts_with(&expected) && found.ends_with(error)),
            "{expected}: {}",
            ran.stdout
        );
        assert!(ran.stdout.contains("has the filter with another configuration"), "{}", ran.stdout);
        // A name that the file does not have, and a file that is not there.
        fs::write(
            path("filter.yaml"),
            own.replacen("    name: llm_router\n", "    name: other\n", 1),
        )
        .unwrap();
        let ran = llm_router(&["check", &path("envoy.yaml")]).run();
        assert!(
            ran.stdout.contains("has no configuration with the name \"llm_router\""),
            "{}",
            ran.stdout
        );
        fs::write(path("envoy.yaml"), text.replace("path: filter.yaml", "path: missing.yaml"))
            .unwrap();
        let ran = llm_router(&["check", &path("envoy.yaml")]).run();
        assert_eq!(ran.status, 0, "{}", ran.stdout);
        assert!(ran.stdout.contains("note: static_resources.listeners[0]"), "{}", ran.stdout);
        assert!(ran.stdout.contains("missing.yaml cannot be read here"), "{}", ran.stdout);
    }
}

#[test]
fn a_filter_in_a_file_of_its_own_is_explained_too() {
    let directory = TempDir::new().unwrap();
    discovered(&directory, "filter.yaml", true);
    let bootstrap = directory.path().join("envoy.yaml");
    let arguments = ["explain", bootstrap.to_str().unwrap(), "--team", "t", "--model", "groq/x"];
    let text = llm_router(&arguments).run().fine();
    assert!(text.contains("upstream  provider groq, cluster groq\n"), "{text}");
}
