"""What keeps the examples going and what they tell of it: retries, timeouts, names, the access log."""

import http.client
import json
import socket
import struct
import threading
import time
import unittest

from demo import SECONDS, wait_until
from gateway import VIRTUAL_KEY, Gateway, Provider, everywhere, lead_to

PLAIN = "envoy/envoy.yaml", "envoy/providers.yaml"
FAILOVER = "envoy/failover/envoy.yaml"


def setting(name, value):
    """An edit of an example: this member, wherever it stands, has another value."""
    def edit(document):
        for part in everywhere(document):
            if name in part:
                part[name] = value
    return edit


class Hasty(Provider):
    """A provider that resets a connection: at once when it has read a request, or when it has been idle for so many seconds
    and another request comes."""

    def __init__(self, idle=None):
        self.idle, self.received = idle, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            last = time.monotonic()
            while request := connection.recv(1 << 20):
                self.received.append(request)
                if self.idle is None or time.monotonic() - last > self.idle:
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
                last = time.monotonic()

    def close(self):
        self.listener.close()


class Retries(unittest.TestCase):
    def start(self, *files, **options):
        gateway = Gateway(*files, **options)
        self.addCleanup(gateway.close)
        return gateway

    def test_what_the_provider_has_not_got_is_tried_again(self):
        gateway = self.start(*PLAIN)
        gateway.provider.close()
        self.assertEqual(gateway.chat("gpt-6-sol")[0], 503)
        self.assertEqual(gateway.stat("cluster.openai.upstream_rq_retry"), 2)
        [line] = gateway.logged(1)
        self.assertEqual((line["status"], line["upstream_attempts"]), (503, 3))
        self.assertEqual(set(line["flags"].split(",")), {"UF", "URX"})

    def test_what_the_provider_has_got_is_sent_once(self):
        gateway = self.start(*PLAIN)
        for status in 429, 500, 502, 503:
            gateway.provider.status = lambda headers: status
            gateway.provider.received.clear()
            # Pinned, so that no cooldown counts.
            self.assertEqual(gateway.chat("gpt-6-sol:openai")[0], status)
            self.assertEqual(len(gateway.provider.received), 1)
        gateway = self.start(*PLAIN, provider=Hasty())
        self.assertEqual(gateway.chat("gpt-6-sol")[0], 503)
        self.assertEqual(len(gateway.provider.received), 1)

    def test_a_connection_is_left_before_the_provider_leaves_it(self):
        failed = {}
        for idle_timeout in "0.2s", "60s":
            gateway = self.start(*PLAIN, provider=Hasty(idle=1),
                                 edit=setting("common_http_protocol_options", {"idle_timeout": idle_timeout}))
            statuses = []
            for _ in range(3):
                statuses.append(gateway.chat("gpt-6-sol")[0])
                time.sleep(1.3)
            failed[idle_timeout] = statuses.count(503)
        self.assertEqual(failed["0.2s"], 0)
        self.assertGreater(failed["60s"], 0)

    def test_a_pool_goes_on_after_a_gateways_error_and_too_many_requests_but_not_after_500(self):
        gateway = self.start(FAILOVER)
        for status, expected in (503, 200), (429, 200), (529, 200), (500, 500), (400, 400):
            gateway.provider.status = lambda headers: status if "bedrock" in headers["host"] else 200
            gateway.provider.received.clear()
            with self.subTest(status):
                self.assertEqual(gateway.chat("smart", endpoint="messages")[0], expected)
                self.assertEqual(len(gateway.provider.received), 2 if expected == 200 else 1)
            # A success, so that nothing is in cooldown.
            gateway.provider.status = lambda headers: 200
            self.assertEqual(gateway.chat("smart:bedrock", endpoint="messages")[0], 200)

    def test_a_pinned_request_is_sent_once(self):
        gateway = self.start(FAILOVER)
        gateway.provider.status = lambda headers: 503
        self.assertEqual(gateway.chat("smart:anthropic")[0], 503)
        self.assertEqual(len(gateway.provider.received), 1)

    def test_a_large_body_goes_on_to_the_next_provider_whole(self):
        gateway = self.start(FAILOVER)
        gateway.provider.status = lambda headers: 503 if "bedrock" in headers["host"] else 200
        self.assertEqual(gateway.chat("smart", padding=9_000_000, endpoint="messages")[0], 200)
        hosts = [one["host"] for one in gateway.provider.received]
        self.assertEqual(hosts, ["bedrock-runtime.us-east-1.amazonaws.com", "api.anthropic.com"])
        self.assertGreater(len(gateway.provider.received[1]["body"]), 9_000_000)


class Time(unittest.TestCase):
    def test_a_request_that_does_not_come_to_its_end_is_408(self):
        gateway = Gateway(*PLAIN, edit=setting("request_timeout", "1s"))
        self.addCleanup(gateway.close)
        with socket.create_connection(("127.0.0.1", gateway.ports["llm"]), SECONDS) as client:
            client.sendall((
                "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n"
                f"authorization: Bearer {VIRTUAL_KEY}\r\ncontent-length: 1000\r\n\r\n").encode())
            answer = b""
            client.settimeout(0.2)
            for _ in range(50):
                # A byte now and then does not keep it alive.
                client.sendall(b" ")
                try:
                    answer = client.recv(65536)
                    break
                except TimeoutError:
                    pass
        self.assertIn(b" 408 ", answer)
        self.assertIn(b'"code":"request_refused"', answer)
        self.assertEqual(gateway.provider.received, [])


class Names(unittest.TestCase):
    def test_clusters_are_found_by_name(self):
        def by_name(document):
            for part in everywhere(document):
                if "load_assignment" in part:
                    kept = part["cluster_type"]
                    lead_to(part, provider.port)
                    del part["type"]
                    part["cluster_type"] = kept
                    for inner in everywhere(part):
                        if inner.get("address") == "127.0.0.1":
                            # What leads to 127.0.0.1 is left alone from here on.
                            inner["address"] = "localhost"
                    part["metadata"] = {"filter_metadata": {"test": {"address": "127.0.0.1"}}}

        provider = Provider()
        gateway = Gateway(*PLAIN, provider=provider, edit=by_name)
        self.addCleanup(gateway.close)
        wait_until(lambda: gateway.chat("gpt-6-sol")[0] == 200, "the provider to be found")
        self.assertEqual(gateway.stat("cluster.openai.membership_healthy"), 1)


class Log(unittest.TestCase):
    def start(self, **options):
        self.gateway = Gateway(*PLAIN, **options)
        self.addCleanup(self.gateway.close)

    def test_a_line_tells_who_asked_what_where_it_went_and_how_long_it_took(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
        body = json.dumps({"model": "gpt-6-sol"})
        connection.request("POST", "/v1/chat/completions?secret=in-the-query", body, {
            "content-type": "application/json", "authorization": f"Bearer {VIRTUAL_KEY}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        answer.read()
        [line] = self.gateway.logged(1)
        connection.close()
        self.assertNotIn("in-the-query", json.dumps(line))
        expected = {
            "type": "DownstreamEnd", "method": "POST", "path": "/v1/chat/completions", "team": "research",
            "key_id": "notebook", "model": "gpt-6-sol", "provider": "openai", "upstream_model": "gpt-6-sol",
            "code": "ok", "status": 200, "flags": "-", "details": "via_upstream", "upstream_failure": None,
            "upstream_host": f"127.0.0.1:{self.gateway.provider.port}", "upstream_attempts": 1,
            "bytes_received": len(body)}
        self.assertEqual({name: line[name] for name in expected}, expected)
        for name in "bytes_sent", "duration_ms", "request_ms", "first_byte_ms", "upstream_ms":
            self.assertIsInstance(line[name], int, name)
        self.assertGreaterEqual(line["duration_ms"], line["upstream_ms"])
        self.assertRegex(line["request_id"], r"^[0-9a-f-]{36}$")
        # What the filter may leave is asked for.
        self.assertLessEqual(
            {"attempts", "providers_tried", "prompt_tokens", "completion_tokens", "total_tokens"}, line.keys())

    def test_a_long_stream_is_told_of_while_it_runs_and_counted_once(self):
        self.start(provider=Streaming(), edit=setting("access_log_options", {"access_log_flush_interval": "0.5s"}))
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
        connection.request("POST", "/v1/chat/completions", json.dumps({"model": "gpt-6-sol", "stream": True}), {
            "content-type": "application/json", "authorization": f"Bearer {VIRTUAL_KEY}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(len(answer.read()), 4 * len(Streaming.EVENT))
        connection.close()
        wait_until(lambda: self.gateway.logged(1)[-1]["type"] == "DownstreamEnd", "the last line")
        lines = self.gateway.logged(3)
        self.assertEqual({line["type"] for line in lines[:-1]}, {"DownstreamPeriodic"})
        self.assertEqual({line["team"] for line in lines}, {"research"})
        wait_until(lambda: self.requests(), "the metrics")
        self.assertEqual(self.requests(), [1])

    def requests(self):
        lines = self.gateway.get("admin", "/stats/prometheus")[1].splitlines()
        return [int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("llm_router_requests{")]


class Streaming(Hasty):
    """A provider whose answer is a stream of four events, one each half a second."""

    EVENT = b"data: {}\n\n"

    def answer(self, connection):
        with connection:
            self.received.append(connection.recv(1 << 20))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in range(4):
                connection.sendall(b"%x\r\n%s\r\n" % (len(self.EVENT), self.EVENT))
                time.sleep(0.5)
            connection.sendall(b"0\r\n\r\n")


class Options(unittest.TestCase):
    def test_what_is_edited_here_is_there(self):
        """An edit of a member that the examples do not have would change nothing."""
        for name in "request_timeout", "access_log_options", "common_http_protocol_options":
            seen = []

            def look(document):
                seen.extend(part for part in everywhere(document) if name in part)

            Gateway(*PLAIN, edit=look).close()
            self.assertGreater(len(seen), 0, name)
