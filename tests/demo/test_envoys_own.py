"""The answers of the example in which no provider has a part."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from demo import SECONDS, TOP, example, free_port, is_open, tool, wait_until


class EnvoysOwn(unittest.TestCase):
    """What Envoy refuses by itself has the shape that the SDKs read."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        # One provider that refuses connections; the others' clusters do not exist.
        clusters = pathlib.Path(self.directory.name, "clusters.yaml")
        clusters.write_text(json.dumps({"resources": [{
            "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            "name": "openai",
            "load_assignment": {"cluster_name": "openai", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                "socket_address": {"address": "127.0.0.1", "port_value": free_port()}}}}]}]}}]}))
        text, self.port, environment = example([("envoy/providers.yaml", str(clusters))])
        config = pathlib.Path(self.directory.name, "envoy.yaml")
        config.write_text(text)
        self.envoy = subprocess.Popen(
            [tool("find-envoy"), "-c", config, "--disable-hot-restart", "--concurrency", "1"], cwd=TOP,
            env=dict(os.environ, **environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_open(self.port), "Envoy to start")

    def tearDown(self):
        self.envoy.terminate()
        self.envoy.wait(SECONDS)
        self.directory.cleanup()

    def refusal(self, body, *options):
        status, error, whole = self.answer("chat/completions", body, *options)
        self.assertEqual((list(whole), sorted(error)), (["error"], ["code", "message", "param", "type"]))
        return status, error["type"], error["code"], error["message"]

    def refusal_of_messages(self, body, *options):
        status, error, whole = self.answer("messages", body, *options)
        self.assertEqual((whole["type"], sorted(whole), sorted(error)),
                         ("error", ["error", "request_id", "type"], ["message", "type"]))
        self.assertRegex(whole["request_id"], "^[0-9a-f-]{36}$")
        return status, error["type"], error["message"]

    def answer(self, endpoint, body, *options):
        answer = subprocess.run(
            ["curl", "-sw", "\n%{http_code} %{content_type}", f"http://127.0.0.1:{self.port}/v1/{endpoint}",
             "-H", "authorization: Bearer value-of-RESEARCH_VIRTUAL_KEY", "-H", "content-type: application/json",
             "-H", "expect:", *options, "--data-binary", "@-"],
            input=body, capture_output=True, text=True, timeout=SECONDS).stdout
        shaped, end = answer.rsplit("\n", 1)
        status, content_type = end.split(" ")
        self.assertEqual(content_type, "application/json")
        whole = json.loads(shaped)
        return int(status), whole["error"], whole

    def test_a_provider_that_cannot_be_reached(self):
        status, kind, code, message = self.refusal('{"model":"gpt-6-sol"}')
        self.assertEqual((status, kind, code), (503, "api_error", "service_unavailable"))
        self.assertIn("upstream_reset_before_response_started", message)

    def test_a_provider_without_its_cluster(self):
        status, kind, code, message = self.refusal('{"model":"groq/x"}')
        self.assertEqual((status, kind, code), (503, "api_error", "service_unavailable"))
        self.assertIn("cluster_not_found", message)

    def test_more_than_envoy_holds(self):
        body = '{"model":"gpt-6-sol","x":"' + "x" * 20_000_000 + '"}'
        for options in [], ["-H", "transfer-encoding: chunked"]:
            with self.subTest(options):
                self.assertEqual(self.refusal(body, *options)[:3], (413, "invalid_request_error", "request_too_large"))

    def test_under_messages_they_have_anthropics_shape(self):
        status, kind, message = self.refusal_of_messages('{"model":"claude-sonnet-4.6"}')
        self.assertEqual((status, kind), (503, "api_error"))
        self.assertIn("cluster_not_found", message)
        body = '{"model":"claude-sonnet-4.6","x":"' + "x" * 20_000_000 + '"}'
        self.assertEqual(self.refusal_of_messages(body)[:2], (413, "request_too_large"))
        self.assertEqual(self.refusal_of_messages('{"model":"nobody"}')[:2], (404, "not_found_error"))

    def test_the_filters_own_refusals_are_left_alone(self):
        self.assertEqual(self.refusal('{"model":"nobody"}')[:3], (404, "invalid_request_error", "model_not_found"))
