//! The providers' clusters.

use std::collections::BTreeMap;
use std::net::IpAddr;

use envoy_llm_router::Upstream;

use super::template::fill;
use super::{upstreams, Cluster};
use crate::arguments::EnvoyArguments;
use crate::configuration::Configuration;
use crate::emit;
use crate::outcome::{remark, Trouble};
use crate::yaml::Yaml;

/// Where a cluster's requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    host: String,
    port: u16,
    has_tls: bool,
}

/// One cluster for each that a provider names.
pub fn clusters(
    configuration: &Configuration,
    arguments: &EnvoyArguments,
) -> Result<Vec<Cluster>, Trouble> {
    let given = given(&arguments.endpoints)?;
    for model in configuration.written.tree.get("models").map(Yaml::entries).unwrap_or_default() {
        if let Some(pool) = model.value.text_of("failover_cluster") {
            remark(&format!(
                "the pool {pool:?} of the model {:?} is not made here: see envoy/failover/envoy.yaml",
                model.key
            ));
        }
    }
    let mut found: BTreeMap<String, (Endpoint, String)> = BTreeMap::new();
    let mut unknown = Vec::new();
    for upstream in upstreams(configuration) {
        let kind = configuration.written.tree.at(&["providers", &upstream.name, "kind"]);
        let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
        let endpoint = match given.get(&upstream.cluster) {
            Some(endpoint) => endpoint.clone(),
            None => match endpoint_of(&upstream, kind) {
                Some(endpoint) => endpoint,
                None => {
                    unknown.push(format!("--endpoint {}=https://HOST", upstream.cluster));
                    continue;
                }
            },
        };
        let others = found.get(&upstream.cluster).map(|(endpoint, _)| endpoint);
        if others.is_some_and(|other| *other != endpoint) {
            remark(&format!(
                "several providers are reached by the cluster {:?}: it leads to the host of the first",
                upstream.cluster
            ));
            continue;
        }
        let yaml = render(&upstream, &endpoint);
        found.entry(upstream.cluster.clone()).or_insert((endpoint, yaml));
    }
    if !unknown.is_empty() {
        unknown.dedup();
        return Err(Trouble::Usage(format!(
            "nothing says where these clusters lead; add {}",
            unknown.join(" ")
        )));
    }
    if let Some(name) = given.keys().find(|name| !found.contains_key(*name)) {
        return Err(Trouble::Usage(format!("--endpoint {name}: no provider has this cluster")));
    }
    Ok(found.into_iter().map(|(name, (_, yaml))| (name, yaml)).collect())
}

/// The endpoints of the arguments, by their clusters.
fn given(endpoints: &[String]) -> Result<BTreeMap<String, Endpoint>, Trouble> {
    let read = |text: &String| {
        let (cluster, url) = text.split_once('=')?;
        let (has_tls, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split(authority, if has_tls { 443 } else { 80 })?;
        Some((cluster.to_owned(), Endpoint { host, port, has_tls }))
    };
    endpoints
        .iter()
        .map(|text| {
            read(text).ok_or_else(|| {
                Trouble::Usage(format!("--endpoint {text}: expected CLUSTER=https://HOST[:PORT]"))
            })
        })
        .collect()
}

/// Where the provider is known to be.
fn endpoint_of(upstream: &Upstream, kind: &str) -> Option<Endpoint> {
    if let Some(authority) = &upstream.authority {
        let (host, port) = split(authority, 443)?;
        return Some(Endpoint { host, port, has_tls: true });
    }
    // Where they listen when nothing else is said, on the same machine.
    let port = match kind {
        "ollama" => 11434,
        "vllm" => 8000,
        _ => return None,
    };
    Some(Endpoint { host: "127.0.0.1".to_owned(), port, has_tls: false })
}

/// Host and port of an authority.
fn split(authority: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && !host.contains('/')).then(|| (host.to_owned(), port))
}

fn render(upstream: &Upstream, endpoint: &Endpoint) -> String {
    let Endpoint { host, port, has_tls } = endpoint;
    let is_address = host.parse::<IpAddr>().is_ok();
    // TLS is about the host that the filter asks for; where it leaves the client's, about the endpoint's.
    let follows_request = upstream.authority.is_some();
    let tls = match (has_tls, follows_request) {
        (false, _) => String::new(),
        (true, true) => TLS.to_owned(),
        (true, false) => fill(
            TLS_OF_HOST,
            &[
                ("host", &emit::quoted(host)),
                ("san", if is_address { "IP_ADDRESS" } else { "DNS" }),
            ],
        ),
    };
    let protocol = match (has_tls, follows_request) {
        (false, _) => CLEAR_TEXT.to_owned(),
        (true, true) => format!("{SNI}\n{HTTP_OVER_TLS}"),
        (true, false) => HTTP_OVER_TLS.to_owned(),
    };
    let discovery = if is_address { "type: STATIC" } else { DNS };
    let template = include_str!("cluster.yaml");
    let filled = fill(
        template,
        &[
            ("name", &emit::quoted(&upstream.cluster)),
            ("discovery", discovery),
            ("host", &emit::quoted(host)),
            ("port", &port.to_string()),
            ("tls", &tls),
            ("protocol", &protocol),
        ],
    );
    filled.trim_end().to_owned()
}

const DNS: &str = "\
cluster_type:
  name: envoy.clusters.dns
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
    dns_lookup_family: V4_PREFERRED
    respect_dns_ttl: true
    all_addresses_in_single_endpoint: true";

const SNI: &str = "upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true }";

const HTTP_OVER_TLS: &str = "\
# Less than the provider's, so that no request meets a connection that the provider is closing.
common_http_protocol_options: { idle_timeout: 30s }
auto_config: # HTTP/2 where the provider offers it
  http2_protocol_options:
    # An answer may be silent for minutes: this tells whether the provider is still there.
    connection_keepalive: { interval: 30s, timeout: 20s }
    initial_stream_window_size: 1048576
    initial_connection_window_size: 16777216";

/// vLLM is served by uvicorn, which closes a connection that has been idle for 5 s (its `--timeout-keep-alive`).
const CLEAR_TEXT: &str = "\
# Less than the server's, so that no request meets a connection that the server is closing: vLLM's is 5 s.
common_http_protocol_options: { idle_timeout: 4s }
explicit_http_config: { http_protocol_options: {} }";

const TLS: &str = "\
transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context:
      validation_context: { trusted_ca: { filename: /etc/ssl/certs/ca-certificates.crt } }";

const TLS_OF_HOST: &str = "\
transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: {{host}}
    common_tls_context:
      validation_context:
        trusted_ca: { filename: /etc/ssl/certs/ca-certificates.crt }
        match_typed_subject_alt_names: [{ san_type: {{san}}, matcher: { exact: {{host}} } }]";
