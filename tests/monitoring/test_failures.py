"""The dashboard and the alerts, by a real Prometheus, while one provider is down, one is slow, one breaks off and clients leave."""

import collections
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import yaml

from demo import SECONDS, TOP, free_port, tool, wait_until

sys.path.append(str(TOP / "tests/deployments"))

from gateway import VIRTUAL_KEY, Gateway, everywhere
from standin import Handler, close, serve

COMPOSE = TOP / "envoy/compose"
# What is injected: at which provider, how often, and the code that each of the requests must be counted under.
HEALTHY, SLOW, BROKEN, DOWN, LEFT = "bedrock", "groq", "cerebras", "openai", "anthropic"
CODES = {HEALTHY: "ok", SLOW: "ok", BROKEN: "upstream_incomplete", DOWN: "upstream_unreachable", LEFT: "client_left"}
INJECTED = {HEALTHY: 40, SLOW: 10, BROKEN: 20, DOWN: 12, LEFT: 10}
FAILURES = {LEFT, BROKEN, DOWN}
SLOWNESS = 0.8


class Provider:
    """All providers in one, told apart by the host that is asked."""

    def __init__(self):
        class Answering(Handler):
            def do_POST(self):
                self.body()
                answer = json.dumps({"usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}).encode()
                host = self.headers["host"]
                time.sleep(SLOWNESS if SLOW in host else 5 if LEFT in host else 0)
                try:
                    self.send_response(200)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(answer) + (100 if BROKEN in host else 0)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass
                self.close_connection = BROKEN in host

        self.server = serve(Answering)
        self.port = self.server.server_address[1]

    def close(self):
        close(self.server)


def edit(document):
    """The provider that is down listens nowhere."""
    for part in everywhere(document):
        if part.get("name") == DOWN and "load_assignment" in part:
            address = next(inner["socket_address"] for inner in everywhere(part) if "socket_address" in inner)
            address.update(address="127.0.0.1", port_value=free_port())


class Prometheus:
    """One with the shipped configuration, that is quicker: it asks each second, and no alert waits."""

    def __init__(self, scraped):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="prometheus-"))
        config = yaml.safe_load((COMPOSE / "prometheus.yaml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        [job] = config["scrape_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{scraped}"]}]
        (self.directory / "prometheus.yaml").write_text(yaml.safe_dump(config))
        rules = yaml.safe_load((COMPOSE / "alerts.yaml").read_text())
        for rule in rules["groups"][0]["rules"]:
            rule.pop("for", None)
            rule["expr"] = rule["expr"].replace("> 30000", f"> {1000 * SLOWNESS / 2:.0f}")
        [name] = config["rule_files"]
        (self.directory / name).write_text(yaml.safe_dump(rules))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [tool("find-prometheus"), f"--config.file={self.directory}/prometheus.yaml", f"--storage.tsdb.path={self.directory}/data",
             f"--web.listen-address={self.url.removeprefix('http://')}", "--log.level=warn"])

    def ask(self, path, **pairs):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(pairs)}", timeout=SECONDS) as answer:
            return json.load(answer)["data"]

    def counts(self):
        """The requests of each provider by their code."""
        found = self.ask("query", query="sum by (provider, code) (llm_router_requests)")["result"]
        return {(one["metric"]["provider"], one["metric"]["code"]): int(one["value"][1]) for one in found}

    def is_ready(self):
        try:
            return bool(self.ask("query", query='up{job="llm-router"} == 1')["result"])
        except OSError:
            return False

    def alerts(self):
        return {(one["labels"]["alertname"], one["labels"].get("provider")) for one in self.ask("alerts")["alerts"]
                if one["state"] == "firing"}

    def close(self):
        self.process.terminate()
        self.process.wait()


class Failures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway("envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml",
                              provider=Provider(), edit=edit)
        cls.addClassCleanup(cls.gateway.close)
        cls.prometheus = Prometheus(cls.gateway.ports["metrics"])
        cls.addClassCleanup(cls.prometheus.close)
        wait_until(cls.prometheus.is_ready, "Prometheus")
        cls.sent = collections.Counter()
        # One of each, so that every series is there before it grows: a rate is a difference.
        cls.inject({name: 1 for name in INJECTED})
        cls.inject(INJECTED)

    @classmethod
    def inject(cls, requests):
        threads = []
        for provider, number in requests.items():
            cls.sent[provider, CODES[provider]] += number
            for _ in range(number):
                threads.append(threading.Thread(target=cls.leave if provider == LEFT else cls.ask, args=(provider,)))
                threads[-1].start()
                time.sleep(0.02)
        for thread in threads:
            thread.join()
        wait_until(lambda: cls.prometheus.counts() == cls.sent, f"{dict(cls.sent)}")

    @classmethod
    def ask(cls, provider):
        try:
            cls.gateway.chat(f"{provider}/m")
        except (OSError, http.client.HTTPException):
            pass  # an answer that breaks off

    @classmethod
    def leave(cls, provider):
        """Asks, and hangs up before the provider has answered."""
        body = json.dumps({"model": f"{provider}/m"})
        with socket.create_connection(("127.0.0.1", cls.gateway.ports["llm"]), SECONDS) as client:
            client.sendall((f"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {VIRTUAL_KEY}\r\n"
                            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}").encode())
            time.sleep(0.5)

    def shown(self):
        """What each panel of the dashboard shows: the last value of each of its series, by their labels."""
        panels = collections.defaultdict(dict)
        board = json.loads((TOP / "envoy/grafana/dashboards/llm-router.json").read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                query = re.sub(r"\$(team|provider|model)\b", ".*", target["expr"])
                query = query.replace("$__rate_interval", "2m").replace("$__range", "10m")
                found = self.prometheus.ask("query", query=query)["result"]
                values = {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in found}
                panels[panel["title"]].update({labels: value for labels, value in values.items() if value == value})
        return panels

    def test_every_request_is_counted_under_what_was_injected(self):
        self.assertEqual(self.prometheus.counts(), self.sent)

    def test_each_failure_is_on_the_dashboard_and_they_add_up(self):
        # Envoy merges histograms when it flushes them, and a rate needs two scrapes of each.
        wait_until(lambda: len(self.shown()["Time to the first byte"]) == 2, "the times")
        shown = self.shown()
        failed = sum(INJECTED[provider] for provider in FAILURES)
        [share] = shown["Errors"].values()
        # A rate is extrapolated, alike for all series of one scrape: the share is not.
        self.assertAlmostEqual(share, failed / sum(INJECTED.values()), delta=0.02)
        by_code = {dict(labels)["code"]: value for labels, value in shown["Errors by code"].items()}
        self.assertEqual(set(by_code), {CODES[provider] for provider in FAILURES})
        for provider in FAILURES:
            part = by_code[CODES[provider]] / sum(by_code.values())
            self.assertAlmostEqual(part, INJECTED[provider] / failed, delta=0.02, msg=provider)
        by_provider = {dict(labels)["provider"]: value for labels, value in shown["Requests by provider"].items()}
        self.assertEqual(set(by_provider), set(INJECTED))
        # Of failures there are no times: what fails at once does not make anything look quick.
        times = {dict(labels)["provider"]: value for labels, value in shown["Time to the first byte"].items()}
        self.assertEqual(set(times), {HEALTHY, SLOW})
        self.assertGreater(times[SLOW], 1000 * SLOWNESS / 2)
        self.assertLess(times[HEALTHY], times[SLOW])
        answered = {dict(labels)["envoy_cluster_name"] for labels in shown["Answers of the providers"]}
        self.assertLessEqual({HEALTHY, SLOW, BROKEN, DOWN}, answered)

    def test_it_is_drawn(self):
        drawn = subprocess.run([TOP / "envoy/bin/draw-dashboard", self.prometheus.url, "1"], capture_output=True, text=True, check=True)
        (TOP / "target/dashboard-of-failures.svg").write_text(drawn.stdout)
        _, times = drawn.stdout.split(">Time to the first byte<")
        times, _ = times.split(">Time of the whole answer<")
        for provider in HEALTHY, SLOW:
            self.assertIn(f">{provider} p99<", times)
        self.assertGreaterEqual(times.count("<circle"), 6)
        for provider in FAILURES:
            self.assertIn(f">{CODES[provider]}", drawn.stdout)

    def test_what_should_wake_somebody_does_and_nothing_else(self):
        expected = {("LlmProviderFails", BROKEN), ("LlmProviderFails", DOWN), ("LlmProviderSlow", SLOW), ("LlmClientsLeave", LEFT)}
        wait_until(lambda: expected <= self.prometheus.alerts(), f"{expected}, not {self.prometheus.alerts()}")
        self.assertEqual(self.prometheus.alerts(), expected)

    def test_every_metric_of_the_rules_is_in_a_scrape(self):
        rules = yaml.safe_load((COMPOSE / "alerts.yaml").read_text())["groups"][0]["rules"]
        scraped = self.gateway.get("metrics", "/stats/prometheus")[1]
        for rule in rules:
            for metric in re.findall(r"\b(?:envoy|llm_router)_\w+", rule["expr"]):
                self.assertRegex(scraped, rf"(?m)^{metric}\b", rule["alert"])
