//! Registered models.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::affinity::Affinity;
use crate::endpoint::Endpoints;
use crate::id::{ModelId, ProviderId};
use crate::model_type::Type;
use crate::parameters::Parameters;
use crate::pattern::Pattern;
use crate::provider::Provider;
use crate::team::Restriction;

/// A registered model, or a pattern that stands for many.
#[derive(Debug)]
pub struct Model {
    /// Its place in the router.
    pub id: ModelId,
    /// Its name, or the pattern as it is written.
    pub name: Rc<str>,
    /// What it does; `None` is not checked against the endpoint.
    pub kind: Option<Type>,
    /// Who may use it.
    pub restriction: Rc<Restriction>,
    /// What the list of models tells of it.
    pub metadata: Map<String, Value>,
    /// Where it is served; never empty.
    pub targets: Vec<Target>,
    /// Where its requests name their session; `None` if chance decides between equal targets.
    pub affinity: Option<Affinity>,
    /// Where Envoy goes on to the next provider; `None` if a request goes to one alone.
    pub pool: Option<Rc<Pool>>,
}

/// An Envoy cluster whose endpoints are several providers.
#[derive(Debug, Default)]
pub struct Pool {
    /// The cluster.
    pub cluster: Box<str>,
    /// The providers of all models that name it: each is taken to have an endpoint there.
    pub members: BTreeSet<ProviderId>,
}

/// One place where a model is served.
#[derive(Debug)]
pub struct Target {
    /// The provider.
    pub provider: Rc<Provider>,
    /// The model's name there; its `*`, if it has one, takes what the pattern's `*` stood for.
    pub model: Pattern,
    /// The lowest is taken first.
    pub priority: i64,
    /// Among equal priorities the lowest is taken; infinite where it is not known.
    pub cost: f64,
    /// The share of requests among equals.
    pub weight: u32,
    /// What it does to members of the body; `None`: nothing.
    pub parameters: Option<Rc<Parameters>>,
    /// The endpoints at which the configuration says that it is served; `None` if it says nothing.
    pub endpoints: Option<Endpoints>,
}

impl Target {
    /// The endpoints at which it is served, `model` being its name there.
    #[must_use]
    pub fn endpoints(&self, model: &str) -> Endpoints {
        self.endpoints.unwrap_or_else(|| self.provider.endpoints_of(model))
    }
}
