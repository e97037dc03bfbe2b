"""envoy/dynamic/: what its files say is taken without a restart, and no request, stream or connection notices."""

import hashlib
import http.client
import json
import shutil
import socket
import threading
import time
import unittest

import yaml

from demo import SECONDS, TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, Load, Provider, everywhere, load

BOOTSTRAP, FILTER, PROVIDERS = "envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml"
DISCOVERY = "extension_config_discovery.http_filter.llm_router"


def plugin(document):
    """The filter's `PluginConfig` in a document."""
    return next(part for part in everywhere(document) if "vm_config" in part)


def configuration(document):
    """The filter's configuration in a document."""
    return json.loads(plugin(document)["configuration"]["value"])


def written(change):
    """The document with the filter, and its configuration as an operator has changed it."""
    document = yaml.safe_load((TOP / FILTER).read_text())
    changed = configuration(document)
    change(changed)
    plugin(document)["configuration"]["value"] = json.dumps(changed)
    return document


def mistake(changed):
    changed["teams"]["research"]["credentials"].append("nobodys")


class Dynamic(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(BOOTSTRAP, FILTER, PROVIDERS)

    def tearDown(self):
        self.gateway.close()

    def replace(self, change):
        self.gateway.write(FILTER, written(change))

    def credential_sent(self):
        self.assertEqual(self.gateway.chat("groq/x")[0], 200)
        return self.gateway.provider.received[-1]["headers"]["authorization"]

    def test_keys_are_rotated_under_load_and_no_request_fails(self):
        under_way = Load(self.gateway, "groq/x")
        under_way.go_on()
        for generation in "second", "third":
            def rotate(changed):
                changed["credentials"]["groq-shared"] = {"provider": "groq", "value": f"{generation}-key"}
                digest = hashlib.sha256(f"vk-{generation}".encode()).hexdigest()
                changed["teams"]["research"]["keys"].append({"id": generation, "sha256": digest})

            self.replace(rotate)
            wait_until(lambda: self.credential_sent() == f"Bearer {generation}-key", f"the {generation} key")
            wait_until(lambda: self.gateway.chat("groq/x", f"vk-{generation}")[0] == 200, "the new virtual key")
            under_way.go_on()
        self.assertEqual(self.gateway.chat("groq/x", "vk-second")[0], 401)
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 90)
        sent = {one["headers"]["authorization"] for one in self.gateway.provider.received}
        self.assertEqual(sent, {"Bearer value-of-SHARED_GROQ_KEY", "Bearer second-key", "Bearer third-key"})
        self.assert_no_connection_was_closed()

    def assert_no_connection_was_closed(self):
        """None by Envoy, that is; and no listener was made anew."""
        self.assertEqual(self.gateway.stat("http.llm.downstream_cx_destroy_local"), 0)
        self.assertEqual(self.gateway.stat("listener_manager.listener_modified"), 0)
        self.assertEqual(self.gateway.stat("listener_manager.total_listeners_draining"), 0)

    def test_a_mistake_is_refused_and_the_old_configuration_goes_on(self):
        self.replace(mistake)
        wait_until(lambda: self.gateway.stat(f"{DISCOVERY}.update_rejected") == 1, "the update to be refused")
        self.assertIn("teams.research.credentials[2]", self.gateway.told())
        self.assertEqual(self.credential_sent(), "Bearer value-of-SHARED_GROQ_KEY")
        # What is no protobuf message at all is refused likewise.
        document = written(lambda changed: None)
        plugin(document)["vm_configuration"] = {}
        self.gateway.write(FILTER, document)
        wait_until(lambda: "vm_configuration" in self.gateway.told(), "the update to be refused")
        self.assertEqual(self.credential_sent(), "Bearer value-of-SHARED_GROQ_KEY")

    def test_a_new_filter_takes_over_under_another_name(self):
        target = self.gateway.directory / "target"
        # The same program with a custom section more: other bytes, as a new version has.
        shutil.copy(target / "envoy_llm_router.wasm", target / "envoy_llm_router-2.wasm")
        with open(target / "envoy_llm_router-2.wasm", "ab") as wasm:
            wasm.write(b"\x00\x08\x07version")
        under_way = Load(self.gateway, "groq/x")

        def upgrade(changed):
            changed["credentials"]["groq-shared"] = {"provider": "groq", "value": "new"}

        document = written(upgrade)
        plugin(document)["vm_config"]["code"]["local"]["filename"] = "target/envoy_llm_router-2.wasm"
        self.gateway.write(FILTER, document)
        wait_until(lambda: self.credential_sent() == "Bearer new", "the new filter")
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 10)
        self.assert_no_connection_was_closed()
        self.assertIn("envoy_llm_router-2.wasm", self.gateway.get("admin", "/config_dump")[1])

    def test_a_provider_is_added(self):
        document = yaml.safe_load((TOP / PROVIDERS).read_text())
        added = dict(document["resources"][0], name="mistral")
        added["load_assignment"] = dict(added["load_assignment"], cluster_name="mistral")
        document["resources"].append(added)
        self.gateway.write(PROVIDERS, document)

        def more(changed):
            changed["providers"]["mistral"] = {
                "kind": "mistral", "cluster": "mistral", "default_credential": "mistral-shared"}
            changed["credentials"]["mistral-shared"] = {"provider": "mistral", "value": "m"}

        self.replace(more)
        wait_until(lambda: self.gateway.chat("mistral/x")[0] == 200, "the new provider")
        self.assertEqual(self.gateway.provider.received[-1]["host"], "api.mistral.ai")

    def test_of_the_admin_port_only_metrics_and_readiness_are_open(self):
        self.gateway.chat("groq/x")
        self.assertEqual(self.gateway.get("metrics", "/ready")[0], 200)
        wait_until(lambda: "llm_router_requests{" in self.gateway.get("metrics", "/stats/prometheus")[1], "the metrics")
        for path in "/", "/config_dump", "/stats", "/ready/", "/quitquitquit", "/stats/prometheus/../../config_dump":
            for method in "GET", "POST":
                self.assertEqual(self.gateway.get("metrics", path, method)[0], 404, f"{method} {path}")
        self.assertEqual(self.gateway.get("metrics", "/stats/prometheus", "POST")[0], 404)

    def update(self, generation):
        """Gives team support one virtual key, of this generation, and waits until it is known."""
        def rotate(changed):
            digest = hashlib.sha256(f"vk-{generation}".encode()).hexdigest()
            changed["teams"]["support"]["keys"] = [{"id": "chatbot", "sha256": digest}]

        self.replace(rotate)
        wait_until(lambda: self.gateway.stat(f"{DISCOVERY}.update_success") == generation + 2, f"update {generation}")

    def test_memory_stays_as_it_is_over_50_updates(self):
        for generation in range(10):
            self.update(generation)
        before = self.gateway.memory()
        for generation in range(10, 60):
            self.update(generation)
        after = self.gateway.memory()
        print(f"\n50 updates: {before} MiB before, {after} MiB after", flush=True)
        self.assertLess(after, before + 16)
        wait_until(lambda: self.gateway.chat("gpt-6-sol", "vk-59")[0] == 200, "the last key")


class FirstConfiguration(unittest.TestCase):
    def test_with_a_mistake_the_listener_opens_and_answers_500_to_everything(self):
        def edit(document):
            for part in everywhere(document):
                if "vm_config" in part:
                    changed = json.loads(part["configuration"]["value"])
                    mistake(changed)
                    part["configuration"]["value"] = json.dumps(changed)

        gateway = Gateway(BOOTSTRAP, FILTER, PROVIDERS, edit=edit)
        self.addCleanup(gateway.close)
        status, answer = gateway.chat("gpt-6-sol")
        self.assertEqual((status, answer["error"]["code"]), (500, "service_unavailable"))
        self.assertEqual(gateway.get("llm", "/v1/models")[0], 500)
        self.assertEqual(gateway.get("metrics", "/ready"), (200, "LIVE\n"))
        self.assertEqual(gateway.stat(f"{DISCOVERY}.update_rejected"), 1)
        self.assertIn("teams.research.credentials[2]", gateway.told())
        self.assertEqual(gateway.provider.received, [])
        # What is put right is taken.
        gateway.write(FILTER, written(lambda changed: None))
        wait_until(lambda: gateway.chat("gpt-6-sol")[0] == 200, "the right configuration")
        # Without a key: 401 where the filter is there, which a health check can go by.
        self.assertEqual(gateway.get("llm", "/v1/models")[0], 401)


class Talker(Provider):
    """A provider whose answers end when the test says so: a stream of events, and a WebSocket that repeats what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.received, self.open = self.listener.getsockname()[1], [], []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        self.open.append(connection)
        if b"upgrade: websocket" in head.lower():
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
            while said := connection.recv(65536):
                connection.sendall(said)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")

    def say(self, text):
        """Another event of every stream."""
        for connection in self.open:
            connection.sendall(b"%x\r\n%s\r\n" % (len(text), text))

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()


class ByListener(Gateway):
    """The same gateway, whose filter's configuration stands in a listener that Envoy watches: as it must not be."""

    LISTENERS = "envoy/dynamic/listeners.yaml"
    DRAIN_SECONDS = 1

    def __init__(self, provider):
        super().__init__(BOOTSTRAP, PROVIDERS, provider=provider, options=["--drain-time-s", str(self.DRAIN_SECONDS)])

    def place(self, path):
        document = yaml.safe_load((TOP / path).read_text())
        if path == BOOTSTRAP:
            self.listener = document["static_resources"]["listeners"].pop(0)
            watched = {"path": self.LISTENERS, "watched_directory": {"path": "envoy/dynamic"}}
            lds = {"resource_api_version": "V3", "path_config_source": watched}
            document["dynamic_resources"]["lds_config"] = lds
            self.configure(yaml.safe_load((TOP / FILTER).read_text()))
        self.write(path, document)

    def configure(self, document):
        """Puts the filter of this document into the listener."""
        [resource] = document["resources"]
        found = next(part for part in everywhere(self.listener) if part.get("name") == "llm_router")
        found.pop("config_discovery", None)
        found["typed_config"] = resource["typed_config"]
        listener = {"@type": "type.googleapis.com/envoy.config.listener.v3.Listener", **self.listener}
        self.write(self.LISTENERS, {"resources": [listener]})


def with_key(key):
    """The filter's document, with this as the only key of a team whose requests are not those that stay open."""
    def rotate(changed):
        digest = hashlib.sha256(key.encode()).hexdigest()
        changed["teams"]["support"]["keys"] = [{"id": "chatbot", "sha256": digest}]

    return written(rotate)


class OpenConnections:
    """A stream, a WebSocket, and a connection for short requests of another team, all of them open at this gateway."""

    def __init__(self, gateway):
        self.talker, port = gateway.provider, gateway.ports["llm"]
        self.realtime = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.realtime.sendall((
            f"GET /v1/realtime?model=gpt-6-sol HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {VIRTUAL_KEY}\r\n"
            "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n").encode())
        assert b" 101 " in self.realtime.recv(65536)
        self.others = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        assert self.status_of_others(VIRTUAL_KEY) == 200
        self.connection_of_others = self.others.sock
        self.talker.open = []
        self.stream = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self.stream.request("POST", "/v1/chat/completions", json.dumps({"model": "groq/x", "stream": True}),
                            {"content-type": "application/json", "authorization": f"Bearer {VIRTUAL_KEY}"})
        self.answer = self.stream.getresponse()
        assert self.answer.status == 200

    def status_of_others(self, key):
        self.others.request("GET", "/v1/models", headers={"authorization": f"Bearer {key}"})
        answer = self.others.getresponse()
        answer.read()
        return answer.status

    def event(self, number):
        """Whether another event of the stream arrives."""
        event = b"data: %d\n\n" % number
        self.talker.say(event)
        return self.answer.read1(65536) == event

    def echo(self, number):
        """Whether the WebSocket repeats a message."""
        message = b"\x82\x01%c" % number
        self.realtime.sendall(message)
        return self.realtime.recv(65536) == message

    def close(self):
        for connection in self.realtime, self.others, self.stream:
            connection.close()


class OpenStreams(unittest.TestCase):
    """A stream and a WebSocket of one team outlive 20 updates of the other team's key, which holds at once where it is used."""

    def test_they_go_on_and_a_revoked_key_is_refused_at_once_on_an_open_connection(self):
        gateway = Gateway(BOOTSTRAP, FILTER, PROVIDERS, provider=Talker())
        self.addCleanup(gateway.close)
        open_ones = OpenConnections(gateway)
        for generation in range(20):
            gateway.write(FILTER, with_key(f"vk-{generation}"))
            wait_until(lambda: open_ones.status_of_others(f"vk-{generation}") == 200, f"update {generation}")
            if generation:
                self.assertEqual(open_ones.status_of_others(f"vk-{generation - 1}"), 401)
            self.assertTrue(open_ones.event(generation))
            self.assertTrue(open_ones.echo(generation))
        self.assertIs(open_ones.others.sock, open_ones.connection_of_others)
        self.assertEqual(gateway.stat("http.llm.downstream_cx_destroy_local"), 0)
        time.sleep(0.1)
        self.assertEqual(gateway.stat("http.llm.downstream_rq_active"), 2)
        open_ones.close()

    def test_by_the_listener_they_would_end_and_a_revoked_key_would_live_on(self):
        gateway = ByListener(Talker())
        self.addCleanup(gateway.close)
        gateway.configure(with_key("vk-first"))
        wait_until(lambda: gateway.stat("listener_manager.listener_in_place_updated") == 1, "the first update")
        wait_until(lambda: gateway.stat("listener_manager.total_filter_chains_draining") == 0, "the end of its drain")
        open_ones = OpenConnections(gateway)
        self.assertTrue(open_ones.event(0) and open_ones.echo(0))
        self.assertEqual(open_ones.status_of_others("vk-first"), 200)
        gateway.configure(with_key("vk-second"))
        wait_until(lambda: gateway.stat("listener_manager.listener_in_place_updated") == 2, "the second update")
        self.assertEqual(open_ones.status_of_others("vk-first"), 200)
        wait_until(lambda: gateway.stat("http.llm.downstream_rq_active") == 0, "the streams' end")
        self.assertEqual(open_ones.realtime.recv(65536), b"")
        with self.assertRaises(http.client.IncompleteRead):
            open_ones.answer.read()
        open_ones.close()


class SameGateway(unittest.TestCase):
    def test_it_is_that_of_the_plain_example(self):
        [plain], [dynamic], [discovered] = load(TOP / "envoy/envoy.yaml"), load(TOP / BOOTSTRAP), load(TOP / FILTER)
        of_plain, of_dynamic = plain["static_resources"]["listeners"][0], dynamic["static_resources"]["listeners"][0]
        [found] = [part for part in everywhere(of_dynamic) if part.get("name") == "llm_router"]
        del found["config_discovery"]
        [resource] = discovered["resources"]
        found["typed_config"] = resource["typed_config"]
        config = plugin(discovered)["configuration"]
        config["@type"] = config["@type"].replace("StringValue", "Struct")
        config["value"] = json.loads(config["value"])
        del of_dynamic["address"], of_plain["address"]
        self.assertEqual(of_dynamic, of_plain)
        for part in "node", "stats_config", "overload_manager", "admin":
            self.assertEqual(dynamic[part], plain[part])


if __name__ == "__main__":
    unittest.main()
