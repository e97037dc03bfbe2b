//! How a cluster speaks to its endpoints: whether a credential can be read on the way, or reach somebody else.

use crate::finding::Severity;
use crate::yaml::Yaml;

/// What is wrong with the transport to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// There is no TLS, and the endpoint is not on this machine.
    NoTls,
    /// The certificate is not verified.
    Unverified,
    /// Every host's certificate is accepted.
    AnyHost,
    /// The server is not told which host is wanted.
    NoServerName,
    /// The client's host is the name in TLS.
    HostOfClient,
}

impl Problem {
    /// How serious it is: an error, where a credential can be sent to somebody else.
    pub fn severity(self) -> Severity {
        match self {
            Self::Unverified | Self::HostOfClient => Severity::Error,
            Self::NoTls | Self::AnyHost | Self::NoServerName => Severity::Warning,
        }
    }

    /// What to print, after the name of the cluster or endpoint.
    pub fn message(self) -> &'static str {
        match self {
            Self::NoTls => "has no TLS: the credential travels in the clear",
            Self::Unverified => {
                "does not verify the provider's certificate: name a `trusted_ca`"
            }
            Self::AnyHost => {
                "takes any host's certificate: set `auto_san_validation` or `match_typed_subject_alt_names`"
            }
            Self::NoServerName => "does not say which host it wants: set `auto_sni` or `sni`",
            Self::HostOfClient => {
                "takes the name for TLS from the host that the client asked for (`auto_sni`): \
                 set `sni` and `match_typed_subject_alt_names` instead"
            }
        }
    }
}

/// An endpoint of a cluster.
pub struct Endpoint<'a> {
    yaml: &'a Yaml,
}

impl<'a> Endpoint<'a> {
    /// The provider that its metadata names.
    pub fn provider(&self) -> Option<&'a str> {
        self.yaml.at(&["metadata", "filter_metadata", "llm_router", "provider"])?.text()
    }

    /// A list in its metadata for Envoy's subset load balancer.
    pub fn subset_values(&self, key: &str) -> Vec<&'a str> {
        let value = self.yaml.at(&["metadata", "filter_metadata", "envoy.lb", key]);
        let items = value.into_iter().flat_map(Yaml::items).chain(value);
        items.filter_map(Yaml::text).collect()
    }

    fn leaves_the_machine(&self) -> bool {
        let mut leaves = false;
        self.yaml.visit(&mut |_, yaml| {
            let address = yaml.at(&["socket_address", "address"]).and_then(Yaml::text);
            let is_here = |address: &str| {
                address == "localhost" || address == "::1" || address.starts_with("127.")
            };
            leaves |= address.is_some_and(|address| !is_here(address));
        });
        leaves
    }
}

/// The endpoints that a cluster lists.
pub fn endpoints(cluster: &Yaml) -> impl Iterator<Item = Endpoint<'_>> {
    let localities = cluster.at(&["load_assignment", "endpoints"]);
    let lists =
        localities.into_iter().flat_map(Yaml::items).filter_map(|one| one.get("lb_endpoints"));
    lists.flat_map(Yaml::items).map(|yaml| Endpoint { yaml })
}

/// What is wrong with the way to an endpoint. `None` stands for endpoints that the cluster does not list.
/// `is_host_of_client` says that the host that TLS would be given (`auto_sni`) is the client's.
pub fn problems(
    cluster: &Yaml,
    endpoint: Option<&Endpoint<'_>>,
    is_host_of_client: bool,
) -> Vec<Problem> {
    let Some(socket) = socket(cluster, endpoint).filter(|socket| !is_clear(socket)) else {
        let leaves = endpoint.is_some_and(Endpoint::leaves_the_machine);
        return if leaves { vec![Problem::NoTls] } else { Vec::new() };
    };
    let Some(tls) = socket.get("typed_config").and_then(tls_context) else { return Vec::new() };
    let context = tls.get("common_tls_context");
    let validation = context.and_then(|context| {
        context
            .get("validation_context")
            .or_else(|| context.at(&["combined_validation_context", "default_validation_context"]))
    });
    let is_from_a_server = context.is_some_and(|context| {
        context.get("validation_context_sds_secret_config").is_some()
            || context.get("combined_validation_context").is_some()
    });
    let has = |field| validation.is_some_and(|validation| validation.get(field).is_some());
    if !has("trusted_ca") && !has("system_root_certs") && !is_from_a_server {
        return vec![Problem::Unverified];
    }
    let options = cluster.get("typed_extension_protocol_options").map(Yaml::entries);
    let http = options
        .into_iter()
        .flatten()
        .find_map(|entry| entry.value.get("upstream_http_protocol_options"));
    let is_set = |field| http.is_some_and(|http| http.is_true(field));
    let mut problems = Vec::new();
    if is_set("auto_sni") && is_host_of_client {
        problems.push(Problem::HostOfClient);
    }
    if !has("match_typed_subject_alt_names") && !is_from_a_server && !is_set("auto_san_validation")
    {
        problems.push(Problem::AnyHost);
    }
    if tls.get("sni").is_none() && !is_set("auto_sni") {
        problems.push(Problem::NoServerName);
    }
    problems
}

/// The transport socket by which an endpoint is reached: the first whose `match` its metadata has, else the cluster's.
fn socket<'a>(cluster: &'a Yaml, endpoint: Option<&Endpoint<'_>>) -> Option<&'a Yaml> {
    let metadata = endpoint.and_then(|endpoint| {
        endpoint.yaml.at(&["metadata", "filter_metadata", "envoy.transport_socket_match"])
    });
    let has = |wanted: &Yaml| {
        wanted.entries().iter().all(|entry| {
            let value = metadata.and_then(|metadata| metadata.text_of(&entry.key));
            value.is_some() && value == entry.value.text()
        })
    };
    let mut matches = cluster.get("transport_socket_matches").into_iter().flat_map(Yaml::items);
    let matching = matches.find(|one| one.get("match").is_none_or(has));
    matching.map_or(cluster, |one| one).get("transport_socket")
}

/// Whether a transport socket is Envoy's way to write "none".
fn is_clear(socket: &Yaml) -> bool {
    let kind = socket.at(&["typed_config", "@type"]).and_then(Yaml::text).unwrap_or_default();
    kind.ends_with(".RawBuffer")
        || socket.text_of("name") == Some("envoy.transport_sockets.raw_buffer")
}

fn tls_context(socket: &Yaml) -> Option<&Yaml> {
    let kind = socket.text_of("@type")?;
    if kind.ends_with(".QuicUpstreamTransport") {
        return socket.get("upstream_tls_context");
    }
    kind.ends_with(".UpstreamTlsContext").then_some(socket)
}
