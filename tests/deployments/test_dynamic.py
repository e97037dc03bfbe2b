"""envoy/dynamic/: what its files say is taken without a restart, and no request notices."""

import hashlib
import shutil
import unittest

import yaml

from demo import TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, Load, everywhere, load

BOOTSTRAP, LISTENERS, PROVIDERS = "envoy/dynamic/envoy.yaml", "envoy/dynamic/listeners.yaml", "envoy/providers.yaml"


class Dynamic(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(BOOTSTRAP, LISTENERS, PROVIDERS)

    def tearDown(self):
        self.gateway.close()

    def configuration(self, document):
        """The filter's configuration in a document."""
        return next(part["configuration"]["value"] for part in everywhere(document) if "vm_config" in part)

    def replace(self, change):
        """Changes the filter's configuration, the way an operator would."""
        document = yaml.safe_load((TOP / LISTENERS).read_text())
        change(document)
        self.gateway.write(LISTENERS, document)

    def credential_sent(self):
        self.assertEqual(self.gateway.chat("groq/x")[0], 200)
        return self.gateway.provider.received[-1]["headers"]["authorization"]

    def test_keys_are_rotated_under_load_and_no_request_fails(self):
        under_way = Load(self.gateway, "groq/x")
        under_way.go_on()
        for generation in "second", "third":
            def rotate(document):
                configuration = self.configuration(document)
                configuration["credentials"]["groq-shared"] = {"provider": "groq", "value": f"{generation}-key"}
                digest = hashlib.sha256(f"vk-{generation}".encode()).hexdigest()
                configuration["teams"]["research"]["keys"].append({"id": generation, "sha256": digest})

            self.replace(rotate)
            wait_until(lambda: self.credential_sent() == f"Bearer {generation}-key", f"the {generation} key")
            wait_until(lambda: self.gateway.chat("groq/x", f"vk-{generation}")[0] == 200, "the new virtual key")
            under_way.go_on()
        self.assertEqual(self.gateway.chat("groq/x", "vk-second")[0], 401)
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 90)
        sent = {one["headers"]["authorization"] for one in self.gateway.provider.received}
        self.assertEqual(sent, {"Bearer value-of-SHARED_GROQ_KEY", "Bearer second-key", "Bearer third-key"})

    def test_a_mistake_is_refused_and_the_old_configuration_goes_on(self):
        def mistake(document):
            self.configuration(document)["teams"]["research"]["credentials"].append("nobodys")

        self.replace(mistake)
        wait_until(lambda: self.gateway.stat("listener_manager.lds.update_rejected") == 1, "the update to be refused")
        self.assertIn("teams.research.credentials[2]", self.gateway.told())
        self.assertEqual(self.credential_sent(), "Bearer value-of-SHARED_GROQ_KEY")

    def test_a_new_filter_takes_over_under_another_name(self):
        target = self.gateway.directory / "target"
        # The same program with a custom section more: other bytes, as a new version has.
        shutil.copy(target / "envoy_llm_router.wasm", target / "envoy_llm_router-2.wasm")
        with open(target / "envoy_llm_router-2.wasm", "ab") as wasm:
            wasm.write(b"\x00\x08\x07version")
        under_way = Load(self.gateway, "groq/x")

        def upgrade(document):
            for part in everywhere(document):
                if "local" in part:
                    part["local"]["filename"] = "target/envoy_llm_router-2.wasm"
            self.configuration(document)["credentials"]["groq-shared"] = {"provider": "groq", "value": "new"}

        self.replace(upgrade)
        wait_until(lambda: self.credential_sent() == "Bearer new", "the new filter")
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 10)
        self.assertIn("envoy_llm_router-2.wasm", self.gateway.get("admin", "/config_dump")[1])

    def test_a_provider_is_added(self):
        document = yaml.safe_load((TOP / PROVIDERS).read_text())
        added = dict(document["resources"][0], name="mistral")
        added["load_assignment"] = dict(added["load_assignment"], cluster_name="mistral")
        document["resources"].append(added)
        self.gateway.write(PROVIDERS, document)

        def more(document):
            configuration = self.configuration(document)
            configuration["providers"]["mistral"] = {
                "kind": "mistral", "cluster": "mistral", "default_credential": "mistral-shared"}
            configuration["credentials"]["mistral-shared"] = {"provider": "mistral", "value": "m"}

        self.replace(more)
        wait_until(lambda: self.gateway.chat("mistral/x")[0] == 200, "the new provider")
        self.assertEqual(self.gateway.provider.received[-1]["host"], "api.mistral.ai")

    def test_of_the_admin_port_only_metrics_and_readiness_are_open(self):
        self.gateway.chat("groq/x")
        self.assertEqual(self.gateway.get("metrics", "/ready")[0], 200)
        wait_until(lambda: "llm_router_requests{" in self.gateway.get("metrics", "/stats/prometheus")[1], "the metrics")
        for path in "/", "/config_dump", "/stats", "/ready/", "/quitquitquit", "/stats/prometheus/../../config_dump":
            for method in "GET", "POST":
                self.assertEqual(self.gateway.get("metrics", path, method)[0], 404, f"{method} {path}")
        self.assertEqual(self.gateway.get("metrics", "/stats/prometheus", "POST")[0], 404)


class SameListener(unittest.TestCase):
    def test_it_is_that_of_the_plain_example(self):
        [plain], [dynamic] = load(TOP / "envoy/envoy.yaml"), load(TOP / LISTENERS)
        [of_plain], [of_dynamic] = plain["static_resources"]["listeners"], dynamic["resources"]
        del of_dynamic["@type"], of_dynamic["address"], of_plain["address"]
        self.assertEqual(of_dynamic, of_plain)
        [bootstrap] = load(TOP / BOOTSTRAP)
        for part in "stats_config", "overload_manager", "admin":
            self.assertEqual(bootstrap[part], plain[part])
