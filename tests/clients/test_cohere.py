"""Cohere's Python library."""

from client import Client


class Cohere(Client):
    name = "cohere"
    title = "Cohere (Python), ClientV2"
    settings = {"CO_API_URL": "{gateway}", "CO_API_KEY": "{key}"}

    def test_ranks(self):
        self.assertEqual(self.run_program("cohere_sdk.py"), {"order": [1, 0]})
        self.received("cohere", ("POST", "/v2/rerank", "rerank-v4.0-pro"))
