"""Google's Python library for Gemini."""

from client import Client
from openai_api import PIECES, TEXT


class GoogleGenai(Client):
    name = "google-genai"
    title = "Google Gen AI (Python)"
    settings = {"GOOGLE_GEMINI_BASE_URL": "{gateway}", "GEMINI_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("google_genai_sdk.py")
        refusal = [404, "NOT_FOUND", "The model `nope` does not exist or you do not have access to it."]
        self.assertEqual(told, {"answer": TEXT, "tokens": 8, "pieces": PIECES, "counted": 5,
                                "embeddings": [[0.25, 0.5]], "refusal": refusal})
        model = "/v1beta/models/gemini-3-flash"
        self.received(
            "gemini",
            ("POST", model + ":generateContent", None),
            ("POST", model + ":streamGenerateContent?alt=sse", None),
            ("POST", model + ":countTokens", None),
            ("POST", "/v1beta/models/gemini-embedding-001:batchEmbedContents", None))
        self.assertEqual(self.counted(), [(5, 3, 2), (5, 3, 2)])
