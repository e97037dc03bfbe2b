"""LangChain with models of Anthropic's API."""

from anthropic_api import PIECES, TEXT
from client import Client


class ChatAnthropic(Client):
    name = "langchain-anthropic"
    title = "LangChain, ChatAnthropic"
    settings = {"ANTHROPIC_API_URL": "{gateway}", "ANTHROPIC_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("langchain_anthropic_chat.py")
        self.assertEqual(told, {"answer": TEXT, "pieces": PIECES})
        message = ("POST", "/v1/messages", "claude-sonnet-5-5")
        self.received("anthropic", message, message)
