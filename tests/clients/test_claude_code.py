"""Claude Code: a turn in which it uses a tool, streamed."""

import json

from anthropic_api import TEXT
from client import Client


class ClaudeCode(Client):
    name = "claude-code"
    title = "Claude Code"
    settings = {"ANTHROPIC_BASE_URL": "{gateway}", "ANTHROPIC_AUTH_TOKEN": "{key}",
                "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1"}
    # It asks nothing in advance where a proxy is set, or where it is told to be quiet.
    quiet = {"DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_ERROR_REPORTING": "1"}

    def turn(self, model, **more):
        """The events of one turn. The tool is a command of the shell, and is allowed."""
        printed, _ = self.run_client(
            self.program, "--print", "Good morning", "--model", model, "--output-format", "stream-json", "--verbose",
            "--allowedTools", "Bash(echo:*)", settings={**self.settings, **more})
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def answer(self, events):
        [result] = [event for event in events if event["type"] == "result"]
        self.assertFalse(result["is_error"], result)
        return result["result"]

    def test_a_turn_with_a_tool(self):
        events = self.turn("claude-ours")
        self.assertEqual(self.answer(events), TEXT)
        blocks = [block for event in events if event["type"] in ("assistant", "user")
                  for block in event["message"]["content"]]
        self.assertEqual([block["type"] for block in blocks], ["tool_use", "tool_result", "text"])
        self.assertEqual(blocks[1]["content"], "from the tool")
        path = "/v1/messages?beta=true"
        first, second = self.received(
            "anthropic", ("POST", path, "claude-sonnet-5-5"), ("POST", path, "claude-sonnet-5-5"))
        self.assertTrue(first.json["stream"])
        self.assertIn("Bash", [tool["name"] for tool in first.json["tools"]])
        [outcome] = [block for block in second.json["messages"][-1]["content"] if block["type"] == "tool_result"]
        self.assertEqual(outcome["tool_use_id"], "toolu_1")
        self.assertIn("from the tool", str(outcome["content"]))
        self.assertEqual(first.header("anthropic-version"), "2023-06-01")
        self.assertIn("claude-code-", first.header("anthropic-beta"))

    def test_what_it_asks_before_a_turn(self):
        self.answer(self.turn("claude-ours"))
        asked = self.asked()
        # It warms its connection up, and does not look at the answer.
        self.assertIn(("HEAD /api/hello", 404), asked)
        self.assertIn(("GET /v1/models?limit=1000", 200), asked)
        # What is offered by /model: those in whose names it recognises a model of Anthropic's.
        [listed] = [json.loads(path.read_text()) for path in self.home.rglob("*.json") if '"fetchedAt"' in path.read_text()]
        self.assertEqual([model["id"] for model in listed["models"]], ["claude-ours"])

    def test_another_key_beside_the_gateways(self):
        events = self.turn("sonnet", ANTHROPIC_API_KEY="sk-ant-of-another-account")
        self.assertEqual(self.answer(events), TEXT)
        path = "/v1/messages?beta=true"
        for request in self.received("anthropic", *[("POST", path, "claude-sonnet-5-5")] * 2):
            self.assertNotIn(b"of-another-account", request.text)

    def test_an_unknown_model_is_told(self):
        printed, _ = self.run_client(
            self.program, "--print", "Good morning", "--model", "of-nobody", "--output-format", "json", expected=1)
        self.assertIn("of-nobody", json.loads(printed.splitlines()[-1])["result"])
        self.received("anthropic")
