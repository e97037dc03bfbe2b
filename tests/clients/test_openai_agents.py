"""OpenAI's Agents SDK."""

from client import Client
from openai_api import PIECES, TEXT


class Agents(Client):
    name = "openai-agents"
    title = "OpenAI Agents SDK (Python)"
    settings = {"OPENAI_BASE_URL": "{gateway}/v1", "OPENAI_API_KEY": "{key}"}

    def test_an_agent_with_a_tool(self):
        told = self.run_program("openai_agents.py")
        self.assertEqual(told, {"answer": TEXT, "deltas": PIECES})
        whole, after, streamed, _ = self.received("openai", *[("POST", "/v1/responses", "gpt-5.6")] * 4)
        self.assertEqual([tool["name"] for tool in whole.json["tools"]], ["time_of_day"])
        [outcome] = [item for item in after.json["input"] if item.get("type") == "function_call_output"]
        self.assertEqual(outcome["output"], "morning")
        self.assertTrue(streamed.json["stream"])
