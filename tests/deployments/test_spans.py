"""envoy/guides.md, its spans: named by OpenTelemetry's conventions, with tokens and team, and with no secret in them."""

import http.client
import json

from collector import Collector
from demo import SECONDS, wait_until
from gateway import VIRTUAL_KEY, everywhere
from test_guides import Guide, filters_of, pieces
from test_limits import Talker

TOKENS = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens"


class Spans(Guide):
    def start_with_collector(self, hides_the_trace=True):
        tracing, cluster, mutations = pieces("Spans by OpenTelemetry")
        self.collector = Collector()
        self.addCleanup(self.collector.close)

        def edit(document):
            for part in everywhere(document):
                if part.get("stat_prefix") == "llm":
                    part.update(tracing)
                if "mutations" in part and hides_the_trace:
                    self.assertEqual(part["mutations"]["response_mutations"], mutations["response_mutations"])
                    part["mutations"] = mutations
            if filters_of(document):
                cluster["type"] = "STATIC"
                for part in everywhere(cluster):
                    if "socket_address" in part:
                        part["socket_address"] = {"address": "127.0.0.1", "port_value": self.collector.port}
                document["static_resources"].setdefault("clusters", []).append(cluster)

        return self.start(edit, provider=Talker())

    def ask(self, path, key=VIRTUAL_KEY, **body):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
        connection.request("POST", path, json.dumps({"user": "5+7", "model": "groq/x", **body}),
                           {"content-type": "application/json", "authorization": f"Bearer {key}"})
        return connection, connection.getresponse()

    def spans(self, number):
        wait_until(lambda: len(self.collector.spans) >= number, f"{number} spans")
        return self.collector.told()

    def test_each_way_in_which_a_request_ends_has_a_span_with_its_tokens(self):
        gateway = self.start_with_collector()
        _, answer = self.ask("/v1/chat/completions")
        self.assertEqual(answer.read()[:1], b"{")
        _, answer = self.ask("/v1/embeddings", model="text-embedding-3-small", user="3+0")
        self.assertEqual(answer.status, 200)
        connection, answer = self.ask("/v1/chat/completions", model="openai/stream", user="30+1", stream=True)
        answer.readline()
        gateway.provider.go_on.set()
        answer.read()
        gateway.provider.go_on.clear()
        connection, answer = self.ask("/v1/messages", model="anthropic/left", user="40+2", stream=True, max_tokens=9)
        answer.readline()
        answer.close()
        connection.close()
        self.assertEqual(self.ask("/v1/chat/completions", model="unheard-of")[1].status, 404)
        told = {name: attributes for name, attributes in self.spans(5)}
        for name, provider, upstream_model, code, tokens in (
                ("chat groq/x", "groq", "x", "ok", ("5", "7", None)),
                ("embeddings text-embedding-3-small", "openai", "text-embedding-3-small", "ok", ("3", "0", None)),
                ("chat openai/stream", "openai", "stream", "ok", ("30", "1", None)),
                # Envoy ends this span before the filter hears that the client has left.
                ("chat anthropic/left", "anthropic", "left", None, (None,) * 3),
                ("chat unheard-of", None, None, "model_not_found", (None,) * 3)):
            with self.subTest(name):
                attributes = told[name]
                operation, model = name.split(" ")
                self.assertEqual(attributes["gen_ai.operation.name"], operation)
                self.assertEqual(attributes["gen_ai.request.model"], model)
                self.assertEqual(attributes.get("gen_ai.provider.name"), provider)
                self.assertEqual(attributes.get("gen_ai.response.model"), upstream_model)
                self.assertEqual(tuple(map(attributes.get, TOKENS)), tokens)
                self.assertEqual((attributes["llm_router.team"], attributes["llm_router.key_id"], attributes.get("llm_router.code")),
                                 ("research", "notebook", code))
        self.assertEqual(told["chat anthropic/left"]["response_flags"], "DC")
        [logged] = [line for line in gateway.logged(5) if line["model"] == "anthropic/left"]
        self.assertEqual((logged["code"], logged["prompt_tokens"], logged["completion_tokens"]), ("client_left", "40", "2"))

    def test_no_key_is_in_a_span_wherever_a_client_put_it(self):
        self.start_with_collector()
        for path, key in ("/v1/chat/completions?key=vk-in-a-query", "vk-unknown"), ("/v1/chat/completions?api_key=vk-in-a-query", VIRTUAL_KEY):
            self.ask(path, key)[1].read()
        told = self.spans(2)
        self.assertEqual({attributes["http.url"].rsplit("/v1")[-1] for _, attributes in told}, {"/chat/completions"})
        for secret in "vk-in-a-query", "vk-unknown", VIRTUAL_KEY, *self.gateway.environment.values():
            self.assertNotIn(secret, str(told))

    def test_providers_are_not_told_of_the_trace(self):
        for hides in True, False:
            gateway = self.start_with_collector(hides)
            self.ask("/v1/chat/completions")[1].read()
            self.assertEqual("traceparent" in gateway.provider.heard[-1], not hides)
