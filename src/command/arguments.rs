//! The command's arguments.

use std::net::SocketAddr;

use anstream::ColorChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Checks, explains and makes configurations of the Envoy filter `llm_router`.
#[derive(Debug, Parser)]
#[command(
    name = "llm-router",
    version,
    after_help = "Exit status: 0 when all is well, 1 when a file holds errors or a request would be refused,\n\
                  2 when the arguments make no sense or a file cannot be read.",
    max_term_width = 100
)]
pub struct Arguments {
    /// When to colour what is printed
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub color: When,

    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl When {
    /// Makes it so for all that is printed.
    pub fn write_global(self) {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find every mistake in configurations before Envoy does
    Check(Check),
    /// Explain where a request goes, and why
    Explain(Explain),
    /// Print what Envoy must be told for a configuration
    Envoy(EnvoyArguments),
    /// Make a configuration of another gateway's
    Import(Import),
    /// Print what a configuration holds of a virtual key: its SHA-256
    HashKey(HashKey),
    /// Print the JSON Schema of the plugin configuration
    Schema,
    /// Print the completions for a shell
    #[command(
        after_help = "Example: llm-router completions bash > /etc/bash_completion.d/llm-router"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example: llm-router man check | man -l -")]
    Man {
        /// The subcommand whose page is wanted
        command: Option<String>,
    },
}

/// `check`
#[derive(Debug, Args)]
#[command(
    long_about = "Find every mistake in configurations before Envoy does.\n\n\
        A file is a plugin configuration in YAML or JSON, or anything that contains one: an Envoy bootstrap, a file of \
        listeners or clusters (xDS), an Istio EnvoyFilter, an Envoy Gateway EnvoyPatchPolicy. What the filter itself would \
        refuse or warn of is told with its place, and also what the filter cannot see: clusters that are not defined, a \
        route that times out, a missing flag. Files that belong together are best checked together.",
    after_help = "Examples:\n  \
        llm-router check envoy/envoy.yaml\n  \
        llm-router check --env-file secrets.env plugin.yaml\n  \
        llm-router check --format json --deny-warnings listeners.yaml clusters.yaml"
)]
pub struct Check {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    pub variables: Variables,
    /// How to print what is found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Let warnings count as errors
    #[arg(long)]
    pub deny_warnings: bool,
}

/// `explain`
#[derive(Debug, Args)]
#[command(
    long_about = "Explain where a request goes, and why; or who may call what.\n\n\
        The request is taken through the filter's own code: which rule finds the model, who may have it, which targets are \
        left out, which credential is sent by its name, and what goes upstream; or the error that the client gets.\n\n\
        Without --model it prints who may call what: every model, and for each team the providers that would serve it. \
        Without --team the model is explained for each team.",
    after_help = "Examples:\n  \
        llm-router explain envoy/envoy.yaml --team research --model fast\n  \
        llm-router explain plugin.yaml --team support --key chatbot --model gpt-4o --endpoint embeddings\n  \
        llm-router explain plugin.yaml\n  \
        printf %s \"$KEY\" | llm-router explain plugin.yaml --key-stdin --model gpt-4o"
)]
pub struct Explain {
    /// A file that holds the configuration; - is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// The caller's team. Without it, and without a key: each team
    #[arg(long)]
    pub team: Option<String>,
    /// The model, as the client asks for it. Without it: every model
    #[arg(long)]
    pub model: Option<String>,
    /// The endpoint, below its base path
    #[arg(long, default_value = "chat/completions")]
    pub endpoint: String,
    /// The id of the team's virtual key that is shown. Without it, what keys add or take away does not count
    #[arg(long, value_name = "ID", requires = "team")]
    pub key: Option<String>,
    /// Read the value of the caller's virtual key from standard input; it says which team calls. It is not printed
    #[arg(long, conflicts_with = "key")]
    pub key_stdin: bool,
    /// A role that an earlier filter gives the caller; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// Likewise, a project
    #[arg(long = "project", value_name = "PROJECT")]
    pub projects: Vec<String>,
    /// Likewise, a namespace
    #[arg(long = "namespace", value_name = "NAMESPACE")]
    pub namespaces: Vec<String>,
    #[command(flatten)]
    pub variables: Variables,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// `envoy`
#[derive(Debug, Args)]
#[command(
    long_about = "Print what Envoy must be told for a configuration.\n\n\
        Without --format a complete bootstrap: a listener with the filter, a cluster for each provider with TLS and \
        verification, timeouts for answers that take minutes, access log, labels of the metrics. With --format an EnvoyFilter \
        for Istio or an EnvoyPatchPolicy for Envoy Gateway, to go with a gateway that is there already.",
    after_help = "Examples:\n  \
        llm-router envoy plugin.yaml > envoy.yaml && envoy -c envoy.yaml\n  \
        llm-router envoy plugin.yaml --endpoint in-house=https://llm.example.com --listen 0.0.0.0:8080\n  \
        llm-router envoy plugin.yaml --format istio --wasm oci://registry.example/llm-router:1.0 | kubectl apply -f -"
)]
pub struct EnvoyArguments {
    /// A file that holds the configuration; - is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "envoy")]
    pub format: Target,
    /// Where a cluster leads, if its provider does not say so, or elsewhere than it says: http or https, several with commas
    /// between them; may be repeated for further clusters
    #[arg(long = "endpoint", value_name = "CLUSTER=URL[,URL]")]
    pub endpoints: Vec<String>,
    /// Where Envoy listens; for Istio and Envoy Gateway, the port of the gateway's listener
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:10000")]
    pub listen: SocketAddr,
    /// The port of Envoy's admin pages, on 127.0.0.1
    #[arg(long, value_name = "PORT", default_value = "9901")]
    pub admin_port: u16,
    /// The filter: its file, or for Istio the URL of its image [default: where the project's examples have it]
    #[arg(long, value_name = "PATH")]
    pub wasm: Option<String>,
    /// Istio and Envoy Gateway: the gateway's namespace
    #[arg(long, default_value = "llm")]
    pub namespace: String,
    /// Istio: the label `app` of the gateway; Envoy Gateway: its name
    #[arg(long, default_value = "llm")]
    pub gateway: String,
    #[command(flatten)]
    pub variables: Variables,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// A bootstrap for Envoy itself
    Envoy,
    /// The filter alone, as a resource that Envoy discovers (ECDS), for envoy/dynamic/
    Ecds,
    /// The providers' clusters alone, as resources that Envoy discovers (CDS), for the place of envoy/providers.yaml
    Cds,
    /// An EnvoyFilter for Istio
    Istio,
    /// An EnvoyPatchPolicy for Envoy Gateway
    Gateway,
}

/// `import`
#[derive(Debug, Args)]
#[command(
    long_about = "Make a configuration of another gateway's.\n\n\
        What it comes to is printed as YAML. It never allows more than the original, and sends no key to another host; where a \
        limit of the original is missing, something works no longer, or something is good to know, a remark on standard error \
        says so, and begins with security, lost or note.",
    after_help = "Examples:\n  \
        llm-router import litellm config.yaml > plugin.yaml\n  \
        llm-router import litellm config.yaml --teams teams.json --env-file litellm.env --strict > plugin.yaml\n  \
        llm-router import llama-stack run.yaml > plugin.yaml"
)]
pub struct Import {
    #[command(subcommand)]
    pub source: Source,
}

/// The other gateway.
#[derive(Debug, Subcommand)]
pub enum Source {
    /// The config.yaml of a LiteLLM proxy
    Litellm {
        /// The config.yaml, a ConfigMap that holds it, or the values of LiteLLM's Helm chart; - is standard input
        #[arg(value_name = "FILE")]
        file: String,
        /// What the proxy answers to GET /team/list: its teams, and the hashes of their keys
        #[arg(long, value_name = "FILE")]
        teams: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// The run.yaml of a Llama Stack
    LlamaStack {
        /// The run.yaml, or a ConfigMap that holds it; - is standard input
        #[arg(value_name = "FILE")]
        file: String,
        #[command(flatten)]
        how: How,
    },
}

/// How to import.
#[derive(Debug, Args)]
pub struct How {
    /// Exit with status 1 if there is a remark of the rank security or lost
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub variables: Variables,
}

/// Where secrets come from.
#[derive(Debug, Args)]
pub struct Variables {
    /// A file of NAME=value lines: the environment that Envoy will have. Without it, a variable that is not set here is
    /// taken to be set there
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<String>,
}

/// How to print something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// `hash-key`
#[derive(Debug, Args)]
#[command(
    long_about = "Print what a configuration holds of a virtual key: its SHA-256.\n\n\
        The key is read from standard input, never from the arguments, which other users of the machine can see. One line \
        break at its end does not belong to it.",
    after_help = "Examples:\n  \
        printf %s \"$KEY\" | llm-router hash-key\n  \
        llm-router hash-key --generate"
)]
pub struct HashKey {
    /// Make a new random key, and print it and its SHA-256
    #[arg(long)]
    pub generate: bool,
}
