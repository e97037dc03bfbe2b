"""envoy/compose/run-gateway: a gateway that is to end ends what it has begun, and others take over."""

import json
import signal
import socket
import time
import unittest

from balanced import Balanced
from demo import SECONDS, TOP, is_open, wait_until
from gateway import VIRTUAL_KEY, Gateway, Provider

FILES = "envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml"
THROUGH = "bash", str(TOP / "envoy/compose/run-gateway")


def start(provider):
    return Gateway(*FILES, provider=provider, through=THROUGH, environment={"DRAIN_SECONDS": "1"})


def ready_port(gateway):
    return gateway.ports["llm"] if gateway.get("metrics", "/ready")[0] == 200 else None


class Held:
    """A request of which all is there but its last byte."""

    def __init__(self, gateway):
        body = json.dumps({"model": "gpt-6-sol", "messages": []})
        self.last = body[-1].encode()
        self.client = socket.create_connection(("127.0.0.1", gateway.ports["llm"]), SECONDS)
        self.client.sendall((
            "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {VIRTUAL_KEY}\r\ncontent-length: {len(body)}\r\n\r\n{body[:-1]}").encode())

    def end(self):
        """The answer."""
        self.client.sendall(self.last)
        answer = self.client.recv(65536)
        self.client.close()
        return answer


class Stop(unittest.TestCase):
    def setUp(self):
        self.provider = Provider()

    def start(self):
        gateway = start(self.provider)
        self.addCleanup(gateway.close)
        return gateway

    def test_what_is_under_way_is_ended_first(self):
        gateway = self.start()
        held = Held(gateway)
        wait_until(lambda: gateway.stat("http.llm.downstream_rq_active") == 1, "the request")
        gateway.envoy.send_signal(signal.SIGTERM)
        wait_until(lambda: gateway.get("metrics", "/ready")[0] == 503, "the gateway to say that it is leaving")
        wait_until(lambda: not is_open(gateway.ports["llm"]), "the listener to close")
        time.sleep(1)
        self.assertIsNone(gateway.envoy.poll())
        answer = held.end()
        self.assertIn(b" 200 ", answer)
        self.assertIn(b"connection: close", answer)
        self.assertEqual(gateway.envoy.wait(SECONDS), 0)

    def test_a_second_signal_ends_it_at_once(self):
        gateway = self.start()
        held = Held(gateway)
        wait_until(lambda: gateway.stat("http.llm.downstream_rq_active") == 1, "the request")
        gateway.envoy.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_open(gateway.ports["llm"]), "the listener to close")
        gateway.envoy.send_signal(signal.SIGTERM)
        gateway.envoy.wait(10)
        self.assertEqual(held.client.recv(65536), b"")

    def test_an_envoy_that_does_not_start_is_told_of(self):
        def mistake(document):
            document.pop("static_resources", None)
            if "resources" not in document:
                document["nonsense"] = {}

        with self.assertRaisesRegex(AssertionError, "nonsense"):
            Gateway(*FILES, provider=self.provider, through=THROUGH, edit=mistake)

    def test_two_are_restarted_in_turn_under_load_and_no_request_fails(self):
        gateways = [self.start(), self.start()]
        load = Balanced(gateways, ready_port, VIRTUAL_KEY)
        for place in 0, 1:
            wait_until(lambda: load.served > 50 * (place + 1), "requests")
            gateways[place].envoy.send_signal(signal.SIGTERM)
            self.assertEqual(gateways[place].envoy.wait(SECONDS), 0)
            gateways[place] = self.start()
        wait_until(lambda: load.served > 150, "requests")
        served, failures = load.end()
        self.assertEqual(failures, [])
        print(f"\nrestarted in turn: {served} requests, none failed", flush=True)
