//! The fields of the plugin configuration, as they are written: no name in here is resolved yet.
//!
//! Every field is an `Option`: `None` says that it was absent or that what stood there was reported. What absence
//! means is said at each field.

use serde_json::Value;
use zeroize::Zeroizing;

use super::named::Named;
use super::read::{expected, is_required, record, written, Json, List, Read};
use super::reader::{Reader, Text};
use super::report::{At, Report};

record! {'a:
    /// The whole plugin configuration.
    Configuration {
        /// The upstream providers by their id; at least one.
        providers (required): Named<'a, Provider<'a>>,
        /// The registered models by name. Omitted: none, only `provider/model` resolves.
        models: Named<'a, Model<'a>>,
        /// The credentials by a name that only this configuration uses.
        credentials: Named<'a, Credential<'a>>,
        /// The teams by id. Omitted: nobody can call anything.
        teams: Named<'a, Team<'a>>,
        /// How callers are recognised. Omitted: by virtual keys in the usual headers.
        identity: Identity<'a>,
        /// Where the API lives on this listener. Omitted: `/v1`.
        base_paths: List<Text<'a>>,
        /// The models of requests that name none, by endpoint: `{moderations: omni-moderation-latest}`. Omitted: none, such
        /// a request is refused.
        default_models: Named<'a, Text<'a>>,
        /// What becomes of paths that are no endpoint: `reject` (when omitted) or `pass`.
        other_paths: Text<'a>,
        /// The header that the route's `cluster_header` names. Omitted: `x-llm-cluster`.
        cluster_header: Text<'a>,
        /// The largest request body, in bytes. Omitted: 10 MiB.
        max_body_bytes: u32,
        /// When a credential cools down after failures. Omitted: 3 failures, 30 seconds, the statuses below.
        cooldown: Cooldown<'a>,
        /// What is told of failover, and to whom. Omitted: nothing.
        failover: Failover<'a>,
    }

    /// What is told of the providers that a request may be tried at, or was.
    Failover {
        /// The header in which Envoy is told the providers that may serve a request, `a+b`, for its subset load
        /// balancer. Omitted: none; then only who may use every provider of a pool is sent there.
        subset_header: Text<'a>,
        /// The header in which Envoy is told the session of a request, for the pool's ring hash, where the model has
        /// `affinity`. Omitted: none; then Envoy chooses between the endpoints of one priority by itself.
        session_header: Text<'a>,
        /// The header in which a client is told the providers that were tried, in their order. Omitted: none.
        tried_header: Text<'a>,
    }

    /// When a credential cools down that a provider keeps refusing to serve.
    Cooldown {
        /// After how many failures in a row. Omitted: 3; 0: never.
        failures: u32,
        /// For how many seconds, unless the answer asks for longer, a day at most. Omitted: 30.
        seconds: u32,
        /// Which statuses are failures. Omitted: 401, 402, 408, 429, 500, 502, 503, 504, 520 to 524, 529.
        statuses: List<u32>,
    }

    /// An upstream provider.
    Provider {
        /// The Envoy cluster that reaches it.
        cluster (required): Text<'a>,
        /// A known provider, whose settings are the defaults of all that follows. Omitted: none.
        kind: Text<'a>,
        /// How the credential is sent. Omitted: the kind's way, else `authorization: Bearer`.
        auth: Auth<'a>,
        /// How the client's path is rewritten, in the kind's first API and those that it has at the same path. Omitted: the
        /// kind's way, else the path is left alone.
        path: Path<'a>,
        /// The `:authority` sent upstream, or `client` for the client's. Omitted: the kind's, else the client's; where a
        /// credential goes along it must be written.
        authority: Text<'a>,
        /// Headers set on the upstream request.
        headers: Named<'a, Text<'a>>,
        /// Headers dropped from the upstream request; one `*` each.
        remove_headers: List<Text<'a>>,
        /// Headers that are sent although they tell who the caller is (`origin`, `x-forwarded-for`, …); one `*` each.
        /// Omitted: none.
        keep_headers: List<Text<'a>>,
        /// Members of the body that are sent although they choose further models: `models`, `fallbacks`, `route`,
        /// `preset`, `plugins`. Omitted: none.
        allowed_fields: List<Text<'a>>,
        /// The endpoints that it serves: `chat/completions`, `messages`, … Omitted: what the kind serves; without kind all but those of Gemini's
        /// and Bedrock's own APIs, which are served where `apis` has a place for them.
        endpoints: List<Text<'a>>,
        /// Where it has single APIs (`openai`, `anthropic`, `gemini`, `bedrock`), if that is elsewhere. Omitted: where the kind
        /// has them, else in the provider's one place.
        apis: Named<'a, ApiPlace<'a>>,
        /// Whether a stream at chat/completions or completions that does not ask for its tokens (`stream_options`) is made
        /// to, so that they can be counted. Omitted: false.
        stream_usage: bool,
        /// Whether `provider/<anything>` routes although it is not registered. Omitted: true.
        unregistered_models: bool,
        /// The credential of teams that have none of their own for this provider. Omitted: none.
        default_credential: Text<'a>,
        /// Whether callers may bring their own key for it. Omitted: false.
        client_credentials: bool,
        /// The region, which decides the host of kinds that have several.
        region: Text<'a>,
        /// `vertex`: the Google Cloud project.
        project: Text<'a>,
        /// `cloudflare`: the account.
        account: Text<'a>,
        /// `azure-openai`: the `api-version` of the deployments API. Omitted: the v1 API, which has none.
        api_version: Text<'a>,
    }

    /// Where a provider has one API. What is omitted is as the provider has it.
    ApiPlace {
        /// The Envoy cluster that reaches it.
        cluster: Text<'a>,
        /// The `:authority` sent upstream, or `client` for the client's.
        authority: Text<'a>,
        /// How the client's path is rewritten.
        path: Path<'a>,
        /// How the credential is sent.
        auth: Auth<'a>,
        /// Headers set on the upstream request, beside the provider's.
        headers: Named<'a, Text<'a>>,
        /// Headers dropped from the upstream request, beside the provider's; one `*` each.
        remove_headers: List<Text<'a>>,
    }

    /// The parts of a path rewrite: `strip` and `prefix`, or `template`.
    Path {
        /// What is cut off the front of the client's path. Omitted: nothing.
        strip: Text<'a>,
        /// What is put in front instead. Omitted: nothing.
        prefix: Text<'a>,
        /// A whole new path, with `{model}` and `{endpoint}`.
        template: Text<'a>,
    }

    /// A registered model, or a pattern of models.
    Model {
        /// What it does: chat, completion, embedding, image, audio, moderation or rerank. Omitted: not checked.
        purpose = "type": Text<'a>,
        /// Other names of this model. Omitted: none.
        aliases: List<Text<'a>>,
        /// The teams that may use it, whatever path leads to it. Omitted: no constraint; empty: nobody.
        teams: List<Text<'a>>,
        /// Likewise, roles that the caller must have one of.
        roles: List<Text<'a>>,
        /// Likewise, projects.
        projects: List<Text<'a>>,
        /// Likewise, namespaces.
        namespaces: List<Text<'a>>,
        /// Shown in the list of models. Omitted: nothing is shown.
        metadata: Named<'a, Value>,
        /// Where it is served. Omitted or empty: by the only provider there is, under the same name.
        targets: List<Target<'a>>,
        /// What names the session of a request: `header NAME`, or a member of the body such as `prompt_cache_key` or
        /// `metadata.user_id`. The first that is there decides between equal targets. Omitted: chance does.
        affinity: List<Text<'a>>,
        /// The Envoy cluster in which the providers of all targets are endpoints, for Envoy's retries to go from one to
        /// the next. Omitted: a request goes to one provider.
        failover_cluster: Text<'a>,
    }

    /// One place where a model is served.
    Target {
        /// The provider. Omitted: the only one there is.
        provider: Text<'a>,
        /// The model's name there. Omitted: the same.
        model: Text<'a>,
        /// The rank: the lowest is taken first. Omitted: 0.
        priority: i64,
        /// What it costs, in any one unit: among equal priorities the lowest is taken. Omitted: unknown, after all
        /// that is known.
        cost: f64,
        /// The share of requests among equals. Omitted: 1; 0: none while there is another.
        weight: u32,
        /// What its tokens cost, for the metric and the filter state `cost_microusd`. Omitted: not known.
        price: Price<'a>,
        /// What is done to the members of a JSON body that is sent there, beside `model`. Omitted: nothing.
        parameters: Parameters<'a>,
        /// The endpoints at which the provider serves this model. Omitted: all that the provider serves, but those at which
        /// its kind is known not to serve such a model.
        endpoints: List<Text<'a>>,
    }

    /// What tokens cost, in US dollars for a million of them, with six decimals at most.
    Price {
        /// Those of the prompt.
        input (required): f64,
        /// Those of the completion.
        output (required): f64,
        /// Those of the prompt that were read from a cache. Omitted: as `input`.
        cached: f64,
    }

    /// Changes to the top-level members of a JSON body.
    Parameters {
        /// Members that are given where they are missing or null. Omitted: none.
        default: Named<'a, Json<'a>>,
        /// Members that are given whatever the client sent. Omitted: none.
        set: Named<'a, Json<'a>>,
        /// Members that are left out. Omitted: none.
        remove: List<Text<'a>>,
    }

    /// A credential for exactly one provider.
    Credential {
        /// The provider that it belongs to, the only one that it can ever be sent to.
        provider (required): Text<'a>,
        /// The secret itself.
        value: Zeroizing<String>,
        /// The variable of the VM's environment that holds the secret.
        env: Text<'a>,
    }

    /// Callers who share models and credentials.
    Team {
        /// Their virtual keys. Omitted: none.
        keys: List<Key<'a>>,
        /// What they may call: names or patterns. Empty: nothing.
        models (required): List<Text<'a>>,
        /// Names of their own. Omitted: none.
        aliases: Named<'a, Text<'a>>,
        /// Their credentials, at most one for each provider. Omitted: none.
        credentials: List<Text<'a>>,
        /// Credentials for single models, before those in `credentials`. Omitted: none.
        model_credentials: Box<Named<'a, List<Text<'a>>>>,
        /// What they are, for the models' `roles`, `projects` and `namespaces`. Omitted: nothing.
        attributes: Box<Attributes<'a>>,
        /// What they may do with what is stored at providers: responses, conversations, files. Omitted: nothing.
        resources: Box<Resources<'a>>,
        /// How much they may use together. Omitted: no limit.
        limits: List<Limit<'a>>,
    }

    /// How much may be used in a time: exactly one of `requests`, `tokens` and `usd`.
    Limit {
        /// So many requests.
        requests: i64,
        /// So many tokens, of prompts and completions.
        tokens: i64,
        /// So many US dollars, by the targets' `price`; with six decimals at most.
        usd: f64,
        /// In each `minute`, `hour` or `day` of the clock, in UTC.
        per (required): Text<'a>,
        /// The models that it is about, all of them together: names or patterns. Omitted: every request.
        models: List<Text<'a>>,
    }

    /// What is stored at providers, and has no model in it.
    Resources {
        /// Where it is. The first takes requests whose header `x-llm-provider` does not name another of them.
        providers (required): List<Text<'a>>,
        /// The families: `responses`, `conversations`, `videos`, `chat/completions`, `files`, `uploads`, `batches`,
        /// `vector_stores`, `containers`, `fine_tuning`, `messages/batches`, `realtime/calls`. Omitted: the first four.
        endpoints: List<Text<'a>>,
        /// Whether a provider's `default_credential` will do, so that teams see what others store there. Omitted: false,
        /// only a credential of the key's or the team's own.
        shared_credential: bool,
    }

    /// A virtual key.
    Key {
        /// How it is called in logs. Omitted: its place in the list.
        id: Text<'a>,
        /// The SHA-256 of the key, in hex.
        sha256: Text<'a>,
        /// The variable of the VM's environment that holds the key.
        env: Text<'a>,
        /// What the key may call, of all that its team may. Omitted: all of it; empty: nothing.
        models: List<Text<'a>>,
        /// When it ends (RFC 3339): a request must be whole before that. Omitted: never.
        expires_at: Text<'a>,
        /// Whether it is out of use. Omitted: false.
        disabled: bool,
        /// Credentials of its own, before the team's. Omitted: none.
        credentials: List<Text<'a>>,
        /// Likewise for single models.
        model_credentials: Box<Named<'a, List<Text<'a>>>>,
        /// What its holder is, added to what the team is. Omitted: nothing more.
        attributes: Box<Attributes<'a>>,
        /// How much the key may use of what its team may. Omitted: no limit of its own.
        limits: List<Limit<'a>>,
    }

    /// What a caller is.
    Attributes {
        /// Roles.
        roles: List<Text<'a>>,
        /// Projects.
        projects: List<Text<'a>>,
        /// Namespaces.
        namespaces: List<Text<'a>>,
    }

    /// How callers are recognised.
    Identity {
        /// The headers that may carry a virtual key. Omitted: `authorization`, `x-api-key`, `api-key`.
        key_headers: List<Text<'a>>,
        /// Where an earlier filter left the team's id: the filter's metadata namespace, then keys. Omitted: nowhere.
        team_metadata: List<Text<'a>>,
        /// Likewise for what the caller is.
        attributes_metadata: AttributesMetadata<'a>,
        /// A header with the team's id, set by something in front that strips it from clients. Omitted: none.
        team_header: Text<'a>,
        /// The team of requests that bring no key at all. Omitted: none, they are refused.
        anonymous_team: Text<'a>,
    }

    /// Where an earlier filter left a caller's attributes.
    AttributesMetadata {
        /// Roles.
        roles: List<Text<'a>>,
        /// Projects.
        projects: List<Text<'a>>,
        /// Namespaces.
        namespaces: List<Text<'a>>,
    }

    /// The header that carries a credential.
    AuthHeader {
        /// The header's name. Omitted: the kind's, else `authorization`.
        header: Text<'a>,
        /// What precedes the secret. Omitted: `Bearer ` in `authorization`, nothing in any other.
        prefix: Text<'a>,
    }
}

/// How a provider's credential is sent: `none`, or a header.
#[derive(Debug)]
pub enum Auth<'a> {
    /// This filter adds no credential.
    None,
    /// The credential is sent in this header.
    Header(AuthHeader<'a>),
}

impl<'a> Read<'a> for Auth<'a> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        let mut ahead = *reader;
        match reader.next_byte() {
            Some(b'{') => AuthHeader::read(reader, at, report).map(Self::Header),
            Some(b'"') if ahead.text().as_str() == "none" => {
                *reader = ahead;
                Some(Self::None)
            }
            _ => expected("`none` or an object with `header` and `prefix`", reader, at, report),
        }
    }
}
