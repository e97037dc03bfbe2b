"""Codex, with its built-in provider: signed in with a key, and with ChatGPT."""

import subprocess
import time

import app_server
from client import Client
from openai_api import TEXT


class Codex(Client):
    name = "codex"
    title = "Codex"
    told_by = ("`~/.codex/config.toml`: `openai_base_url = \"{gateway}/v1\"`; the key by `codex login --with-api-key`, "
               "or as the token of one who is signed in with ChatGPT")

    def turn(self, signed_in):
        """What Codex answers in a turn of its own, the seconds until the answer begins, and its complaints."""
        app_server.configure(self.home, self.gateway.url, signed_in(self.key))
        process = self.start(self.program, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        server = app_server.AppServer(process)
        self.addCleanup(server.close)
        began = time.monotonic()
        said = server.turn("Good morning")
        seconds = time.monotonic() - began
        answers = [message["params"]["item"]["text"] for message in said if message.get("method") == "item/completed"
                   and message["params"]["item"]["type"] == "agentMessage"]
        return answers, seconds, [message["params"] for message in said if message.get("method") == "error"]

    def test_a_turn_needs_no_second_try(self):
        answers, seconds, complaints = self.turn(app_server.by_key)
        self.assertEqual(answers, [TEXT])
        self.assertEqual(complaints, [])
        self.assertLess(seconds, 2)
        [request] = self.received("openai", ("POST", "/v1/responses", "gpt-5.6"))
        self.assertTrue(request.json["stream"])
        # It tries a WebSocket first, and takes the answer for what it is.
        self.assertEqual(self.asked(), [("GET /v1/responses", 426), ("POST /v1/responses", 200)])

    def test_compressed_bodies_are_read(self):
        answers, _, complaints = self.turn(app_server.by_chatgpt)
        self.assertEqual(answers, [TEXT])
        self.assertEqual(complaints, [])
        [request] = self.received("openai", ("POST", "/v1/responses", "gpt-5.6"))
        self.assertFalse(request.has("content-encoding"))
        self.assertFalse(request.has("chatgpt-account-id"))
        self.assertIn(("POST /v1/responses (zstd)", 200), self.asked())
