"""The requests that `make run` prints: pasted, each is answered as promised."""

import json
import re
import subprocess
import unittest

from demo import SECONDS, Demo, wait_until


class Pasted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = Demo()
        cls.requests = re.findall(r"^(\d\. .*)\n +(curl .*)\n +answer: (.*)$", cls.demo.printed(), re.MULTILINE)

    @classmethod
    def tearDownClass(cls):
        cls.demo.kill()

    def paste(self, number):
        title, line, promised = self.requests[number - 1]
        self.assertTrue(title.startswith(f"{number}. "), title)
        answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=SECONDS).stdout
        self.assertIn(promised, json.dumps(json.loads(answer), separators=(",", ":")), line)
        return json.loads(answer)

    def logged(self, **members):
        """The access log has a line with these members."""
        def found():
            lines = [json.loads(line) for line in self.demo.printed().splitlines() if line.startswith("{")]
            return any(members.items() <= line.items() for line in lines)
        wait_until(found, f"the access log to say {members}")

    def test_there_are_six_requests(self):
        self.assertEqual(len(self.requests), 6)

    def test_1_a_registered_model(self):
        self.paste(1)
        self.logged(team="research", key_id="notebook", model="claude-sonnet-4.6", provider="anthropic",
                    upstream_model="claude-sonnet-4-6", code="ok", status=200)

    def test_2_the_same_model_for_other_clients(self):
        self.assertEqual(self.paste(2)["type"], "message")
        self.logged(team="research", key_id="notebook", model="claude-sonnet-4.6", provider="bedrock",
                    upstream_model="us.anthropic.claude-sonnet-4-6", code="ok", status=200)

    def test_3_a_provider_and_its_model(self):
        self.paste(3)
        self.logged(provider="groq", upstream_model="openai/gpt-oss-20b", code="ok", status=200)

    def test_4_a_model_pinned_to_a_provider(self):
        self.paste(4)
        self.logged(model="gpt-oss-120b:cerebras", provider="cerebras", code="ok", status=200)

    def test_5_a_wrong_model(self):
        self.assertEqual(self.paste(5)["error"]["code"], "model_not_found")
        self.logged(team="research", provider=None, code="model_not_found", status=404)

    def test_6_the_models(self):
        self.assertEqual([model["id"] for model in self.paste(6)["data"]], sorted(
            ["claude-sonnet-4.6", "fast", "gpt-6-sol", "gpt-oss-120b", "sonnet", "text-embedding-3-small"]))

    def test_other_endpoints_answer_in_their_shape(self):
        url = f"http://127.0.0.1:{self.demo.port}/v1"
        for path, model, member in [("embeddings", "text-embedding-3-small", "data"), ("messages", "sonnet", "content"),
                                    ("chat/completions", "fast", "choices")]:
            with self.subTest(path):
                answer = subprocess.run(
                    ["curl", "-s", f"{url}/{path}", "-H", "x-api-key: vk-research-demo", "-H",
                     "content-type: application/json", "-d", json.dumps({"model": model})],
                    capture_output=True, text=True, timeout=SECONDS).stdout
                self.assertIn(member, json.loads(answer), answer)

    def test_no_secret_is_printed(self):
        self.assertNotIn("-000000", self.demo.printed())
