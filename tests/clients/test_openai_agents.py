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

    def test_a_session_that_the_provider_keeps(self):
        told = self.run_program("openai_agents_session.py")
        self.assertEqual(told, {"answers": [TEXT, TEXT], "items": 4})
        items = "/v1/conversations/conv_1/items"
        kept = [("GET", f"{items}?order=asc", None), ("POST", items, None), ("POST", "/v1/responses", "gpt-5.6"),
                ("POST", items, None)]
        requests = self.received("openai", ("POST", "/v1/conversations", None), *kept, *kept, kept[0])
        # The second turn has the first one with it.
        self.assertEqual(len(requests[7].json["input"]), 3)
