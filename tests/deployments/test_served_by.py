"""envoy/guides.md: clients are told who served, in the plain example and in a pool, and providers cannot say it themselves."""

import http.client
import json

from demo import SECONDS
from gateway import VIRTUAL_KEY, Gateway, Provider
from standin import Handler, serve
from test_guides import PLAIN, Guide, filters_of, pieces


class Liar(Provider):
    """Says of every answer that another has given it. Where `is_down` names a host, that one fails."""

    def __init__(self):
        self.is_down, outer = None, self

        class Answering(Handler):
            def do_POST(self):
                self.body()
                self.send_response(503 if outer.is_down and outer.is_down in self.headers["host"] else 200)
                for name, value in {"x-llm-provider": "another", "x-llm-model": "another", "content-length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")


        self.port, self.servers, self.received = 0, [], []
        for address in self.ADDRESSES:
            server = serve(Answering, address, self.port)
            self.port = server.server_address[1]
            self.servers.append(server)


class ServedBy(Guide):
    def start_telling(self, *files):
        [told] = pieces("Telling clients who served")
        self.gateway = Gateway(*files, provider=Liar(), edit=lambda document: filters_of(document).insert(0, told))
        self.addCleanup(self.gateway.close)

    def served(self, model, endpoint="chat/completions", key=VIRTUAL_KEY):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
        connection.request("POST", f"/v1/{endpoint}", json.dumps({"model": model}),
                           {"content-type": "application/json", "authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers.get_all("x-llm-provider"), answer.headers.get_all("x-llm-model")

    def test_each_answer_names_its_provider_and_a_refusal_none(self):
        self.start_telling(*PLAIN)
        self.assertEqual(self.served("fast"), (200, ["groq"], ["openai/gpt-oss-120b"]))
        self.assertEqual(self.served("cerebras/m"), (200, ["cerebras"], ["m"]))
        self.assertEqual(self.served("unheard-of"), (404, None, None))
        self.assertEqual(self.served("fast", key="vk-unknown"), (401, None, None))

    def test_in_a_pool_it_is_the_last_that_was_tried(self):
        self.start_telling("envoy/failover/envoy.yaml")
        self.assertEqual(self.served("smart", "messages"), (200, ["bedrock"], ["us.anthropic.claude-sonnet-4-6"]))
        self.gateway.provider.is_down = "bedrock"
        self.assertEqual(self.served("smart", "messages"), (200, ["anthropic"], ["claude-sonnet-4-6"]))
