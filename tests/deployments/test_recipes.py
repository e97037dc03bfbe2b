"""envoy/recipes.md: each configuration runs, and each request of its table is answered as it says."""

import copy
import pathlib
import re
import tempfile
import unittest

import yaml

from demo import TOP
from gateway import Gateway, Provider, everywhere

PAGE = (TOP / "envoy/recipes.md").read_text()
BASE = "envoy/secrets/inline.yaml"


class Recipe:
    """A section of the page."""

    def __init__(self, section):
        self.title, self.text = section.split("\n", 1)
        self.name = re.sub(r"\W+", "-", self.title.lower())
        documents = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", self.text, re.M | re.S)]
        [self.configuration] = [document for document in documents if "providers" in document]
        self.behind = [document for document in documents if "providers" not in document]
        self.variables = re.findall(r"env: ([A-Z_]+)", self.text)
        rows = re.findall(r"^\| (`.*) \|$", self.text, re.M)
        self.requests = [[cell.strip() for cell in f"{row} ".split("|")] for row in rows]

    def listener(self, base):
        """A listener with this recipe's configuration, and what stands behind the filter."""
        listener = copy.deepcopy(base)
        listener["name"] = self.name
        [filters] = [part["http_filters"] for part in everywhere(listener) if "http_filters" in part]
        own = [one["name"] for one in filters].index("llm_router")
        filters[own + 1:own + 1] = self.behind
        plugin = filters[own]["typed_config"]["config"]
        plugin["configuration"]["value"] = self.configuration
        plugin["vm_config"]["environment_variables"] = {"host_env_keys": self.variables}
        return listener


RECIPES = [Recipe(section) for section in PAGE.split("\n## ")[1:]]


class Recipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bootstrap = yaml.safe_load((TOP / BASE).read_text())
        [base] = bootstrap["static_resources"]["listeners"]
        bootstrap["static_resources"]["listeners"] = [recipe.listener(base) for recipe in RECIPES]
        names = {provider["cluster"] for recipe in RECIPES for provider in recipe.configuration["providers"].values()}
        cls.providers = {name: Provider() for name in sorted(names)}
        for provider in cls.providers.values():
            cls.addClassCleanup(provider.close)
        bootstrap["static_resources"]["clusters"] = [{
            "name": name, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": provider.port}}}}]}]}}
            for name, provider in cls.providers.items()]
        directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(dir=TOP / "target")))
        (directory / "envoy.yaml").write_text(yaml.safe_dump(bootstrap))
        variables = {name: f"value-of-{name}" for recipe in RECIPES for name in recipe.variables}
        cls.gateway = Gateway(str((directory / "envoy.yaml").relative_to(TOP)), environment=variables)
        cls.addClassCleanup(cls.gateway.close)

    def test_the_page_lists_them(self):
        listed = re.findall(r"^- \[(.*)\]\(#(.*)\)$", PAGE, re.M)
        self.assertEqual(listed, [(recipe.title, recipe.name) for recipe in RECIPES])
        self.assertGreater(len(RECIPES), 5)

    def test_every_request_is_answered_as_the_page_says(self):
        for recipe in RECIPES:
            self.assertGreater(len(recipe.requests), 2, recipe.title)
            for number, request in enumerate(recipe.requests):
                with self.subTest(recipe.title, request=number):
                    self.make(recipe, *request)

    def make(self, recipe, who, model, served_by, upstream_model, credential, bringing=""):
        model, _, endpoint = model.partition(" at ")
        model, key = model.strip("`"), f"value-of-{who.strip('`')}"
        for name, provider in self.providers.items():
            provider.received.clear()
            provider.status = lambda headers: 200
        served = re.fullmatch(r"`([\w-]+)`(?: (\d+))?", served_by)
        if served and served[2]:
            self.providers[served[1]].status = lambda headers: int(served[2])
        # `name: value` is a header field; else it is the caller's own keys.
        field = re.fullmatch(r"([a-z-]+): (.*)", bringing.strip("`"))
        headers = dict([field.groups()] if field else [("x-llm-provider-data", bringing.strip("`"))] if bringing else [])
        status, answer = self.gateway.chat(model, key, headers=headers, port=self.gateway.ports[recipe.name],
                                           endpoint=endpoint or "chat/completions")
        sent = {name: provider.received for name, provider in self.providers.items() if provider.received}
        if not served:
            refused = re.fullmatch(r"(\d+)(?: `(\w+)`)?", served_by)
            self.assertEqual(status, int(refused[1]), answer)
            if refused[2]:
                self.assertEqual(answer["error"]["code"], refused[2])
            self.assertEqual(sent, {})
            return
        self.assertEqual(status, int(served[2] or 200), answer)
        self.assertEqual(list(sent), [served[1]])
        [received] = sent[served[1]]
        self.assertIn(received["model"], [name.strip("`") for name in upstream_model.split(" or ")])
        credential = credential.strip("`")
        expected = f"value-of-{credential}" if credential in recipe.variables else credential
        carried = {received["headers"].get("authorization", "").removeprefix("Bearer "),
                   *(received["headers"].get(name, "") for name in ("x-api-key", "api-key"))} - {""}
        self.assertEqual(carried, {expected} - {""})
        self.assertNotIn("x-llm-provider-data", received["headers"])
