"""OpenAI's Python library, also in its form for Azure."""

from client import Client
from gateway import MODELS
from openai_api import PIECES, TEXT


class OpenAI(Client):
    name = "openai"
    title = "OpenAI (Python)"
    settings = {"OPENAI_BASE_URL": "{gateway}/v1", "OPENAI_API_KEY": "{key}"}

    def test_answers_and_streams(self):
        told = self.run_program("openai_sdk.py")
        self.assertEqual(told, {
            "chat": TEXT, "pieces": PIECES, "tokens": 8, "embedding": [0.25, 0.5], "response": TEXT, "deltas": PIECES,
            "streamed": TEXT, "refusal": "model_not_found",
            "models": sorted(name for name in MODELS if "*" not in name)})
        self.received(
            "openai",
            ("POST", "/v1/chat/completions", "gpt-5.6"),
            ("POST", "/v1/chat/completions", "gpt-5.6"),
            ("POST", "/v1/embeddings", "text-embedding-3-small"),
            ("POST", "/v1/responses", "gpt-5.6"),
            ("POST", "/v1/responses", "gpt-5.6"))


    def test_what_the_provider_keeps(self):
        told = self.run_program("openai_resources.py")
        self.assertEqual(told, {
            "started": "queued", "response": ["completed", TEXT], "conversation": "conv_1", "answer": TEXT, "items": []})
        self.received(
            "openai",
            ("POST", "/v1/responses", "gpt-5.6"),
            ("GET", "/v1/responses/resp_1", None),
            ("POST", "/v1/conversations", None),
            ("POST", "/v1/responses", "gpt-5.6"),
            ("GET", "/v1/conversations/conv_1/items", None))

    def test_videos_of_another_provider(self):
        told = self.run_program("openai_videos.py")
        self.assertEqual(told, {"video": "completed", "content": "a morning, moving"})
        form, *_ = self.received(
            "studio",
            ("POST", "/v1/videos", None),
            ("GET", "/v1/videos/video_1", None),
            ("GET", "/v1/videos/video_1", None),
            ("GET", "/v1/videos/video_1/content", None))
        self.assertIn(b'name="model"\r\n\r\nmoving-pictures-1\r\n', form.body)


class AzureOpenAI(Client):
    name = "azure-openai"
    title = "OpenAI (Python), AzureOpenAI"
    package = "openai"
    settings = {"AZURE_OPENAI_ENDPOINT": "{gateway}", "AZURE_OPENAI_API_KEY": "{key}", "OPENAI_API_VERSION": "2026-01-01"}

    def test_answers_and_streams(self):
        told = self.run_program("azure_sdk.py")
        self.assertEqual(told, {"chat": TEXT, "pieces": PIECES})
        path = "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
        self.received("azure", ("POST", path, "our-gpt"), ("POST", path, "our-gpt"))
