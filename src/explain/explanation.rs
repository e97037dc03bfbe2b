//! An explanation of where a request goes.

use crate::catalog::Rule;
use crate::credential::CredentialOwner;
use crate::reject::Reply;

/// Where a request goes, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The rule that finds the model; `None`: no rule does.
    pub rule: Option<Rule>,
    /// What an alias stands for, if it was one.
    pub alias_of: Option<String>,
    /// The registered model or pattern that this led to, if it is one.
    pub registered: Option<String>,
    /// What the pattern's `*` stands for.
    pub captured: Option<String>,
    /// The provider that it is pinned to.
    pub pinned_to: Option<String>,
    /// Whether the caller may have it.
    pub access: Access,
    /// Every target, and what becomes of it.
    pub targets: Vec<ExplainedTarget>,
    /// What names the session that decides between equal targets, in the order in which it is looked for; empty: chance
    /// decides.
    pub affinity: Vec<String>,
    /// The limits that the request meets, those of the key first; it may be refused by each.
    pub limits: Vec<ExplainedLimit>,
    /// The request as it is sent, or the answer that the caller gets.
    pub outcome: Result<UpstreamRequest, Reply>,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedLimit {
    /// Whether it is the key's own, and not its team's.
    pub is_of_key: bool,
    /// How much of what in which time, of which models.
    pub limit: String,
}

/// Whether a caller may have a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// There is no such model.
    NoSuchModel,
    /// The team's `models` do not name it.
    NotForTeam,
    /// The key's `models` do not name it.
    NotForKey,
    /// The model's `teams`, `roles`, `projects` or `namespaces` keep the caller out.
    Restricted,
    /// It may.
    Allowed,
}

/// A target of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedTarget {
    /// The provider.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// Its rank.
    pub priority: i64,
    /// What it costs; `None`: not known.
    pub cost: Option<f64>,
    /// Its share among equals.
    pub weight: u32,
    /// The endpoints at which it is served there, sorted.
    pub endpoints: Vec<&'static str>,
    /// The credential that it would be sent with, and whose that is.
    pub credential: Option<(String, CredentialOwner)>,
    /// What becomes of it.
    pub status: TargetStatus,
}

/// What becomes of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetStatus {
    /// The request goes there, or to one of several between which chance or the session decides.
    Chosen,
    /// It ranks behind the one that is chosen.
    RanksBehind,
    /// It cannot serve the request.
    LeftOut(Exclusion),
}

/// Why a target cannot serve the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// It is not served there at the endpoint that is called.
    NotServedThere,
    /// There is no credential for this caller.
    NoCredential,
    /// The model is pinned to another provider.
    PinnedElsewhere,
    /// What is served there is registered by its own name, for others.
    Restricted,
    /// The request is refused altogether.
    Refused,
}

/// The request as the provider gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamRequest {
    /// The provider.
    pub provider: String,
    /// Envoy's cluster.
    pub cluster: String,
    /// The model's name there.
    pub model: String,
    /// The path.
    pub path: String,
    /// The host; `None`: the client's.
    pub authority: Option<String>,
    /// The headers that are set.
    pub headers: Vec<(String, HeaderValue)>,
    /// The members of the body that are changed, beside the model.
    pub body: Vec<(String, MemberChange)>,
}

/// What becomes of a member of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// It is this JSON where it is missing or null.
    Default(String),
    /// It is this JSON, whatever the client sent.
    Set(String),
    /// It is left out.
    Removed,
    /// It asks for the tokens of a stream.
    AsksForUsage,
}

/// A header's value, without the secret that may be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// It is no secret.
    Plain(String),
    /// The credential of this name, after this prefix.
    Credential {
        /// What precedes it.
        prefix: String,
        /// Its name.
        name: String,
    },
}
