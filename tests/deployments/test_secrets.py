"""The three ways of keeping providers' keys, each as an example that is run."""

import unittest

import yaml

from demo import TOP, wait_until
from gateway import Gateway, Load

KEYS = {"openai": "envoy/secrets/keys/openai.yaml", "anthropic": "envoy/secrets/keys/anthropic.yaml"}
CREDENTIAL_HEADERS = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"}


class Secrets(unittest.TestCase):
    def start(self, *files, **options):
        self.gateway = Gateway(*files, **options)
        self.addCleanup(self.gateway.close)

    def credentials_sent(self, model):
        """Every header of the last request that could carry a credential."""
        theirs = {"x-api-key": "vk-research-demo", "cookie": "session=1", "api-key": "vk-research-demo"}
        status, answer = self.gateway.chat(model, headers=theirs)
        self.assertEqual(status, 200, answer)
        headers = self.gateway.provider.received[-1]["headers"]
        self.assertFalse(any("vk-research-demo" in value for value in headers.values()), headers)
        return {name: headers[name] for name in CREDENTIAL_HEADERS & headers.keys()}

    def test_in_the_environment(self):
        self.start("envoy/envoy.yaml", "envoy/providers.yaml")
        self.assertEqual(self.credentials_sent("gpt-6-sol"), {"authorization": "Bearer value-of-SHARED_OPENAI_KEY"})
        self.assertEqual(
            self.credentials_sent("claude-sonnet-4.6:anthropic"), {"authorization": "Bearer value-of-RESEARCH_ANTHROPIC_KEY"})
        self.assertNotIn("value-of-", self.gateway.get("admin", "/config_dump")[1])

    def test_in_the_configuration(self):
        self.start("envoy/secrets/inline.yaml")
        self.assertEqual(self.credentials_sent("gpt-6-sol"), {"authorization": "Bearer sk-openai-in-plain-sight"})
        self.assertEqual(self.credentials_sent("claude-sonnet-4.6"), {"authorization": "Bearer sk-anthropic-in-plain-sight"})
        # What the page on it warns of.
        self.assertIn("in-plain-sight", self.gateway.get("admin", "/config_dump")[1])

    def test_with_envoy_alone(self):
        self.start("envoy/secrets/injected.yaml", *KEYS.values())
        self.assertEqual(self.credentials_sent("gpt-6-sol"), {"authorization": "Bearer sk-openai-of-a-file"})
        self.assertEqual(self.credentials_sent("claude-sonnet-4.6"), {"x-api-key": "sk-anthropic-of-a-file"})
        self.assertNotIn("of-a-file", self.gateway.get("admin", "/config_dump")[1])

    def test_a_key_of_envoys_is_rotated_under_load_without_a_restart(self):
        self.start("envoy/secrets/injected.yaml", *KEYS.values())
        under_way = Load(self.gateway, "gpt-6-sol")
        under_way.go_on()
        document = yaml.safe_load((TOP / KEYS["openai"]).read_text())
        document["resources"][0]["generic_secret"]["secret"]["inline_string"] = "sk-openai-rotated"
        self.gateway.write(KEYS["openai"], document)
        wait_until(lambda: self.credentials_sent("gpt-6-sol") == {"authorization": "Bearer sk-openai-rotated"}, "the new key")
        # Each worker has taken it: of so many requests in a row none has the old one.
        for _ in range(20):
            self.assertEqual(self.credentials_sent("gpt-6-sol"), {"authorization": "Bearer sk-openai-rotated"})
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 30)
        self.assertEqual(self.credentials_sent("claude-sonnet-4.6"), {"x-api-key": "sk-anthropic-of-a-file"})

    def test_without_its_key_a_request_is_not_sent(self):
        def no_key(document):
            for resource in document.get("resources", []):
                resource["name"] = "another"

        self.start("envoy/secrets/injected.yaml", *KEYS.values(), edit=no_key)
        status, _ = self.gateway.chat("gpt-6-sol")
        self.assertGreaterEqual(status, 400)
        self.assertEqual(self.gateway.provider.received, [])
