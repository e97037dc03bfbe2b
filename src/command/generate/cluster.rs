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
struct Destination {
    /// Hosts and ports, at least one.
    addresses: Vec<(String, u16)>,
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
    let mut found: BTreeMap<String, (Destination, String)> = BTreeMap::new();
    let mut unknown = Vec::new();
    for upstream in upstreams(configuration) {
        let kind = configuration.written.tree.at(&["providers", &upstream.name, "kind"]);
        let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
        let destination = match given.get(&upstream.cluster) {
            Some(destination) => destination.clone(),
            None => match destination_of(&upstream, kind) {
                Some(destination) => destination,
                None => {
                    unknown.push(format!("--endpoint {}=https://HOST", upstream.cluster));
                    continue;
                }
            },
        };
        let others = found.get(&upstream.cluster).map(|(destination, _)| destination);
        if others.is_some_and(|other| *other != destination) {
            remark(&format!(
                "several hosts are reached by the cluster {:?}: it leads to the first",
                upstream.cluster
            ));
            continue;
        }
        let yaml = render(&upstream, &destination)?;
        found.entry(upstream.cluster.clone()).or_insert((destination, yaml));
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

/// The destinations of the arguments, by their clusters.
fn given(endpoints: &[String]) -> Result<BTreeMap<String, Destination>, Trouble> {
    let mut given = BTreeMap::new();
    for text in endpoints {
        let (cluster, destination) = read(text).ok_or_else(|| {
            Trouble::Usage(format!(
                "--endpoint {text}: expected CLUSTER=https://HOST[:PORT], or several URLs of one scheme with commas \
                 between them"
            ))
        })?;
        if given.insert(cluster.to_owned(), destination).is_some() {
            return Err(Trouble::Usage(format!(
                "--endpoint {cluster}: this cluster is given twice; write all of its URLs in one, with commas between them"
            )));
        }
    }
    Ok(given)
}

/// `CLUSTER=URL,URL…`.
fn read(text: &str) -> Option<(&str, Destination)> {
    let (cluster, urls) = text.split_once('=')?;
    let mut addresses = Vec::new();
    let mut schemes = Vec::new();
    for url in urls.split(',') {
        let (scheme, rest) = url.split_once("://")?;
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        addresses.push(split(rest.strip_suffix('/').unwrap_or(rest), usual)?);
        schemes.push(scheme);
    }
    let has_tls = schemes.first() == Some(&"https");
    let is_one = schemes.iter().all(|scheme| (*scheme == "https") == has_tls);
    is_one.then_some((cluster, Destination { addresses, has_tls }))
}

/// Where the provider is known to be.
fn destination_of(upstream: &Upstream, kind: &str) -> Option<Destination> {
    if let Some(authority) = &upstream.authority {
        return Some(Destination { addresses: vec![split(authority, 443)?], has_tls: true });
    }
    // Where they listen when nothing else is said, on the same machine.
    let port = match kind {
        "ollama" => 11434,
        "vllm" => 8000,
        "lmstudio" => 1234,
        "llamacpp" => 8080,
        "sglang" => 30000,
        "tgi" => 3000,
        _ => return None,
    };
    Some(Destination { addresses: vec![("127.0.0.1".to_owned(), port)], has_tls: false })
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

fn render(upstream: &Upstream, destination: &Destination) -> Result<String, Trouble> {
    let Destination { addresses, has_tls } = destination;
    let is_address = |(host, _): &(String, u16)| host.parse::<IpAddr>().is_ok();
    // TLS is about the host that the filter asks for; where it leaves the client's, about the endpoint's.
    let tls = match (has_tls, &upstream.authority, &**addresses) {
        (false, ..) => String::new(),
        (true, Some(_), _) => TLS.to_owned(),
        (true, None, [only]) => {
            let san = if is_address(only) { "IP_ADDRESS" } else { "DNS" };
            fill(TLS_OF_HOST, &[("host", &emit::quoted(&only.0)), ("san", san)])
        }
        (true, None, _) => {
            return Err(Trouble::Usage(format!(
                "--endpoint {}: which name do the certificates of several hosts have? write the provider's `authority`",
                upstream.cluster
            )));
        }
    };
    let protocol = match (has_tls, &upstream.authority) {
        (false, _) => CLEAR_TEXT.to_owned(),
        (true, Some(_)) => format!("{SNI}\n{HTTP_OVER_TLS}"),
        (true, None) => HTTP_OVER_TLS.to_owned(),
    };
    let discovery = match addresses.iter().all(is_address) {
        true => "type: STATIC".to_owned(),
        // Of several names each has its own addresses.
        false => fill(DNS, &[("single", if addresses.len() == 1 { "true" } else { "false" })]),
    };
    let endpoints = addresses.iter().map(|(host, port)| {
        let (host, port) = (emit::quoted(host), port.to_string());
        fill(ENDPOINT, &[("host", &host), ("port", &port)])
    });
    let filled = fill(
        include_str!("cluster.yaml"),
        &[
            ("name", &emit::quoted(&upstream.cluster)),
            ("discovery", &discovery),
            ("endpoints", &endpoints.collect::<Vec<_>>().join("\n")),
            ("tls", &tls),
            ("protocol", &protocol),
        ],
    );
    Ok(filled.trim_end().to_owned())
}

const ENDPOINT: &str =
    "- endpoint: { address: { socket_address: { address: {{host}}, port_value: {{port}} } } }";

const DNS: &str = "\
cluster_type:
  name: envoy.clusters.dns
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
    dns_lookup_family: V4_PREFERRED
    respect_dns_ttl: true
    all_addresses_in_single_endpoint: {{single}}";

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
