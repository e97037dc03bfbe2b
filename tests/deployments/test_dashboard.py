"""The dashboard: every query is one that Prometheus can read, of metrics and labels that a real scrape has."""

import json
import re
import unittest

import promql_parser
import yaml

from demo import TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, everywhere
from rate_limits import RateLimits

DASHBOARD = TOP / "envoy/grafana/dashboards/llm-router.json"
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$team": ".*", "$provider": ".*", "$model": ".*"}


def scraped(text):
    """The labels of each metric."""
    labels = {}
    for name, inside in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', inside))
    return labels


def selectors(node, grouping=frozenset()):
    """Each metric that a query reads, with the labels that it asks for."""
    if isinstance(node, promql_parser.AggregateExpr):
        grouping |= set(node.modifier.labels) if node.modifier else set()
        yield from selectors(node.expr, grouping)
    elif isinstance(node, promql_parser.Call):
        for argument in node.args:
            yield from selectors(argument, grouping)
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from selectors(node.lhs, grouping)
        yield from selectors(node.rhs, grouping)
    elif isinstance(node, (promql_parser.ParenExpr, promql_parser.SubqueryExpr)):
        yield from selectors(node.expr, grouping)
    elif isinstance(node, promql_parser.MatrixSelector):
        yield from selectors(node.vector_selector, grouping)
    elif isinstance(node, promql_parser.VectorSelector):
        yield node.name, grouping | {matcher.name for matcher in node.matchers.matchers}
    elif not isinstance(node, promql_parser.NumberLiteral):
        raise AssertionError(f"a query with {node!r}")


def price(document):
    """Has a model cost something."""
    for part in everywhere(document):
        if "vm_config" in part:
            configuration = json.loads(part["configuration"]["value"])
            configuration["models"]["gpt-6-sol"]["targets"][0]["price"] = {"input": 3, "output": 15}
            part["configuration"]["value"] = json.dumps(configuration)


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dashboard = json.loads(DASHBOARD.read_text())
        cls.gateway = Gateway("envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml", edit=price)
        cls.addClassCleanup(cls.gateway.close)
        for model in "gpt-6-sol", "claude-sonnet-4.6", "fast", "groq/x":
            assert cls.gateway.chat(model)[0] == 200
        for model, key, status in [("nobody", "vk-research-demo", 404), ("gpt-6-sol", "vk-wrong", 401)]:
            assert cls.gateway.chat(model, key)[0] == status
        cls.gateway.provider.status = lambda headers: 429
        for _ in range(3):
            assert cls.gateway.chat("claude-sonnet-4.6")[0] == 429
        cls.pool = Gateway("envoy/failover/envoy.yaml")
        cls.addClassCleanup(cls.pool.close)
        cls.pool.provider.status = lambda headers: 503 if "bedrock" in headers["host"] else 200
        assert cls.pool.chat("smart", endpoint="messages")[0] == 200
        cls.service = RateLimits({("requests", None): 0})
        cls.addClassCleanup(cls.service.close)
        cls.limited = Gateway("envoy/limits/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml", edit=cls.service.lead)
        cls.addClassCleanup(cls.limited.close)
        assert cls.limited.chat("gpt-6-sol", VIRTUAL_KEY)[0] == 429
        # Envoy counts a request some moments after its answer, and merges histograms when it flushes them.
        awaited = {"llm_router_cooldowns", "llm_router_failovers", "llm_router_upstream_time_ms_bucket", "llm_router_cost_microusd",
                   "envoy_cluster_ratelimit_over_limit"}
        wait_until(lambda: awaited <= cls.scrape().keys(), "a scrape")
        cls.metrics = cls.scrape()

    @classmethod
    def scrape(cls):
        """What any of the three tells."""
        of_others = scraped(cls.limited.get("metrics", "/stats/prometheus")[1]) | scraped(cls.pool.get("admin", "/stats/prometheus")[1])
        return of_others | scraped(cls.gateway.get("metrics", "/stats/prometheus")[1])

    def queries(self):
        for panel in self.dashboard["panels"]:
            self.assertGreater(len(panel["targets"]), 0, panel["title"])
            for target in panel["targets"]:
                yield panel["title"], target

    def test_every_metric_and_label_is_in_a_real_scrape(self):
        read = set()
        for title, target in self.queries():
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            self.assertNotIn("$", query, title)
            for name, labels in selectors(promql_parser.parse(query)):
                with self.subTest(title, metric=name):
                    read.add(name)
                    self.assertIn(name, self.metrics)
                    self.assertLessEqual(labels, self.metrics[name])
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                self.assertRegex(target["expr"], rf"by \([^)]*\b{label}\b")
        # Whatever the filter counts is shown, the sums of histograms apart.
        of_histograms = "_sum", "_count"
        own, shown = ({name for name in names if name.startswith("llm_router_") and not name.endswith(of_histograms)}
                      for names in (self.metrics, read))
        self.assertEqual(shown, own)

    def test_a_metric_that_does_not_exist_would_be_noticed(self):
        [(name, labels)] = selectors(promql_parser.parse('sum by (tenant) (rate(llm_router_calls{team="x"}[1m]))'))
        self.assertEqual((name, labels), ("llm_router_calls", {"tenant", "team"}))
        self.assertNotIn(name, self.metrics)
        self.assertNotIn("tenant", self.metrics["llm_router_requests"])

    def test_its_variables_are_labels_and_its_data_source_is_provisioned(self):
        variables = {variable["name"]: variable for variable in self.dashboard["templating"]["list"]}
        for name in "team", "provider", "model":
            self.assertEqual(variables[name]["query"], f"label_values(llm_router_requests, {name})")
            self.assertIn(name, self.metrics["llm_router_requests"])
        [source] = yaml.safe_load(
            (TOP / "envoy/grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
        self.assertEqual(variables["datasource"]["current"]["value"], source["uid"])
        services = yaml.safe_load((TOP / "envoy/docker-compose.yaml").read_text())["services"]
        self.assertEqual(source["url"], "http://prometheus:9090")
        [provider] = yaml.safe_load(
            (TOP / "envoy/grafana/provisioning/dashboards/llm-router.yaml").read_text())["providers"]
        mounted = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
        for path, place in mounted.items():
            self.assertTrue((TOP / "envoy" / path).is_dir(), path)
        self.assertIn(provider["options"]["path"], mounted.values())
        self.assertEqual(services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"],
                         f"{provider['options']['path']}/{DASHBOARD.name}")

    def test_the_panels_stand_side_by_side(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            squares = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                       for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(squares & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= squares
        self.assertEqual(len({panel["id"] for panel in self.dashboard["panels"]}), len(self.dashboard["panels"]))
