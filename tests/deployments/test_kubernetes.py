"""envoy/kubernetes/: the types of the API, and an Envoy with what Istio and Envoy Gateway would make of the examples."""

import copy
import json
import pathlib
import re
import tempfile
import unittest

import jsonpatch
import jsonschema
import kubernetes_validate
import yaml

from demo import TOP, wait_until
from gateway import WASM, Gateway, everywhere, load, over_http2, variables

DIRECTORY = TOP / "envoy/kubernetes"
SCHEMAS = yaml.safe_load((TOP / "tests/deployments/resources.yaml").read_text())
TYPE = "type.googleapis.com/"
MANAGER = f"{TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = {"name": "envoy.filters.http.router",
          "typed_config": {"@type": f"{TYPE}envoy.extensions.filters.http.router.v3.Router"}}


def check(resource):
    """Fails unless the API server would take the resource."""
    kind = f"{resource['apiVersion']} {resource['kind']}"
    if kind not in SCHEMAS:
        kubernetes_validate.validate(resource, "1.37", strict=True)
        return
    properties = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, **SCHEMAS[kind]}
    jsonschema.validate(resource, {"type": "object", "required": ["metadata", "spec"], "additionalProperties": False,
                                   "properties": properties})
    if resource["kind"] == "EnvoyProxy":
        check(deployment_of(resource))


def deployment_of(proxy):
    """The Deployment that Envoy Gateway makes of an EnvoyProxy."""
    deployment = proxy["spec"]["provider"]["kubernetes"]["envoyDeployment"]
    container = {"name": "envoy", "image": "envoy", **deployment["container"]}
    labels = {"app": "envoy"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "envoy"},
            "spec": {"selector": {"matchLabels": labels}, "replicas": deployment["replicas"], "strategy": deployment["strategy"],
                     "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **deployment["pod"]}}}}


def merged(into, more):
    """Two messages of protobuf's merged: lists are added to."""
    if isinstance(into, dict) and isinstance(more, dict):
        return into | {name: merged(into[name], value) if name in into else value for name, value in more.items()}
    return into + more if isinstance(into, list) else more


def in_bytes(quantity):
    """What Kubernetes reads of a quantity."""
    number, unit = re.fullmatch(r"(\d+)(|Ki|Mi|Gi)", quantity).groups()
    return int(number) << {"": 0, "Ki": 10, "Mi": 20, "Gi": 30}[unit]


def connections(most):
    """The monitor that both control planes have."""
    kind = "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    return {"name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {"@type": f"{TYPE}{kind}", "max_active_downstream_connections": most}}


def of_kind(resources, kind):
    [found] = [resource for resource in resources if resource["kind"] == kind]
    return found


class Types(unittest.TestCase):
    def test_the_api_takes_every_resource(self):
        files = sorted(DIRECTORY.glob("*.yaml"))
        self.assertEqual([file.name for file in files], ["envoy-gateway.yaml", "envoy.yaml", "istio.yaml"])
        for file in files:
            for resource in load(file):
                with self.subTest(file.name, kind=resource["kind"]):
                    check(resource)

    def test_a_mistake_anywhere_would_be_noticed(self):
        """Renames each field of each resource in turn, but for what is any object: maps of names and Envoy's own."""
        free = {"stringData", "data", "labels", "annotations", "matchLabels", "selector", "value", "limits", "requests"}

        def places(value, path=()):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
                if isinstance(value, dict):
                    yield (*path, key)
                if key not in free:
                    yield from places(inner, (*path, key))

        renamed = 0
        for file in DIRECTORY.glob("*.yaml"):
            for resource in load(file):
                for *front, last in places(resource):
                    mistaken = copy.deepcopy(resource)
                    place = mistaken
                    for step in front:
                        place = place[step]
                    place[f"{last}x"] = place.pop(last)
                    with self.assertRaises((jsonschema.ValidationError, kubernetes_validate.ValidationError, KeyError),
                                           msg=f"{file.name} {resource['kind']} {front} {last}"):
                        check(mistaken)
                    renamed += 1
        self.assertGreater(renamed, 150)

    def test_what_refers_to_another_finds_it(self):
        for file in DIRECTORY.glob("*.yaml"):
            resources = load(file)
            names = {(resource["kind"], resource["metadata"]["name"], resource["metadata"].get("namespace"))
                     for resource in resources}
            # What the file's own first lines say to create.
            created = re.findall(r"^# +kubectl --namespace (\S+) create (configmap|secret generic) (\S+) ", file.read_text(), re.M)
            names |= {("Secret" if kind.startswith("secret") else "ConfigMap", name, namespace) for namespace, kind, name in created}
            for resource in resources:
                namespace = resource["metadata"].get("namespace")
                for part in everywhere(resource):
                    for name in "secretKeyRef", "secretRef":
                        if name in part:
                            self.assertIn(("Secret", part[name]["name"], namespace), names)
                    if "configMap" in part:
                        self.assertIn(("ConfigMap", part["configMap"]["name"], namespace), names)
                    targets = [part[name] for name in ("parametersRef", "targetRef") if name in part]
                    for target in [*targets, *part.get("targetRefs", [])]:
                        of = target.get("namespace", namespace)
                        self.assertIn((target["kind"], target["name"], of), names)
                    override = part.get("annotations", {}).get("sidecar.istio.io/bootstrapOverride")
                    if override:
                        self.assertIn(("ConfigMap", override, namespace), names)


class Production(unittest.TestCase):
    def test_several_proxies_run_with_limits_and_end_in_good_order(self):
        istio = load(DIRECTORY / "istio.yaml")
        deployment = of_kind(istio, "Deployment")["spec"]
        pod = deployment["template"]["spec"]
        [container] = pod["containers"]
        proxy = yaml.safe_load(deployment["template"]["metadata"]["annotations"]["proxy.istio.io/config"])["proxyMetadata"]
        self.assertEqual((proxy["EXIT_ON_ZERO_ACTIVE_CONNECTIONS"], proxy["MINIMUM_DRAIN_DURATION"]), ("true", "15s"))
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], 600)
        self.assertIn("readinessProbe", container)
        heap = next(part["max_heap_size_bytes"] for part in everywhere(
            yaml.safe_load(of_kind(istio, "ConfigMap")["data"]["custom_bootstrap.json"])) if "max_heap_size_bytes" in part)
        self.assertGreaterEqual(in_bytes(container["resources"]["limits"]["memory"]), 2 * heap)

        gateway = load(DIRECTORY / "envoy-gateway.yaml")
        spec = of_kind(gateway, "EnvoyProxy")["spec"]
        of_kubernetes = spec["provider"]["kubernetes"]
        self.assertEqual(spec["shutdown"], {"drainTimeout": "900s", "minDrainDuration": "15s"})
        budgets = [of_kubernetes["envoyPDB"]["minAvailable"], of_kind(istio, "PodDisruptionBudget")["spec"]["minAvailable"]]
        for replicas, budget in zip([of_kubernetes["envoyDeployment"]["replicas"], deployment["replicas"]], budgets):
            self.assertGreater(replicas, budget)
            self.assertGreaterEqual(budget, 1)

    def test_each_gateway_has_a_virtual_machine_of_its_own(self):
        ids = [part["vm_id"] for file in DIRECTORY.glob("*.yaml") for part in everywhere(load(file)) if "vm_id" in part]
        self.assertEqual(sorted(ids), ["llm.llm", "llm.llm-gateway"])


class Run(unittest.TestCase):
    """The skeletons are what each control plane makes of its own resources, the parts that patches name."""

    def start(self, listener, clusters, secrets, bootstrap, *others):
        bootstrap = merged(bootstrap, {
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "node": {"id": "proxy", "cluster": "proxy"},
            "static_resources": {"listeners": [dict(listener, name="llm")], "clusters": clusters}})
        named = variables(bootstrap) | {name: "" for other in others for name in variables(other)}
        self.assertEqual(set(named), set(secrets), "the variables that the machine is given are those that the proxy has")
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir=TOP / "target")))
        file = directory / "envoy.yaml"
        file.write_text(yaml.safe_dump(bootstrap))
        self.gateway = Gateway(str(file.relative_to(TOP)), environment=secrets)
        self.addCleanup(self.gateway.close)

    def assert_it_routes(self, secrets):
        for model, host, header, credential in [
                ("gpt-6-sol", "api.openai.com", "authorization", f"Bearer {secrets['RESEARCH_OPENAI_KEY']}"),
                ("claude-sonnet-4.6", "api.anthropic.com", "authorization", f"Bearer {secrets['RESEARCH_ANTHROPIC_KEY']}")]:
            status, answer = self.gateway.chat(model, secrets["RESEARCH_VIRTUAL_KEY"])
            self.assertEqual(status, 200, answer)
            sent = self.gateway.provider.received[-1]
            self.assertEqual((sent["host"], sent["headers"][header]), (host, credential))
            self.assertEqual({"x-llm-cluster", "x-forwarded-for"} & sent["headers"].keys(), set())
        self.assertEqual(self.gateway.chat("gpt-6-sol", "vk-nobodys")[0], 401)
        # More than Envoy holds where nothing is said of it, over HTTP/1.1 and over HTTP/2.
        status, _ = self.gateway.chat("gpt-6-sol", secrets["RESEARCH_VIRTUAL_KEY"], padding=3 << 20)
        self.assertEqual(status, 200)
        body = json.dumps({"messages": ["x" * (9 << 20)], "model": "gpt-6-sol"})
        status, _ = over_http2(self.gateway.ports["llm"], secrets["RESEARCH_VIRTUAL_KEY"], body)
        self.assertEqual(status, 200)
        # The filter's metrics have their labels, and Envoy tells of its heap.
        wait_until(lambda: 'llm_router_requests{team="research"' in self.gateway.get("admin", "/stats/prometheus")[1],
                   "the metrics")
        # It measures once in a while, so the first time may be still to come.
        wait_until(lambda: self.gateway.stat("overload.envoy.resource_monitors.fixed_heap.pressure") > 0, "its heap")
        for action in "shrink_heap", "reset_high_memory_stream", "stop_accepting_requests":
            self.assertEqual(self.gateway.stat(f"overload.envoy.overload_actions.{action}.active"), 0)

    def test_envoy_gateways_patches(self):
        resources = load(DIRECTORY / "envoy-gateway.yaml")
        gateway = of_kind(resources, "Gateway")
        # As XDSNameSchemeV2 calls them.
        port = gateway["spec"]["listeners"][0]["port"]
        name, routes = f"tcp-{port}", f"http-{port}"
        policy = of_kind(resources, "ClientTrafficPolicy")["spec"]
        self.assertEqual(policy["targetRefs"][0]["name"], gateway["metadata"]["name"])
        times, http2 = policy["timeout"]["http"], policy["http2"]
        xds = {
            ("listener.v3.Listener", name): {
                "name": name, "address": {"socket_address": {"address": "0.0.0.0", "port_value": 10000 + port}},
                "per_connection_buffer_limit_bytes": in_bytes(policy["connection"]["bufferLimit"]),
                "default_filter_chain": {"name": routes, "filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": {
                        "@type": MANAGER, "stat_prefix": "http-10080", "use_remote_address": True, "normalize_path": True,
                        "merge_slashes": True,
                        "path_with_escaped_slashes_action": {"KeepUnchanged": "KEEP_UNCHANGED"}[policy["path"]["escapedSlashesAction"]],
                        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
                        "http2_protocol_options": {
                            "max_concurrent_streams": http2["maxConcurrentStreams"],
                            "initial_stream_window_size": in_bytes(http2["initialStreamWindowSize"]),
                            "initial_connection_window_size": in_bytes(http2["initialConnectionWindowSize"])},
                        "request_timeout": times["requestReceivedTimeout"], "stream_idle_timeout": times["streamIdleTimeout"],
                        "rds": {"route_config_name": routes, "config_source": {"ads": {}}}, "http_filters": [ROUTER]}}]}},
            ("route.v3.RouteConfiguration", routes): {
                "name": routes, "virtual_hosts": [{"name": "of-the-http-route", "domains": ["*"], "routes": []}]}}
        for patch in of_kind(resources, "EnvoyPatchPolicy")["spec"]["jsonPatches"]:
            key = (patch["type"].removeprefix(f"{TYPE}envoy.config."), patch["name"])
            if patch["operation"]["path"] == "":
                self.assertNotIn(key, xds)
                self.assertEqual(patch["operation"]["value"]["name"], patch["name"])
                xds[key] = patch["operation"]["value"]
            else:
                xds[key] = jsonpatch.apply_patch(xds[key], [patch["operation"]])
        listener = xds.pop(("listener.v3.Listener", name))
        listener["filter_chains"] = [listener.pop("default_filter_chain")]
        [manager] = [filter["typed_config"] for filter in listener["filter_chains"][0]["filters"]]
        del manager["rds"]
        manager["route_config"] = xds.pop(("route.v3.RouteConfiguration", routes))

        # The image is a volume, and the keys are variables of the proxy's container.
        deployment = of_kind(resources, "EnvoyProxy")["spec"]["provider"]["kubernetes"]["envoyDeployment"]
        [volume], [mount] = deployment["pod"]["volumes"], deployment["container"]["volumeMounts"]
        self.assertEqual(volume["name"], mount["name"])
        [code] = [part["local"] for part in everywhere(listener) if "local" in part]
        self.assertEqual(code["filename"], f"{mount['mountPath']}/plugin.wasm")
        code["filename"] = str(WASM)
        stored = of_kind(resources, "Secret")["stringData"]
        secrets = {}
        for variable in deployment["container"]["env"]:
            secrets[variable["name"]] = stored[variable["valueFrom"]["secretKeyRef"]["key"]]
        # Envoy Gateway has a limit for the heap, 80 % of the container's, and what it does when that is reached.
        proxy = of_kind(resources, "EnvoyProxy")["spec"]
        heap = "envoy.resource_monitors.fixed_heap"
        limit = in_bytes(deployment["container"]["resources"]["limits"]["memory"]) * 4 // 5
        of_envoy_gateway = {
            "stats_config": {"use_all_default_tags": True},
            "overload_manager": {
                "refresh_interval": "0.25s",
                "resource_monitors": [connections(50000), {"name": heap, "typed_config": {
                    "@type": f"{TYPE}envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": limit}}],
                "actions": [
                    {"name": f"envoy.overload_actions.{action}", "triggers": [{"name": heap, "threshold": {"value": value}}]}
                    for action, value in [("shrink_heap", 0.95), ("stop_accepting_requests", 0.98)]]}}
        self.assertEqual(proxy["bootstrap"]["type"], "Merge")
        bootstrap = merged(of_envoy_gateway, yaml.safe_load(proxy["bootstrap"]["value"]))
        self.start(listener, list(xds.values()), secrets, bootstrap)
        self.assert_it_routes(secrets)

    def test_istios_patches(self):
        resources = load(DIRECTORY / "istio.yaml")
        [server] = of_kind(resources, "Gateway")["spec"]["servers"]
        port = server["port"]["number"]
        [nothing] = of_kind(resources, "VirtualService")["spec"]["http"]
        manager = {
            "@type": MANAGER, "stat_prefix": "outbound", "use_remote_address": True, "http_filters": [ROUTER],
            "route_config": {"name": f"http.{port}", "virtual_hosts": [{"name": f"*:{port}", "domains": ["*"], "routes": [
                {"name": nothing["name"], "match": {"prefix": "/"},
                 "direct_response": {"status": nothing["directResponse"]["status"]}}]}]}}
        listener = {
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
            "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}
        extensions, clusters = {}, []
        for patch in of_kind(resources, "EnvoyFilter")["spec"]["configPatches"]:
            self.assertEqual(patch["match"]["context"], "GATEWAY")
            value = copy.deepcopy(patch["patch"]["value"])
            action = (patch["applyTo"], patch["patch"]["operation"])
            if action == ("EXTENSION_CONFIG", "ADD"):
                extensions[value["name"]] = value
            elif action == ("CLUSTER", "ADD"):
                clusters.append(value)
            elif action == ("LISTENER", "MERGE"):
                self.assertEqual(patch["match"]["listener"]["portNumber"], port)
                listener.update(value)
            elif action == ("NETWORK_FILTER", "MERGE"):
                self.assertEqual(value["name"], patch["match"]["listener"]["filterChain"]["filter"]["name"])
                manager = merged(manager, value["typed_config"])
                listener["filter_chains"][0]["filters"][0]["typed_config"] = manager
            elif action == ("HTTP_FILTER", "INSERT_BEFORE"):
                before = patch["match"]["listener"]["filterChain"]["filter"]["subFilter"]["name"]
                place = [one["name"] for one in manager["http_filters"]].index(before)
                manager["http_filters"].insert(place, value)
            elif action == ("HTTP_ROUTE", "INSERT_FIRST"):
                manager["route_config"]["virtual_hosts"][0]["routes"].insert(0, value)
            else:
                self.fail(f"{action} is not known to this test")

        # Istio's agent fetches the image, and puts a local file in its place.
        [extension] = extensions.values()
        [code] = [part for part in everywhere(extension) if "remote" in part]
        self.assertTrue(code["remote"]["http_uri"]["uri"].startswith("oci://"))
        del code["remote"]
        code["local"] = {"filename": str(WASM)}
        discovered = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir=TOP / "target")), "extensions.json")
        discovered.write_text(json.dumps({"resources": [
            {"@type": f"{TYPE}envoy.config.core.v3.TypedExtensionConfig", **extension}]}))
        [source] = [part["config_source"] for part in everywhere(manager) if "config_source" in part]
        self.assertEqual(source.pop("ads"), {})
        source["path_config_source"] = {"path": str(discovered)}

        # The keys are variables of the proxy's container, every one of the secret.
        deployment, secret = of_kind(resources, "Deployment"), of_kind(resources, "Secret")
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["name"], "istio-proxy")
        self.assertEqual(container["envFrom"], [{"secretRef": {"name": secret["metadata"]["name"]}}])
        selected = of_kind(resources, "EnvoyFilter")["spec"]["workloadSelector"]["labels"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        selectors = [of_kind(resources, kind)["spec"]["selector"] for kind in ("Gateway", "Service")]
        selectors.append(of_kind(resources, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"])
        for selector in selected, *selectors:
            self.assertLessEqual(selector.items(), labels.items())

        # Istio's agent hands Envoy the bootstrap of the annotation beside its own.
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        override = of_kind(resources, "ConfigMap")
        self.assertEqual(override["metadata"]["name"], annotations["sidecar.istio.io/bootstrapOverride"])
        tags = yaml.safe_load(annotations["proxy.istio.io/config"])["extraStatTags"]
        of_istio = {
            "stats_config": {"stats_tags": [{"tag_name": tag, "regex": rf"({tag}=\.=(.*?);\.;)"} for tag in tags]},
            "overload_manager": {"resource_monitors": [connections(2147483647)]}}
        bootstrap = merged(of_istio, yaml.safe_load(override["data"]["custom_bootstrap.json"]))
        self.start(listener, clusters, secret["stringData"], bootstrap, extension)
        self.assert_it_routes(secret["stringData"])
