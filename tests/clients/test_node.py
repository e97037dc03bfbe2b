"""Node.js, with its fetch."""

import json

from client import PROGRAMS, Client
from openai_api import PIECES, TEXT


class Node(Client):
    name = "node"
    title = "Node.js, fetch"
    told_by = "The URL of each request, and the header `authorization: Bearer {key}`"

    def test_answers_and_streams(self):
        printed, _ = self.run_client(self.program, PROGRAMS / "fetch.mjs", self.gateway.url, self.key)
        self.assertEqual(json.loads(printed), {
            "answer": TEXT, "pieces": PIECES, "last": "[DONE]", "refusal": [404, "model_not_found"]})
        chat = ("POST", "/v1/chat/completions", "gpt-5.6")
        self.received("openai", chat, chat)
