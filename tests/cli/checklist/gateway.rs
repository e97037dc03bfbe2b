//! A gateway, whatever it is written for: a bootstrap, Istio's patches, or Envoy Gateway's resources.

use serde_json::{json, Value};

/// Envoy's configuration, put together.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The listener's buffer, in bytes.
    pub buffer_limit: Value,
    /// The HTTP connection manager, but for its filters and routes.
    pub manager: Value,
    /// The HTTP filters in front of Envoy's router, in their order.
    pub filters: Vec<Value>,
    /// The routes, each with what its virtual host says.
    pub routes: Vec<Value>,
    pub clusters: Vec<Value>,
    pub stats_tags: Vec<String>,
    pub overload_manager: Value,
}

const MANAGER: &str = "HttpConnectionManager";

impl Gateway {
    /// The gateway in the documents of a file and of those that it reads, if there is one.
    pub fn of(documents: &[Value]) -> Option<Self> {
        let mut gateway = match documents.iter().find_map(|one| one["kind"].as_str()) {
            Some(_) => Self::of_kubernetes(documents)?,
            None => Self::of_bootstrap(documents)?,
        };
        gateway.filters.retain(|filter| !is(filter, "Router"));
        Some(gateway)
    }

    fn of_bootstrap(documents: &[Value]) -> Option<Self> {
        let bootstrap = documents.iter().find(|one| one.get("static_resources").is_some())?;
        let listeners = bootstrap.pointer("/static_resources/listeners")?.as_array()?;
        let listener = listeners.iter().find(|one| one["name"] == "llm")?;
        let manager = everywhere(listener).into_iter().find(|one| is_type(one, MANAGER))?;
        let resources = documents.iter().flat_map(|one| items(&one["resources"]));
        let (discovered, others): (Vec<_>, Vec<_>) =
            resources.partition(|one| one["name"] == "llm_router");
        let mut filters = items(&manager["http_filters"]);
        for filter in filters.iter_mut().filter(|one| one.get("config_discovery").is_some()) {
            *filter = discovered.first()?.clone();
        }
        let own = items(&bootstrap["static_resources"]["clusters"]);
        // The others are providers.
        let is_provider = |one: &Value| one["name"] != "admin" && one["name"] != "ratelimit";
        let clusters = own.into_iter().chain(others).filter(is_provider);
        Some(Self {
            buffer_limit: listener["per_connection_buffer_limit_bytes"].clone(),
            manager: manager.clone(),
            filters,
            routes: routes_of(&manager["route_config"]["virtual_hosts"]),
            clusters: clusters.collect(),
            stats_tags: tags(&bootstrap["stats_config"]),
            overload_manager: bootstrap["overload_manager"].clone(),
        })
    }

    fn of_kubernetes(documents: &[Value]) -> Option<Self> {
        let mut gateway = Self {
            buffer_limit: Value::Null,
            manager: json!({}),
            filters: vec![],
            routes: vec![],
            clusters: vec![],
            stats_tags: vec![],
            overload_manager: Value::Null,
        };
        for document in documents {
            let spec = &document["spec"];
            match document["kind"].as_str() {
                Some("EnvoyFilter") => gateway.merge_istios(&items(&spec["configPatches"])),
                Some("ConfigMap") => {
                    let text = document["data"]["custom_bootstrap.json"].as_str().unwrap();
                    let bootstrap: Value = serde_saphyr::from_str(text).unwrap();
                    gateway.overload_manager = bootstrap["overload_manager"].clone();
                    push(&mut gateway.overload_manager, "resource_monitors", CONNECTIONS);
                }
                Some("Deployment") => {
                    let annotations = &spec["template"]["metadata"]["annotations"];
                    // Without it the Deployment is not of a proxy of Istio's.
                    let Some(config) = annotations["proxy.istio.io/config"].as_str() else {
                        continue;
                    };
                    let config: Value = serde_saphyr::from_str(config).unwrap();
                    gateway.stats_tags = texts(&config["extraStatTags"]);
                }
                Some("EnvoyPatchPolicy") => gateway.apply(&items(&spec["jsonPatches"])),
                Some("ClientTrafficPolicy") => gateway.take_policy(spec),
                Some("EnvoyProxy") => {
                    let text = spec["bootstrap"]["value"].as_str().unwrap();
                    assert_eq!(spec["bootstrap"]["type"], "Merge");
                    let bootstrap: Value = serde_saphyr::from_str(text).unwrap();
                    gateway.stats_tags = tags(&bootstrap["stats_config"]);
                    gateway.overload_manager = bootstrap["overload_manager"].clone();
                    // Envoy Gateway adds these where the container has a limit.
                    let limits =
                        "/provider/kubernetes/envoyDeployment/container/resources/limits/memory";
                    if spec.pointer(limits).is_some() {
                        let heap = "envoy.resource_monitors.fixed_heap";
                        let own = &mut gateway.overload_manager;
                        for name in [CONNECTIONS, heap] {
                            push(own, "resource_monitors", name);
                        }
                        for action in ["shrink_heap", "stop_accepting_requests"] {
                            push(own, "actions", &format!("envoy.overload_actions.{action}"));
                        }
                    }
                }
                _ => {}
            }
        }
        (!gateway.routes.is_empty()).then_some(gateway)
    }

    fn merge_istios(&mut self, patches: &[Value]) {
        let mut discovered = Value::Null;
        for patch in patches {
            let value = &patch["patch"]["value"];
            match patch["applyTo"].as_str().unwrap() {
                "EXTENSION_CONFIG" => discovered = value.clone(),
                "HTTP_FILTER" if value.get("config_discovery").is_some() => {
                    self.filters.push(discovered.clone());
                }
                "HTTP_FILTER" => self.filters.push(value.clone()),
                "LISTENER" => {
                    self.buffer_limit = value["per_connection_buffer_limit_bytes"].clone();
                }
                "NETWORK_FILTER" => self.manager = value["typed_config"].clone(),
                "HTTP_ROUTE" => self.routes.push(value.clone()),
                "CLUSTER" => self.clusters.push(value.clone()),
                other => panic!("a patch of {other}"),
            }
        }
    }

    fn apply(&mut self, patches: &[Value]) {
        for patch in patches {
            let (path, value) =
                (patch["operation"]["path"].as_str().unwrap(), &patch["operation"]["value"]);
            match path.rsplit_once("/typed_config/").map_or(path, |(_, below)| below) {
                "" => self.clusters.push(value.clone()),
                "/virtual_hosts" => self.routes = routes_of(value),
                "http_filters/0" => self.filters.insert(0, value.clone()),
                below => {
                    let mut place = &mut self.manager;
                    for name in below.split('/') {
                        place = &mut place[name];
                    }
                    *place = value.clone();
                }
            }
        }
    }

    /// What Envoy Gateway makes of a ClientTrafficPolicy.
    fn take_policy(&mut self, spec: &Value) {
        let http = &spec["timeout"]["http"];
        self.manager["request_timeout"] = http["requestReceivedTimeout"].clone();
        self.manager["stream_idle_timeout"] = http["streamIdleTimeout"].clone();
        let (from, to) = (&spec["http2"], &mut self.manager["http2_protocol_options"]);
        to["max_concurrent_streams"] = from["maxConcurrentStreams"].clone();
        to["initial_stream_window_size"] = in_bytes(&from["initialStreamWindowSize"]);
        to["initial_connection_window_size"] = in_bytes(&from["initialConnectionWindowSize"]);
        self.buffer_limit = in_bytes(&spec["connection"]["bufferLimit"]);
    }
}

const CONNECTIONS: &str = "envoy.resource_monitors.global_downstream_max_connections";

fn push(object: &mut Value, list: &str, name: &str) {
    let mut items = items(&object[list]);
    items.push(json!({"name": name}));
    object[list] = items.into();
}

/// What Kubernetes reads of a quantity.
fn in_bytes(quantity: &Value) -> Value {
    let Some(text) = quantity.as_str() else { return Value::Null };
    let (number, shift) = match (text.strip_suffix("Ki"), text.strip_suffix("Mi")) {
        (Some(number), _) => (number, 10),
        (_, Some(number)) => (number, 20),
        _ => (text, 0),
    };
    (number.parse::<u64>().unwrap() << shift).into()
}

/// The routes of virtual hosts, each with the fields of its host where it has none of its own.
fn routes_of(hosts: &Value) -> Vec<Value> {
    let mut routes = Vec::new();
    for host in items(hosts) {
        for mut route in items(&host["routes"]) {
            for (name, value) in host.as_object().unwrap() {
                if route.get(name).is_none() {
                    route[name] = value.clone();
                }
            }
            routes.push(route);
        }
    }
    routes
}

fn tags(stats: &Value) -> Vec<String> {
    items(&stats["stats_tags"])
        .iter()
        .map(|tag| tag["tag_name"].as_str().unwrap().to_owned())
        .collect()
}

pub fn texts(list: &Value) -> Vec<String> {
    items(list).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

pub fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// Whether an extension's configuration is of this type.
pub fn is(extension: &Value, kind: &str) -> bool {
    is_type(&extension["typed_config"], kind)
}

fn is_type(value: &Value, kind: &str) -> bool {
    value["@type"].as_str().is_some_and(|url| url.ends_with(&format!(".{kind}")))
}

/// Every object in a document.
pub fn everywhere(value: &Value) -> Vec<&Value> {
    let inner: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => vec![],
    };
    let own = value.is_object().then_some(value);
    own.into_iter().chain(inner.into_iter().flat_map(everywhere)).collect()
}
