"""`make check-providers` against stand-ins: what it sends, and what it says of providers with a key and without."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from demo import TOP
from gateway import WASM
from standin import Handler, close, serve

KEYS = {"OPENAI": "sk-proj-Kd83hT6wQz", "ANTHROPIC": "sk-ant-Pw2mB9rLx4Tn", "XAI": "xai-Jf7vN1cYs5Gk8"}
CONFIGURATION = """
providers:
  openai: { kind: openai, cluster: openai, default_credential: openai-shared }
  anthropic: { kind: anthropic, cluster: anthropic }
  xai: { kind: xai, cluster: xai }
  groq: { kind: groq, cluster: groq }
  mistral: { kind: mistral, cluster: mistral }
  local: { kind: ollama, cluster: local }
  together: { kind: together, cluster: together }
models:
  gpt: { type: chat, targets: [{ provider: openai, model: gpt-6, parameters: { set: { seed: 7 } } }] }
  gpt-old: { type: chat, targets: [{ provider: openai, model: gpt-5 }] }
  embed: { type: embedding, targets: [{ provider: openai, model: embed-3 }] }
  draw: { type: image, targets: [{ provider: openai, model: image-2 }] }
  claude: { targets: [{ provider: anthropic, model: claude-6 }, { provider: local, model: qwen }] }
  grok: { targets: [{ provider: xai, model: grok-5 }, { provider: groq, model: oss }] }
  "together/*": { targets: [{ provider: together, model: "*" }] }
credentials:
  openai-red: { provider: openai, env: NOT_SET }
  openai-shared: { provider: openai, env: OPENAI }
  anthropic: { provider: anthropic, env: ANTHROPIC }
  xai: { provider: xai, env: XAI }
  groq: { provider: groq, env: GROQ }
  together: { provider: together, value: short }
teams: { red: { models: ["*"], credentials: [openai-red] } }
"""


class StandIns:
    """A provider for all of them."""

    def __init__(self):
        self.received, outer = [], self

        class Answering(Handler):
            def do_POST(self):
                body = json.loads(self.body())
                outer.received.append((self.headers["host"], self.path, body, dict(self.headers)))
                status, answer = 200, {"id": "1", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
                if self.headers["host"] == "api.x.ai":
                    status, answer = 429, {"error": {"message": f"The key {KEYS['XAI'][:12]}…\nhas no quota"}}
                answer = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = serve(Answering)
        self.port = self.server.server_address[1]

    def close(self):
        close(self.server)


class CheckProviders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["cargo", "build", "--quiet", "--locked", "--bin", "llm-router"], cwd=TOP, check=True)

    def run_with(self, keys, configuration=CONFIGURATION):
        """What the command prints for these keys in a file, and its status."""
        providers = StandIns()
        self.addCleanup(providers.close)
        with tempfile.TemporaryDirectory() as directory:
            places = {name: pathlib.Path(directory) / name for name in ("plugin.yaml", "keys.env")}
            places["plugin.yaml"].write_text(configuration)
            places["keys.env"].write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
            clusters = "openai", "anthropic", "xai", "groq", "mistral", "local", "together"
            endpoints = [f"--endpoint={name}=http://127.0.0.1:{providers.port}" for name in clusters]
            ran = subprocess.run(
                [sys.executable, "-B", TOP / "envoy/bin/check-providers", "--keys", places["keys.env"], *endpoints,
                 places["plugin.yaml"]],
                capture_output=True, text=True, timeout=120,
                env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LLM_ROUTER_WASM": str(WASM),
                     "LLM_ROUTER": str(TOP / "target/debug/llm-router")})
        for key in KEYS.values():
            for start in range(len(key) - 5):
                self.assertNotIn(key[start:start + 6], ran.stdout + ran.stderr)
        return ran, providers.received

    def test_each_provider_and_endpoint_is_asked_once_with_its_own_key(self):
        ran, received = self.run_with(KEYS)
        rows = [line.split() for line in ran.stdout.splitlines()[1:-1]]
        asked = [(row[0], row[1], row[2]) for row in rows if row[-1] == "answered"]
        self.assertEqual(asked, [
            ("openai", "chat/completions", "gpt-6"), ("openai", "responses", "gpt-6"), ("openai", "embeddings", "embed-3"),
            *[("anthropic", endpoint, "claude-6")
              for endpoint in ("chat/completions", "messages", "messages/count_tokens")],
            *[("local", endpoint, "qwen") for endpoint in ("chat/completions", "messages", "responses")],
        ], ran.stdout + ran.stderr)
        sent = {(host, path): (body, headers) for host, path, body, headers in received}
        self.assertEqual(len(sent), len(received), "one request for each")
        body, headers = sent["api.openai.com", "/v1/chat/completions"]
        self.assertEqual((body["model"], body["seed"]), ("gpt-6", 7))
        self.assertEqual(headers["authorization"], f"Bearer {KEYS['OPENAI']}")
        self.assertEqual(sent["api.anthropic.com", "/v1/messages"][1]["x-api-key"], KEYS["ANTHROPIC"])
        lines = ran.stdout.splitlines()
        refused = [line for line in lines if line.startswith("xai")]
        self.assertEqual(len(refused), 2, ran.stdout)
        for line in refused:
            self.assertRegex(line, r" grok-5 +xai \(xai…\) +429 +\d+ +The key \*\*\*… has no quota$")
        self.assertRegex(ran.stdout, r"\ngroq +- +- +not set: GROQ +- +- +no key\n")
        self.assertRegex(ran.stdout, r"\nmistral +- +- +no credential +- +- +no key\n")
        self.assertRegex(ran.stdout, r"\nopenai +\(image\) .* not asked: it costs more\n")
        self.assertRegex(ran.stdout, r"\ntogether .* not asked: no model by name in the configuration\n")
        self.assertEqual(lines[-1], "9 answered, 2 did not, 4 not asked (2 without a key)")
        self.assertEqual(ran.returncode, 1)

    def test_without_keys_nothing_is_sent_and_nothing_is_said_to_be_well(self):
        configuration = CONFIGURATION.replace("value: short", "env: TOGETHER").replace(
            "  local: { kind: ollama, cluster: local }\n", "").replace(", { provider: local, model: qwen }", "")
        ran, received = self.run_with({}, configuration)
        self.assertEqual((ran.returncode, received), (2, []), ran.stdout)
        rows = ran.stdout.splitlines()[1:-1]
        self.assertEqual([row.split()[0] for row in rows], ["openai", "anthropic", "xai", "groq", "mistral", "together"])
        for row in rows:
            self.assertTrue(row.endswith("  no key"), row)
        self.assertEqual(ran.stdout.splitlines()[-1], "0 answered, 0 did not, 6 not asked (6 without a key)")
        self.assertNotIn("passed", ran.stdout)

    def test_who_has_all_keys_and_all_answers_gets_the_status_0(self):
        configuration = CONFIGURATION.replace("  xai: { kind: xai, cluster: xai }\n", "").replace(
            "{ provider: xai, model: grok-5 }, ", "").replace("  xai: { provider: xai, env: XAI }\n", "")
        ran, received = self.run_with({**KEYS, "GROQ": "gsk"}, configuration)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn(("api.groq.com", "/openai/v1/chat/completions"), [(host, path) for host, path, *_ in received])
