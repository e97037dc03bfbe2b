"""Anthropic's Python library."""

from anthropic_api import PIECES, TEXT
from client import Client


class Anthropic(Client):
    name = "anthropic"
    title = "Anthropic (Python)"
    settings = {"ANTHROPIC_BASE_URL": "{gateway}", "ANTHROPIC_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("anthropic_sdk.py")
        self.assertEqual(told, {
            "answer": TEXT, "pieces": PIECES, "tokens": [5, 3], "counted": 5, "refusal": "not_found_error"})
        model = "claude-sonnet-5-5"
        self.received(
            "anthropic", ("POST", "/v1/messages", model), ("POST", "/v1/messages", model),
            ("POST", "/v1/messages/count_tokens", model))
