"""Llama Stack's Python library: its OpenAI-compatible part."""

from client import Client
from openai_api import PIECES, TEXT


class LlamaStack(Client):
    name = "llama-stack-client"
    title = "Llama Stack (Python)"
    settings = {"LLAMA_STACK_CLIENT_BASE_URL": "{gateway}", "LLAMA_STACK_CLIENT_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("llama_stack.py")
        self.assertEqual(told, {"answer": TEXT, "pieces": PIECES, "embedding": [0.25, 0.5]})
        chat = ("POST", "/v1/chat/completions", "gpt-5.6")
        self.received("openai", chat, chat, ("POST", "/v1/embeddings", "text-embedding-3-small"))
