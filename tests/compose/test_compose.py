"""envoy/docker-compose.yaml, started: requests go through it, and nothing of it is left."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request
import uuid

import yaml

from balanced import Balanced
from demo import SECONDS, TOP, free_port, wait_until
from docker import compose, docker, image

FILE = TOP / "envoy/docker-compose.yaml"


class Stack:
    """The stack, composed from a copy of its files, so that they may be changed under it."""

    def __init__(self, copy):
        self.copy, self.port, self.metrics_port = copy, free_port(), free_port()
        shutil.copytree(TOP / "envoy", copy / "envoy")
        (copy / "target").mkdir()
        shutil.copy(TOP / "target/envoy_llm_router.wasm", copy / "target")
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.name == "run-gateway" else 0o644)
        # What Prometheus reaches inside, for this test to reach.
        published = {"services": {"gateway": {"ports": [f"127.0.0.1:{self.metrics_port}:9902"]}}}
        (copy / "published.yaml").write_text(json.dumps(published))
        self.project = f"llm-router-{uuid.uuid4().hex[:8]}"

    def __enter__(self):
        started = self.compose("up", "--detach")
        if started.returncode:
            self.__exit__()
            raise AssertionError(started.stderr)
        wait_until(self.is_ready, "the gateway to be ready")
        return self

    def __exit__(self, *_):
        self.compose("down", "--volumes", "--timeout", "3")

    def compose(self, *arguments, **variables):
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("_KEY") and name != "PROVIDERS"}
        environment = inherited | {"PORT": str(self.port), "COMPOSE_PROJECT_NAME": self.project} | variables
        return subprocess.run(
            [*compose(), "-f", self.copy / "envoy/docker-compose.yaml", "-f", self.copy / "published.yaml", *arguments],
            capture_output=True, text=True, env=environment)

    def scrape(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=SECONDS) as answer:
            return answer.read().decode()

    def is_ready(self):
        try:
            return self.scrape("/ready") == "LIVE\n"
        except OSError:
            return False


class Composed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        services = yaml.safe_load(FILE.read_text())["services"]
        [name] = {services[one]["image"] for one in ("gateway", "providers")}
        cls.image = cls.enterClassContext(image(name))
        cls.stack = cls.another()
        cls.copy, cls.port, cls.project = cls.stack.copy, cls.stack.port, cls.stack.project
        cls.run_compose, cls.scrape = cls.stack.compose, cls.stack.scrape
        print(f"\ncomposed with {cls.image}", flush=True)

    @classmethod
    def another(cls):
        """One more stack, until all tests are done."""
        copy = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="envoy-llm-router-"))
        return cls.enterClassContext(Stack(pathlib.Path(copy)))

    def ask(self, model, key="vk-research-demo"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/chat/completions", json.dumps({"model": model}).encode(),
            {"content-type": "application/json", "authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]

    def test_the_demos_requests_are_answered_as_promised(self):
        # The cluster's host is a name that its first look-up may not have found yet.
        wait_until(lambda: self.answered("gpt-6-sol"), "the providers")
        printed = subprocess.run([TOP / "envoy/demo/requests", str(self.port)], capture_output=True, text=True).stdout
        requests = re.findall(r"^\d\. .*\n +(curl .*)\n +answer: (.*)$", printed, re.MULTILINE)
        self.assertEqual(len(requests), 6)
        for line, promised in requests:
            answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=SECONDS).stdout
            self.assertIn(promised, json.dumps(json.loads(answer), separators=(",", ":")), line)

    def answered(self, model, key="vk-research-demo"):
        try:
            return self.ask(model, key)
        except OSError:
            return None

    def test_a_changed_configuration_is_taken_without_a_restart(self):
        file = self.copy / "envoy/dynamic/llm_router.yaml"
        document = yaml.safe_load(file.read_text())
        [resource] = document["resources"]
        configured = resource["typed_config"]["config"]["configuration"]
        changed = json.loads(configured["value"])
        changed["teams"]["research"]["aliases"]["swift"] = "gpt-6-sol"
        configured["value"] = json.dumps(changed)
        self.assertIsNone(self.answered("swift"))
        file.with_suffix(".next").write_text(yaml.safe_dump(document))
        file.with_suffix(".next").rename(file)
        wait_until(lambda: self.answered("swift"), "the new alias")
        self.assertIn("was asked for gpt-6-sol", self.ask("swift"))

    def test_prometheus_finds_the_metrics(self):
        wait_until(lambda: self.answered("gpt-6-sol"), "the providers")
        [job] = yaml.safe_load((TOP / "envoy/compose/prometheus.yaml").read_text())["scrape_configs"]
        self.assertEqual(job["static_configs"], [{"targets": ["gateway:9902"]}])
        wait_until(lambda: re.search(r'^llm_router_requests\{.*provider="openai".*\} \d', self.scrape(job["metrics_path"]),
                                     re.MULTILINE), "the metrics")

    def test_the_gateway_is_reached_from_this_machine_alone(self):
        for service in yaml.safe_load(FILE.read_text())["services"].values():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_the_real_providers_take_the_place_of_the_demos(self):
        written = self.run_compose("config", PROVIDERS="envoy", SHARED_OPENAI_KEY="sk-real").stdout
        gateway = yaml.safe_load(written)["services"]["gateway"]
        merged = yaml.safe_load(gateway["command"][gateway["command"].index("--config-yaml") + 1])
        source = merged["dynamic_resources"]["cds_config"]["path_config_source"]
        self.assertEqual(source, {"path": "envoy/providers.yaml", "watched_directory": {"path": "envoy"}})
        self.assertTrue((TOP / source["path"]).exists())
        self.assertEqual(gateway["environment"]["SHARED_OPENAI_KEY"], "sk-real")
        # `up gateway` starts nothing else.
        self.assertNotIn("depends_on", gateway)

    def inspected(self):
        """What the engine has of the gateway's container."""
        [container] = self.run_compose("ps", "--quiet", "gateway").stdout.split()
        return json.loads(docker("inspect", container, check=True).stdout)[0]

    def test_it_is_healthy_bounded_and_comes_back(self):
        wait_until(lambda: self.inspected()["State"]["Health"]["Status"] == "healthy", "the gateway to be healthy")
        host = self.inspected()["HostConfig"]
        self.assertEqual(host["Memory"], 1 << 30)
        self.assertEqual(host["RestartPolicy"]["Name"], "unless-stopped")
        self.assertEqual(host["LogConfig"], {"Type": "json-file", "Config": {"max-size": "50m", "max-file": "5"}})
        # Directories: of a file that is mounted, a move would not be seen.
        for mount in self.inspected()["Mounts"]:
            self.assertTrue(pathlib.Path(mount["Source"]).is_dir(), mount)
        for name, service in yaml.safe_load(FILE.read_text())["services"].items():
            self.assertTrue({"mem_limit", "logging", "restart"} <= service.keys(), name)

    def test_what_is_under_way_is_ended_before_it_stops(self):
        wait_until(lambda: self.answered("gpt-6-sol"), "the providers")
        body = json.dumps({"model": "gpt-6-sol"})
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as client:
            client.sendall((
                "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n"
                f"authorization: Bearer vk-research-demo\r\ncontent-length: {len(body)}\r\n\r\n{body[:-1]}").encode())
            stopping = threading.Thread(target=self.run_compose, args=("stop", "gateway"))
            stopping.start()
            time.sleep(8)
            self.assertTrue(stopping.is_alive())
            client.sendall(body[-1].encode())
            self.assertIn(b" 200 ", client.recv(65536))
        stopping.join(SECONDS)
        self.assertEqual(self.inspected()["State"]["ExitCode"], 0)
        self.run_compose("start", "gateway")
        wait_until(lambda: self.answered("gpt-6-sol"), "the gateway to be there again")

    def test_two_are_restarted_in_turn_under_load_and_no_request_fails(self):
        key = "vk-research-demo"
        stacks = [self.stack, self.another()]
        load = Balanced(stacks, lambda stack: stack.port if stack.is_ready() else None, key)
        try:
            for place, stack in enumerate(stacks):
                wait_until(lambda: load.served > 50 * (place + 1), "requests")
                self.assertEqual(stack.compose("restart", "gateway").returncode, 0)
                wait_until(stack.is_ready, "the gateway to be ready again")
            wait_until(lambda: load.served > 150, "requests")
        finally:
            served, failures = load.end()
        self.assertEqual(failures, [])
        print(f"\nrestarted in turn: {served} requests, none failed", flush=True)

    def test_with_limits_the_service_has_the_shipped_ones_and_nothing_is_without_bounds(self):
        written = subprocess.run([*compose(), "-f", TOP / "envoy/docker-compose.yaml", "-f", TOP / "envoy/limits/docker-compose.yaml", "config"],
                                 capture_output=True, text=True, check=True).stdout
        services = yaml.safe_load(written)["services"]
        self.assertIn("envoy/limits/envoy.yaml", services["gateway"]["command"])
        self.assertIn("ratelimit", services["gateway"]["depends_on"])
        self.assertIn(str(TOP / "envoy/limits/ratelimit"), json.dumps(services["ratelimit"]["volumes"]))
        for name in "ratelimit", "redis":
            self.assertTrue({"mem_limit", "logging", "restart"} <= services[name].keys(), name)
            self.assertNotIn("ports", services[name])

    def test_grafana_does_not_start_without_a_password(self):
        script = yaml.safe_load(FILE.read_text())["services"]["grafana"]["entrypoint"][2].replace("$$", "$")
        started = script.replace("/run.sh", "echo")
        for password, status in ("", 1), ("of my own", 0):
            ran = subprocess.run(["sh", "-c", started], env={"GF_SECURITY_ADMIN_PASSWORD": password}, capture_output=True,
                                 text=True)
            self.assertEqual(ran.returncode, status, ran)
            self.assertEqual("GRAFANA_PASSWORD is not set" in ran.stderr, bool(status))

    def test_the_dashboard_is_an_optional_profile(self):
        label = "com.docker.compose"
        running = docker("ps", "--filter", f"label={label}.project={self.project}", "--format",
                         f'{{{{.Label "{label}.service"}}}}', check=True).stdout.split()
        self.assertEqual(sorted(running), ["gateway", "providers"])
        everything = self.run_compose("--profile", "dashboard", "config", "--services")
        self.assertEqual(sorted(everything.stdout.split()), ["gateway", "grafana", "prometheus", "providers"])


class Image(unittest.TestCase):
    def test_it_is_one_layer_with_the_filter_as_plugin_wasm(self):
        name = f"llm-router-{uuid.uuid4().hex[:8]}"
        subprocess.run(["make", "--no-print-directory", "image", f"IMAGE={name}"], cwd=TOP, check=True,
                       capture_output=True, text=True)
        try:
            layers = json.loads(docker("image", "inspect", name, check=True).stdout)[0]["RootFS"]["Layers"]
            self.assertEqual(len(layers), 1)
            container = docker("create", name, "-", check=True).stdout.strip()
            try:
                with tempfile.TemporaryDirectory() as directory:
                    docker("cp", f"{container}:/plugin.wasm", directory, check=True)
                    self.assertEqual(pathlib.Path(directory, "plugin.wasm").read_bytes(),
                                     (TOP / "target/envoy_llm_router.wasm").read_bytes())
            finally:
                docker("rm", container, check=True)
        finally:
            docker("rmi", name, check=True)
