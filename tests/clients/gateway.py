"""One Envoy for all clients: the shipped envoy/envoy.yaml with stand-ins as its providers, and CORS as envoy/operations.md has it."""

import hashlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

from amazon_api import BEDROCK
from anthropic_api import ANTHROPIC
from cohere_api import COHERE
from demo import SECONDS, TOP, free_port, is_open, tool, wait_until
from google_api import GEMINI
from openai_api import AZURE, OPENAI
from provider import Provider
from resources_api import Kept
from standin import end, everywhere
from tls import CERTIFICATE, make_certificate, with_tls

WASM = TOP / "target/envoy_llm_router.wasm"
# What of a request the tests want to know.
REMEMBERED = {"asked": "%REQ(:METHOD)% %REQ(:PATH)%", "encoding": "%REQ(CONTENT-ENCODING)%"}
PAGE_ORIGIN = "https://app.example"

# Each provider's API, and the header in which it wants its credential.
APIS = {
    "anthropic": (ANTHROPIC, "x-api-key", "{}"),
    "azure": (AZURE, "api-key", "{}"),
    "bedrock": (BEDROCK, "authorization", "Bearer {}"),
    "cohere": (COHERE, "authorization", "Bearer {}"),
    "gemini": (GEMINI, "x-goog-api-key", "{}"),
    "openai": (OPENAI + Kept().stored(), "authorization", "Bearer {}"),
    "studio": (Kept().videos(), "authorization", "Bearer {}"),
}

PROVIDERS = {
    "anthropic": {"kind": "anthropic"},
    "azure": {"kind": "azure-openai", "authority": "our-resource.openai.azure.com", "api_version": "2024-10-21"},
    "bedrock": {"kind": "bedrock", "region": "us-east-1"},
    "cohere": {"kind": "cohere"},
    "gemini": {"kind": "gemini"},
    "openai": {"kind": "openai"},
    "studio": {"authority": "studio.example"},
}

# What clients ask for, and what the providers are to be asked for.
MODELS = {
    "gpt": {"targets": [{"provider": "openai", "model": "gpt-5.6"}]},
    "claude-ours": {"targets": [{"provider": "anthropic", "model": "claude-sonnet-5-5"}]},
    "claude-*": {"targets": [{"provider": "anthropic", "model": "claude-*"}]},
    "deployed": {"targets": [{"provider": "azure", "model": "our-gpt"}]},
    "film": {"type": "image", "targets": [{"provider": "studio", "model": "moving-pictures-1"}]},
    "flash": {"targets": [{"provider": "gemini", "model": "gemini-3-flash"}]},
    "gemini-embed": {"type": "embedding", "metadata": {"embedding_dimension": 2},
                     "targets": [{"provider": "gemini", "model": "gemini-embedding-001"}]},
    "sonnet-at-amazon": {"targets": [{"provider": "bedrock", "model": "us.anthropic.claude-sonnet-5-5-v1:0"}]},
    "rank": {"type": "rerank", "targets": [{"provider": "cohere", "model": "rerank-v4.0-pro"}]},
    "embed": {"type": "embedding", "metadata": {"embedding_dimension": 2},
              "targets": [{"provider": "openai", "model": "text-embedding-3-small"}]},
}


def credential(provider):
    return f"{provider}-credential-5d1e"


def virtual_key(client):
    return f"vk-{client}-7c2f"


def having(document, name):
    """The one object of a document that has a member."""
    [found] = [part for part in everywhere(document) if name in part]
    return found


def cors(origin):
    """The HTTP filter of the page's recipe for browsers, and the part of the virtual host, for pages of an origin."""
    section = (TOP / "envoy/operations.md").read_text().split("\n## Browsers\n")[1].split("\n## ")[0]
    if PAGE_ORIGIN not in section:
        raise AssertionError(f"the recipe for browsers does not name {PAGE_ORIGIN}")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", section.replace(PAGE_ORIGIN, origin), re.M | re.S)
    http_filter, virtual_host = map(yaml.safe_load, blocks)
    return http_filter, virtual_host


def cluster(name, port):
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return {"name": name, "load_assignment": {"cluster_name": name, "endpoints": endpoints}}


class Gateway:
    """Envoy, and the providers behind it."""

    def __init__(self, clients, page_origin):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="envoy-llm-router-clients-"))
        self.providers = {name: Provider(name, api) for name, (api, _, _) in APIS.items()}
        self.port, self.tls_port, self.admin_port = free_port(), free_port(), free_port()
        self.certificate = self.directory / CERTIFICATE
        make_certificate(self.directory)
        shutil.copy(WASM, self.directory / "filter.wasm")
        (self.directory / "envoy.json").write_text(json.dumps(self.bootstrap(clients, page_origin)))
        self.log = open(self.directory / "envoy.log", "w+")
        self.envoy = subprocess.Popen(
            [tool("find-envoy"), "-c", "envoy.json", "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning",
             "--file-flush-interval-msec", "50"],
            cwd=self.directory, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.envoy.poll() is not None or is_open(self.port), "Envoy to start")
        if self.envoy.poll() is not None:
            told = self.told()
            self.close()
            raise AssertionError(f"Envoy did not start:\n{told}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def https(self):
        return f"https://127.0.0.1:{self.tls_port}"

    def bootstrap(self, clients, page_origin):
        document = json.loads(json.dumps(yaml.safe_load((TOP / "envoy/envoy.yaml").read_text())))
        del document["dynamic_resources"]
        document["admin"]["address"]["socket_address"]["port_value"] = self.admin_port
        [listener] = document["static_resources"]["listeners"]
        listener["address"]["socket_address"]["port_value"] = self.port
        document["static_resources"]["clusters"] = [cluster(one.name, one.port) for one in self.providers.values()]
        http_filters = having(listener, "http_filters")["http_filters"]
        cors_filter, of_virtual_host = cors(page_origin)
        http_filters[:0] = [self.remembered(), cors_filter]
        having(listener, "virtual_hosts")["virtual_hosts"][0].update(of_virtual_host)
        plugin = having(listener, "vm_config")
        plugin["vm_config"]["code"]["local"]["filename"] = "filter.wasm"
        del plugin["vm_config"]["environment_variables"]
        plugin["configuration"]["value"] = self.configuration(clients)
        log = having(listener, "log_format")["log_format"]["json_format"]
        log.update({name: f"%FILTER_STATE(test.{name}:PLAIN)%" for name in REMEMBERED})
        document["static_resources"]["listeners"].append(with_tls(listener, self.tls_port))
        return document

    @staticmethod
    def remembered():
        """Keeps what a client sent for the access log, before anything changes it."""
        return {"name": "envoy.filters.http.set_filter_state", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": [{
                "object_key": f"test.{name}", "factory_key": "envoy.string", "skip_if_empty": True,
                "format_string": {"text_format_source": {"inline_string": text}, "omit_empty_values": True}}
                for name, text in REMEMBERED.items()]}}

    @staticmethod
    def configuration(clients):
        hashes = {client: hashlib.sha256(virtual_key(client).encode()).hexdigest() for client in clients}
        return {
            "providers": {name: {"cluster": name, **provider} for name, provider in PROVIDERS.items()},
            "models": MODELS,
            "credentials": {name: {"provider": name, "value": credential(name)} for name in PROVIDERS},
            "teams": {"clients": {"keys": [{"id": client, "sha256": sha256} for client, sha256 in hashes.items()],
                                  "models": ["*"], "credentials": sorted(PROVIDERS),
                                  # What the provider keeps under the team's own credential.
                                  "resources": {"providers": ["openai", "studio"]}}},
        }

    def told(self):
        return pathlib.Path(self.log.name).read_text()

    def stat(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=SECONDS)
        connection.request("GET", f"/stats?filter=^{name}$")
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(r": (\d+)", text)[1])

    def requests(self):
        """The access log's lines, one for each request so far, once all have ended."""
        def lines():
            return [json.loads(line) for line in self.told().splitlines() if line.startswith('{"')]

        wait_until(lambda: len([1 for line in lines() if line["type"] == "DownstreamEnd"])
                   == self.stat("http.llm.downstream_rq_total"), "the requests to end")
        return [line for line in lines() if line["type"] == "DownstreamEnd"]

    def close(self):
        end(self.envoy)
        self.log.close()
        for provider in self.providers.values():
            provider.close()
        shutil.rmtree(self.directory)
