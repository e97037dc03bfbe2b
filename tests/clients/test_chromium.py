"""Chromium: a page of another origin streams a completion, by the recipe for browsers in envoy/operations.md."""

import http.server
import json
import threading

from client import PROGRAMS, SECONDS, Client
from openai_api import PIECES


class Chromium(Client):
    name = "chromium"
    title = "Chromium, fetch in a page"
    told_by = ("The URL of each request, and the header `authorization: Bearer {key}`; "
               "the gateway has [CORS](operations.md#browsers)")

    def outcome_of_page(self, origin):
        """What the page tells the server that it is from."""
        told, has_told = [], threading.Event()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer((PROGRAMS / "browser.html").read_bytes() if self.path == "/" else b"")

            def do_POST(self):
                told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.answer(b"")
                has_told.set()

            def answer(self, body):
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(origin.rsplit(":", 1)[1])), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.start(
            self.program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", f"--user-data-dir={self.home}/profile",
            f"{origin}/#gateway={self.gateway.url}&key={self.key}", stdout=-3, stderr=-3)
        self.assertTrue(has_told.wait(SECONDS), "the page told nothing")
        return told[0]

    def test_a_page_that_may(self):
        outcome = self.outcome_of_page(self.page_origin)
        self.assertEqual(outcome, {
            "pieces": PIECES, "hasRequestId": True, "unknownModel": [404, "model_not_found"],
            "unknownKey": [401, "invalid_api_key"]})
        [request] = self.received("openai", ("POST", "/v1/chat/completions", "gpt-5.6"))
        for name, _ in request.headers:
            self.assertNotRegex(name.lower(), "^(origin|referer|sec-)")
        self.assertEqual(self.asked()[0], ("OPTIONS /v1/chat/completions", 200))

    def test_a_page_of_another_origin(self):
        port = self.page_origin.rsplit(":", 1)[1]
        self.assertIn("Failed to fetch", self.outcome_of_page(f"http://localhost:{port}")["error"])
        self.received("openai")
