"""An Envoy that runs a shipped example on ports of its own, and the provider that all its clusters lead to."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import yaml

from demo import SECONDS, TOP, free_port, is_open, tool, wait_until
from standin import Handler, close, end, everywhere, serve

ENVOY = TOP / "envoy"
WASM = TOP / "target/envoy_llm_router.wasm"
VIRTUAL_KEY = "vk-research-demo"
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def load(path):
    """The documents of a YAML file."""
    return list(yaml.safe_load_all(pathlib.Path(path).read_text()))


def variables(document):
    """A value for each variable that the virtual machine is to be given."""
    names = [name for part in everywhere(document) for name in part.get("host_env_keys", [])]
    return {name: VIRTUAL_KEY if name == "RESEARCH_VIRTUAL_KEY" else f"value-of-{name}" for name in names}


def over_http2(port, key, body, *options):
    """The answer to a chat completion over HTTP/2: its status, and its body. Status 0: curl has not read an answer that came
    before the request's end."""
    answer = subprocess.run(
        ["curl", "-s", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}",
         f"http://127.0.0.1:{port}/v1/chat/completions", "-H", f"authorization: Bearer {key}", "-H",
         "content-type: application/json", *options, "--data-binary", "@-"],
        input=body if isinstance(body, bytes) else body.encode(), capture_output=True, timeout=SECONDS).stdout.decode()
    text, end = answer.rsplit("\n", 1)
    version, status = end.split()
    if version != "2" and status != "000":
        raise AssertionError(f"that was HTTP/{version}")
    return int(status), text


class Provider:
    """Answers every request like a provider of chat completions, and keeps what it was sent.

    It has a few addresses, for clusters in which each endpoint is another provider."""

    ADDRESSES = "127.0.0.1", "127.0.0.2", "127.0.0.3"

    def __init__(self):
        self.received, outer = [], self

        class Answering(Handler):
            def do_POST(self):
                body = self.body()
                outer.received.append({
                    "path": self.path, "host": self.headers["host"], "model": json.loads(body)["model"], "body": body,
                    "headers": {name.lower(): value for name, value in self.headers.items()}})
                answer = json.dumps({
                    "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "m",
                    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"},
                                 "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12,
                              "prompt_tokens_details": {"cached_tokens": 2}}}).encode()
                status = outer.status(self.headers)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.status = lambda headers: 200
        self.port, self.servers = 0, []
        for address in self.ADDRESSES:
            self.servers.append(serve(Answering, address, self.port))
            self.port = self.servers[-1].server_address[1]

    def close(self):
        for server in self.servers:
            close(server)


def lead_to(cluster, port):
    """Turns a cluster to the loopback provider: plain HTTP/1.1. Its HTTP filters stay."""
    if any("envoy_internal_address" in part or part.get("address") == "127.0.0.1" for part in everywhere(cluster)):
        return
    cluster.pop("transport_socket", None)
    cluster.pop("transport_socket_matches", None)
    cluster.pop("cluster_type", None)
    cluster["type"] = "STATIC"
    addresses = iter(Provider.ADDRESSES)
    for part in everywhere(cluster.get("load_assignment", {})):
        if "socket_address" in part:
            part["socket_address"] = {"address": next(addresses), "port_value": port}
    options = cluster.get("typed_extension_protocol_options", {}).get(HTTP_OPTIONS)
    if options:
        for name in "auto_config", "upstream_http_protocol_options":
            options.pop(name, None)
        options["explicit_http_config"] = {"http_protocol_options": {}}


class Gateway:
    """A copy of an example's files, in the places where the example has them, and an Envoy started there.

    Only what must not collide is another: ports, and where the clusters lead to. It is started `through` a program, if that
    is given, and with these `options`."""

    def __init__(self, bootstrap, *others, provider=None, edit=lambda document: None, environment=None, through=(),
                 options=()):
        self.provider = provider or Provider()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="envoy-llm-router-"))
        self.ports, self.environment = {}, {}
        self.edit = edit
        (self.directory / "target").mkdir()
        shutil.copy(WASM, self.directory / "target")
        for path in bootstrap, *others:
            self.place(path)
        self.environment.update(environment or {})
        if through:
            self.environment.update({"ENVOY": tool("find-envoy"), "ADMIN_PORT": str(self.ports["admin"])})
        self.log = open(self.directory / "envoy.log", "w+")
        self.envoy = subprocess.Popen(
            [*(through or [tool("find-envoy")]), "-c", bootstrap, "--disable-hot-restart", "--concurrency", "2",
             "--file-flush-interval-msec", "50", "--log-level", "warning", "--service-node", "test",
             "--service-cluster", "test", *options],
            cwd=self.directory, env=dict(os.environ, **self.environment), stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.envoy.poll() is not None or all(map(is_open, self.ports.values())), "Envoy to start")
        finally:
            if self.envoy.poll() is not None or not all(map(is_open, self.ports.values())):
                told = self.told()
                self.close()
                raise AssertionError(f"Envoy did not start:\n{told}")

    def place(self, path):
        """Copies a file, or text in its place, with addresses of this gateway's own."""
        document = yaml.safe_load((TOP / path).read_text())
        self.edit(document)
        self.write(path, document)

    def write(self, path, document):
        """Puts a document where the example has this file: by a move, as an operator must."""
        document = json.loads(json.dumps(document))  # what anchors shared is each one's own
        for part in everywhere(document):
            if isinstance(part.get("load_assignment"), dict) and part.get("name") != "admin":
                lead_to(part, self.provider.port)
        for part in everywhere(document):
            for listener in [part] if "filter_chains" in part and "internal_listener" not in part else []:
                port = self.ports.setdefault(listener["name"], free_port())
                listener["address"] = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        if "admin" in document:
            self.ports["admin"] = free_port()
            document["admin"]["address"]["socket_address"]["port_value"] = self.ports["admin"]
        for part in everywhere(document):
            if part.get("name") == "admin" and "load_assignment" in part:
                for inner in everywhere(part):
                    if "port_value" in inner:
                        inner["port_value"] = self.ports["admin"]
        self.environment.update(variables(document))
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        next_one = file.with_suffix(".next")
        next_one.write_text(yaml.safe_dump(document))
        next_one.rename(file)

    def chat(self, model, key=VIRTUAL_KEY, connection=None, headers=None, padding=0, port=None,
             endpoint="chat/completions"):
        """One chat completion, or a request like it at another endpoint: its status, and its answer."""
        own = connection or http.client.HTTPConnection("127.0.0.1", port or self.ports["llm"], timeout=SECONDS)
        message = {"role": "user", "content": "Hello" + " " * padding}
        own.request("POST", f"/v1/{endpoint}", json.dumps({"messages": [message], "model": model}),
                    {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {}),
                     **(headers or {})})
        answer = own.getresponse()
        body = answer.read()
        if not connection:
            own.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(body) if is_json else body.decode()

    def get(self, listener, path, method="GET"):
        """The answer of one of the listeners, or of the admin port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[listener], timeout=SECONDS)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def memory(self):
        """What Envoy has of it, in MiB."""
        status = pathlib.Path(f"/proc/{self.envoy.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) >> 10

    @contextlib.contextmanager
    def most_memory(self):
        """The most that Envoy has of it meanwhile."""
        most, stop = [self.memory()], threading.Event()

        def watch():
            while not stop.wait(0.005):
                most[0] = max(most[0], self.memory())

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield most
        finally:
            stop.set()
            watching.join()

    def stat(self, name):
        return int(re.search(r": (\d+)", self.get("admin", f"/stats?filter=^{name}$")[1])[1])

    def told(self):
        return pathlib.Path(self.log.name).read_text()

    def logged(self, lines):
        """The access log, once it has so many lines."""
        def found():
            return [json.loads(line) for line in self.told().splitlines() if line.startswith("{")]

        wait_until(lambda: len(found()) >= lines, f"{lines} lines in the access log")
        return found()

    def close(self):
        end(self.envoy)
        self.log.close()
        self.provider.close()
        shutil.rmtree(self.directory)


class Load:
    """Requests on several connections at once, until told to stop: half of them keep theirs, half come anew."""

    def __init__(self, gateway, model, key=VIRTUAL_KEY, connections=8):
        self.gateway, self.model, self.key = gateway, model, key
        self.stop, self.outcomes, self.failures = threading.Event(), [], []
        self.threads = [threading.Thread(target=self.run, args=(number % 2 == 0,)) for number in range(connections)]
        for thread in self.threads:
            thread.start()

    def run(self, keeps):
        connection = None
        while not self.stop.is_set():
            try:
                if keeps and connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
                status, answer = self.gateway.chat(self.model, self.key, connection)
                self.outcomes.append(status)
                if status != 200:
                    self.failures.append((status, answer))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                connection = None
            time.sleep(0.005)
        if connection:
            connection.close()

    def go_on(self, requests=30):
        """Waits for so many more."""
        enough = len(self.outcomes) + requests
        wait_until(lambda: len(self.outcomes) >= enough, f"{requests} more requests")

    def end(self):
        """How many requests there were, and those that failed."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return len(self.outcomes), self.failures
