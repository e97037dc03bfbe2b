"""LiteLLM as a library: a client of the gateway."""

from client import Client
from openai_api import PIECES, TEXT


class LiteLLM(Client):
    name = "litellm"
    title = "LiteLLM (Python)"
    settings = {"LITELLM_PROXY_API_BASE": "{gateway}/v1", "LITELLM_PROXY_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("litellm_client.py")
        self.assertEqual(told, {"answer": TEXT, "pieces": PIECES, "embedding": [0.25, 0.5]})
        chat = ("POST", "/v1/chat/completions", "gpt-5.6")
        self.received("openai", chat, chat, ("POST", "/v1/embeddings", "text-embedding-3-small"))

    def test_ranks(self):
        self.assertEqual(self.run_program("litellm_rerank.py"), {"order": [1, 0]})
        self.received("cohere", ("POST", "/v2/rerank", "rerank-v4.0-pro"))
