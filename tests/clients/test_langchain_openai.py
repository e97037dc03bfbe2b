"""LangChain with models of OpenAI's API."""

from client import Client
from openai_api import PIECES, TEXT


class ChatOpenAI(Client):
    name = "langchain-openai"
    title = "LangChain, ChatOpenAI"
    settings = {"OPENAI_API_BASE": "{gateway}/v1", "OPENAI_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("langchain_openai_chat.py")
        self.assertEqual(told, {"answer": TEXT, "tokens": 8, "pieces": PIECES, "embedding": [0.25, 0.5]})
        chat = ("POST", "/v1/chat/completions", "gpt-5.6")
        self.received("openai", chat, chat, ("POST", "/v1/embeddings", "text-embedding-3-small"))


class AzureChatOpenAI(Client):
    name = "langchain-azure"
    title = "LangChain, AzureChatOpenAI"
    package = "langchain-openai"
    settings = {"AZURE_OPENAI_ENDPOINT": "{gateway}", "AZURE_OPENAI_API_KEY": "{key}", "OPENAI_API_VERSION": "2026-01-01"}

    def test_the_deployment_is_the_model_whatever_the_body_says(self):
        told = self.run_program("langchain_azure_chat.py")
        self.assertEqual(told, {"answer": TEXT, "pieces": PIECES})
        path = "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
        self.received("azure", ("POST", path, "our-gpt"), ("POST", path, "our-gpt"))
