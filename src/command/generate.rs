//! `envoy`: what Envoy must be told, for a plugin configuration.

mod cluster;
mod parameters;
mod plugin;
mod template;

use std::io::Write;

use envoy_llm_router::Upstream;

use crate::arguments::{EnvoyArguments, Target};
use crate::configuration::{self, Configuration};
use crate::emit;
use crate::outcome::{Outcome, Trouble};

use template::fill;

/// Prints a bootstrap, a resource, or objects for Istio or Envoy Gateway.
pub fn run(arguments: &EnvoyArguments) -> Result<Outcome, Trouble> {
    let Some(configuration) = configuration::load(&arguments.file, &arguments.variables)? else {
        return Ok(Outcome::Problems);
    };
    let clusters = match arguments.format {
        // They are in a file of their own.
        Target::Ecds => Vec::new(),
        _ => cluster::clusters(&configuration, arguments)?,
    };
    let plugin = match arguments.format {
        Target::Cds => String::new(),
        _ => plugin::render(&configuration, arguments)?,
    };
    let cluster_header = configuration.router.cluster_header();
    let buffer_limit = buffer_limit(configuration.router.max_body_bytes());
    let heap = heap(buffer_limit);
    // Envoy Gateway lets the heap have 80 % of it; the virtual machines come on top.
    let memory = format!("{}Mi", heap.saturating_mul(4) >> 20);
    let (buffer_limit, heap) = (buffer_limit.to_string(), heap.to_string());
    let (address, port) = (arguments.listen.ip().to_string(), arguments.listen.port().to_string());
    let admin_port = arguments.admin_port.to_string();
    let (head, template, clusters) = match arguments.format {
        Target::Envoy => {
            (BOOTSTRAP_HEAD, include_str!("generate/bootstrap.yaml"), list(&clusters, &item))
        }
        Target::Ecds => ("", include_str!("generate/ecds.yaml"), String::new()),
        Target::Cds => ("", include_str!("generate/cds.yaml"), list(&clusters, &resource)),
        Target::Istio => ("", include_str!("generate/istio.yaml"), list(&clusters, &istio_patch)),
        Target::Gateway => {
            ("", include_str!("generate/gateway.yaml"), list(&clusters, &gateway_patch))
        }
    };
    let filled = fill(
        template,
        &[
            ("address", &emit::quoted(&address)),
            ("port", &port),
            ("admin_port", &admin_port),
            ("buffer_limit", &buffer_limit),
            ("heap", &heap),
            ("memory", &memory),
            ("cluster_header", &emit::quoted(cluster_header)),
            ("namespace", &arguments.namespace),
            ("gateway", &arguments.gateway),
            ("plugin", &plugin),
            ("clusters", &clusters),
        ],
    );
    write!(anstream::stdout(), "{head}{filled}")?;
    Ok(Outcome::Fine)
}

const BOOTSTRAP_HEAD: &str = "\
# Envoy 1.35 or newer, with the filter llm_router and the providers of its configuration.

";

/// Room for the largest body that the filter takes, and for what it adds.
fn buffer_limit(max_body_bytes: usize) -> usize {
    const MORE: usize = 1024 * 1024;
    let wanted = max_body_bytes.saturating_add(MORE);
    // Envoy's field holds 32 bits.
    wanted.checked_next_power_of_two().unwrap_or(wanted).min(u32::MAX as usize)
}

/// What Envoy's heap may grow to, in bytes: room for some of the largest bodies at once.
fn heap(buffer_limit: usize) -> usize {
    const LEAST: usize = 512 * 1024 * 1024;
    const BODIES: usize = 16;
    buffer_limit.saturating_mul(BODIES).max(LEAST)
}

/// A cluster by its name and its YAML.
type Cluster = (String, String);

fn list(clusters: &[Cluster], render: &dyn Fn(&Cluster) -> String) -> String {
    clusters.iter().map(render).collect::<Vec<_>>().join("\n\n")
}

/// As an item of a list.
fn item((_, yaml): &Cluster) -> String {
    let mut lines = yaml.lines();
    let first = lines.next().unwrap_or_default();
    let rest = lines.map(|line| format!("\n  {line}"));
    rest.fold(format!("- {first}"), |item, line| item + &line)
}

/// As a resource that is discovered.
fn resource((name, yaml): &Cluster) -> String {
    item(&(name.clone(), format!("{TYPE}\n{yaml}")))
}

const TYPE: &str = "\"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster";

fn istio_patch((_, yaml): &Cluster) -> String {
    fill(ISTIO_CLUSTER, &[("cluster", yaml)])
}

const ISTIO_CLUSTER: &str = "\
- applyTo: CLUSTER
  match: { context: GATEWAY }
  patch:
    operation: ADD
    value:
      {{cluster}}";

fn gateway_patch((name, yaml): &Cluster) -> String {
    fill(GATEWAY_CLUSTER, &[("name", &emit::quoted(name)), ("cluster", yaml)])
}

const GATEWAY_CLUSTER: &str = "\
- type: type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: {{name}}
  operation:
    op: add
    path: \"\"
    value:
      {{cluster}}";

/// The providers, in the order of their names.
fn upstreams(configuration: &Configuration) -> Vec<Upstream> {
    configuration.router.upstreams()
}
