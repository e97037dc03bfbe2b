"""envoy/limits/: what teams may use over all Envoys, by a rate limit service that speaks the real protocol."""

import concurrent.futures
import http.client
import json
import pathlib
import re
import threading
import unittest

import yaml

from demo import SECONDS, TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, Provider, everywhere
from rate_limits import SHIPPED, RateLimits
from standin import Handler, serve

EXAMPLE = "envoy/limits/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml"
SUPPORT_KEY = "vk-support-demo"
TEAMS = {"research": VIRTUAL_KEY, "support": SUPPORT_KEY}


class Talker(Provider):
    """Answers with the tokens that a request's `user` says, `prompt+completion`. A stream tells them in its first event, and
    waits for `go_on` before it ends."""

    def __init__(self):
        outer = self
        self.go_on, self.received, self.heard = threading.Event(), [], []

        class Answering(Handler):
            def do_POST(self):
                body = json.loads(self.body())
                outer.received.append(body)
                outer.heard.append(dict(self.headers))
                prompt, completion = map(int, body["user"].split("+"))
                is_anthropics = self.path.endswith("/messages")
                names = ("input_tokens", "output_tokens") if is_anthropics else ("prompt_tokens", "completion_tokens")
                usage = dict(zip(names, (prompt, completion)))
                if body.get("stream"):
                    self.stream({"type": "message_start", "message": {"usage": usage}} if is_anthropics else {"choices": [], "usage": usage})
                    return
                answer = json.dumps({"choices": [], "usage": usage}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def stream(self, first):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                self.close_connection = True
                self.wfile.write(f"data: {json.dumps(first)}\n\n".encode())
                outer.go_on.wait(SECONDS)
                self.wfile.write(b"data: [DONE]\n\n")

        server = serve(Answering)
        self.port, self.servers = server.server_address[1], [server]

    def close(self):
        self.go_on.set()
        super().close()


class Limited(unittest.TestCase):
    def start(self, limits=None, timeout="5s"):
        """A gateway of the example, and its service, which allows what the file says or else `limits`."""
        self.service = RateLimits(limits)
        self.service.timeout = timeout
        self.addCleanup(lambda: self.service.close())
        self.gateway = self.another()

    def another(self):
        gateway = Gateway(*EXAMPLE, provider=Talker(), edit=self.service.lead)
        self.addCleanup(gateway.close)
        return gateway

    def ask(self, team="research", tokens="6+4", gateway=None, endpoint="chat/completions", model="openai/m", **more):
        """An answer: its status, fields and body."""
        gateway = gateway or self.gateway
        connection = http.client.HTTPConnection("127.0.0.1", gateway.ports["llm"], timeout=SECONDS)
        model = "gpt-6-sol" if team == "support" else model
        connection.request("POST", f"/v1/{endpoint}", json.dumps({"model": model, "user": tokens, **more}),
                           {"content-type": "application/json", "authorization": f"Bearer {TEAMS[team]}"})
        answer = connection.getresponse()
        if more.get("stream") and answer.status == 200:
            self.addCleanup(connection.close)
            return connection, answer
        body = json.loads(answer.read())
        connection.close()
        return answer.status, answer.headers, body

    def charged(self, tokens, team="research"):
        wait_until(lambda: self.service.used("tokens", team) >= tokens, f"{tokens} tokens, not {self.service.used('tokens', team)}")
        self.assertEqual(self.service.used("tokens", team), tokens)


class Charged(Limited):
    def setUp(self):
        self.start()

    def test_a_whole_answer_is_charged_when_it_has_ended(self):
        self.assertEqual(self.ask(tokens="100+23")[0], 200)
        self.charged(123)
        # What was asked: at the request whether there is anything left, at the end what was used.
        wait_until(lambda: len(self.service.asked) == 2, "the charge")
        self.assertEqual(self.service.asked, [[("requests", "research", 1), ("tokens", "research", 0)], [("tokens", "research", 123)]])
        self.assertEqual(self.ask("support", tokens="1+1")[0], 200)
        self.charged(2, "support")
        self.charged(123)

    def test_a_stream_is_charged_once_it_has_ended(self):
        for endpoint, model in ("chat/completions", "openai/m"), ("messages", "anthropic/m"):
            with self.subTest(endpoint):
                before = self.service.used("tokens", "research")
                self.gateway.provider.go_on.clear()
                _connection, answer = self.ask(tokens="40+2", endpoint=endpoint, model=model, stream=True, max_tokens=9)
                self.assertIn(b"data: ", answer.readline())
                self.assertEqual(self.service.used("tokens", "research"), before)
                self.gateway.provider.go_on.set()
                self.assertIn(b"[DONE]", answer.read())
                self.charged(before + 42)

    def test_a_client_that_leaves_is_charged_what_it_was_told_of(self):
        for endpoint, model in ("chat/completions", "openai/m"), ("messages", "anthropic/m"):
            with self.subTest(endpoint):
                before = self.service.used("tokens", "research")
                connection, answer = self.ask(tokens="300+7", endpoint=endpoint, model=model, stream=True, max_tokens=9)
                self.assertIn(b"data: ", answer.readline())
                answer.close()
                connection.close()
                self.charged(before + 307)
        self.assertEqual([line["code"] for line in self.gateway.logged(2)], ["client_left"] * 2)

    def test_what_the_filter_refuses_is_not_counted(self):
        self.assertEqual(self.gateway.chat("openai/m", "vk-of-nobody")[0], 401)
        self.assertEqual(self.ask("research", model="unheard-of")[0], 404)
        self.assertEqual(self.gateway.get("llm", "/v1/models")[0], 401)
        self.assertEqual(self.ask(tokens="1+1")[0], 200)
        self.charged(2)
        self.assertEqual(self.service.used("requests", "research"), 1)


class OverTheLimit(Limited):
    def test_a_team_out_of_tokens_is_429_in_its_clients_shape_and_another_is_untouched(self):
        self.start({("tokens", None): 100})
        # The limit itself is still there to be used.
        self.assertEqual(self.ask(tokens="60+40")[0], 200)
        self.charged(100)
        self.assertEqual(self.ask(tokens="1+1")[0], 200)
        self.charged(102)
        sent = len(self.gateway.provider.received)
        status, headers, body = self.ask()
        self.assertEqual((status, body["error"]["type"], body["error"]["code"]), (429, "rate_limit_error", "rate_limit_exceeded"))
        self.assertEqual(headers["x-ratelimit-limit"].split(",")[0], "100")
        self.assertEqual(headers["x-ratelimit-remaining"], "0")
        self.assertEqual(headers["retry-after"], headers["x-ratelimit-reset"])
        self.assertTrue(0 < int(headers["retry-after"]) <= 3600, headers["retry-after"])
        status, headers, body = self.ask(endpoint="messages", model="anthropic/m", max_tokens=9)
        self.assertEqual((status, body["type"], body["error"]["type"]), (429, "error", "rate_limit_error"))
        self.assertIn("retry-after", headers)
        self.assertEqual(len(self.gateway.provider.received), sent)
        # A refusal costs nothing, and no credential is blamed for it.
        self.charged(102)
        self.assertEqual(self.ask("support")[0], 200)
        self.assertNotIn("llm_router_cooldowns", self.gateway.get("metrics", "/stats/prometheus")[1])
        refused = [line for line in self.gateway.logged(5) if line["status"] == 429]
        self.assertEqual({(line["team"], line["details"], line["flags"]) for line in refused}, {("research", "request_rate_limited", "RL")})

    def test_a_team_out_of_requests_is_refused_until_the_next_window(self):
        self.start({("requests", "support"): 3})
        now = 1_000_000_000.0
        self.service.clock = lambda: now
        self.assertEqual([self.ask("support")[0] for _ in range(5)], [200] * 3 + [429] * 2)
        self.assertEqual(self.ask("support")[1]["retry-after"], "20")
        self.assertEqual(self.ask("research")[0], 200)
        now += 20
        self.assertEqual(self.ask("support")[0], 200)

    def test_several_gateways_share_one_count(self):
        self.start({("tokens", None): 100})
        other = self.another()
        self.assertEqual(self.ask(tokens="60+41")[0], 200)
        self.charged(101)
        self.assertEqual(self.ask(gateway=other)[0], 429)

    def test_a_team_exceeds_its_limit_by_what_was_in_flight_and_no_more(self):
        limit, each, at_once, sent = 1000, 70, 12, 60
        self.start({("tokens", None): limit, ("requests", None): 10 * sent})
        with concurrent.futures.ThreadPoolExecutor(at_once) as clients:
            statuses = list(clients.map(lambda _: self.ask(tokens="50+20")[0], range(sent)))
        served = statuses.count(200)
        self.assertEqual((served + statuses.count(429), self.service.used("requests", "research")), (sent, sent))
        self.charged(served * each)
        # The most that was under way at once, of what was let in: each was, until it was charged.
        under_way = most = 0
        charged = 0
        for asked in self.service.asked:
            if asked[-1][2]:
                under_way, charged = under_way - 1, charged + each
            elif charged <= limit:
                under_way += 1
                most = max(most, under_way)
        self.assertGreater(served * each, limit)
        self.assertLessEqual(served * each, limit + most * each)


class WithoutTheService(Limited):
    def test_everything_is_refused_until_it_is_back(self):
        self.start()
        self.assertEqual(self.ask()[0], 200)
        port = self.service.port
        self.service.close()
        status, _headers, body = self.ask()
        self.assertEqual((status, body["error"]["code"]), (503, "service_unavailable"))
        status, _headers, body = self.ask(endpoint="messages", model="anthropic/m", max_tokens=9)
        self.assertEqual((status, body["type"], body["error"]["type"]), (503, "error", "api_error"))
        self.assertEqual(len(self.gateway.provider.received), 1)
        self.service.start(port)
        wait_until(lambda: self.ask()[0] == 200, "the service")

    def test_a_service_that_does_not_answer_in_time_refuses_too(self):
        self.start(timeout="1s")
        with self.service.lock:
            self.assertEqual(self.ask()[0], 503)
        self.assertEqual(self.ask()[0], 200)


class Shipped(unittest.TestCase):
    def test_what_is_counted_has_a_limit(self):
        domain = yaml.safe_load(SHIPPED.read_text())
        example = yaml.safe_load((TOP / EXAMPLE[0]).read_text())
        counted = {part["descriptor_key"] for part in everywhere(example) if "descriptor_key" in part}
        for key in counted:
            self.assertIn(None, [entry.get("value") for entry in domain["descriptors"] if entry["key"] == key])
        self.assertEqual({entry["key"] for entry in domain["descriptors"]}, counted)
        [filter_] = [part for part in everywhere(example) if "failure_mode_deny" in part]
        self.assertEqual(filter_["domain"], domain["domain"])

    def test_the_rest_is_the_gateway_of_dynamic(self):
        own, dynamic = (yaml.safe_load((TOP / path).read_text()) for path in (EXAMPLE[0], "envoy/dynamic/envoy.yaml"))
        for part in everywhere(own):
            if "http_filters" in part:
                part["http_filters"] = [one for one in part["http_filters"] if one["name"] != "envoy.filters.http.ratelimit"]
        clusters = own["static_resources"]["clusters"]
        own["static_resources"]["clusters"] = [one for one in clusters if one["name"] != "ratelimit"]
        self.assertEqual(own, dynamic)

    def test_composed_the_service_is_where_the_gateway_asks_and_has_the_shipped_limits(self):
        composed = yaml.safe_load((TOP / "envoy/limits/docker-compose.yaml").read_text())["services"]
        base = yaml.safe_load((TOP / "envoy/docker-compose.yaml").read_text())["services"]
        # But for the file that Envoy starts from, the gateway's command is the other's.
        expected = [EXAMPLE[0] if part == "envoy/dynamic/envoy.yaml" else part for part in base["gateway"]["command"]]
        self.assertEqual(composed["gateway"]["command"], expected)
        example = yaml.safe_load((TOP / EXAMPLE[0]).read_text())
        [cluster] = [one for one in example["static_resources"]["clusters"] if one["name"] == "ratelimit"]
        address = next(part["socket_address"] for part in everywhere(cluster) if "socket_address" in part)
        self.assertIn(address["address"], composed)
        self.assertEqual(address["port_value"], 8081)  # its GRPC_PORT, unless it is told another
        environment = composed["ratelimit"]["environment"]
        [volume] = composed["ratelimit"]["volumes"]
        outside, inside, _ = volume.split(":")
        # A path in a file that is merged into another one is relative to the first one's directory.
        self.assertEqual((TOP / "envoy" / outside).resolve(), SHIPPED.parent)
        self.assertEqual(pathlib.PurePath(inside), pathlib.PurePath(environment["RUNTIME_ROOT"], environment["RUNTIME_SUBDIRECTORY"], "config"))
        self.assertEqual(environment["REDIS_URL"].split(":")[0], "redis")
        self.assertIn("redis", composed)
        # Nothing of it is reached from outside.
        self.assertFalse(any("ports" in service for service in composed.values()))
        page = (TOP / "envoy/limits/README.md").read_text()
        self.assertTrue(re.search(r"docker compose -f envoy/docker-compose.yaml -f envoy/limits/docker-compose.yaml up", page))
