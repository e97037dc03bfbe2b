"""Java, with its own HttpClient."""

import json

from client import PROGRAMS, Client
from openai_api import PIECES, TEXT


class Java(Client):
    name = "java"
    title = "Java, HttpClient"
    told_by = "The URL of each request, and the header `authorization: Bearer {key}`"

    def test_answers_and_streams(self):
        printed, _ = self.run_client(self.program, PROGRAMS / "Http.java", self.gateway.url, self.key)
        first, *events = printed.splitlines()
        status, whole = first.split(" ", 1)
        self.assertEqual((status, json.loads(whole)["choices"][0]["message"]["content"]), ("200", TEXT))
        self.assertEqual(events.pop(), "data: [DONE]")
        deltas = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"].get("content") for event in events]
        self.assertEqual([delta for delta in deltas if delta], PIECES)
        chat = ("POST", "/v1/chat/completions", "gpt-5.6")
        self.received("openai", chat, chat)
