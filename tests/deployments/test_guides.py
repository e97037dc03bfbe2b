"""envoy/guides.md: each piece, put where the page says, in a real Envoy."""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import urllib.parse

import yaml

from demo import SECONDS, TOP, wait_until
from gateway import HTTP_OPTIONS, VIRTUAL_KEY, Gateway, everywhere, load
from standin import Handler, close, serve

PAGE = (TOP / "envoy/guides.md").read_text()
PLAIN = "envoy/envoy.yaml", "envoy/providers.yaml"


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def pieces(title):
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", section(title), re.M | re.S)]


def cluster(name, port):
    """A cluster of an address here."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"name": name, "type": "STATIC", "load_assignment": {
        "cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}}


class Service:
    """An HTTP server of the test's own: `answer` takes a request, and gives a status, header fields and a body."""

    def __init__(self, answer):
        self.received, outer = [], self

        class Answering(Handler):
            def respond(self):
                body = self.body()
                request = {"method": self.command, "path": self.path, "body": body.decode(),
                           "headers": {name.lower(): value for name, value in self.headers.items()}}
                outer.received.append(request)
                status, headers, answered = answer(request)
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(answered))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answered.encode())

            do_GET = do_POST = respond

        self.server = serve(Answering)
        self.port = self.server.server_address[1]

    def close(self):
        close(self.server)


class Guide(unittest.TestCase):
    def start(self, edit, *others, **options):
        self.gateway = Gateway(*PLAIN, *others, edit=edit, **options)
        self.addCleanup(self.gateway.close)
        return self.gateway

    def service(self, answer):
        service = Service(answer)
        self.addCleanup(service.close)
        return service

    def clusters(self, document):
        """The clusters of a file of the example's, by their names."""
        return {one["name"]: one for one in document.get("resources", []) if one["@type"].endswith(".Cluster")}


def plugin_of(document):
    return next((part for part in everywhere(document) if "vm_config" in part), None)


def configure(document, configuration):
    plugin = plugin_of(document)
    if plugin:
        plugin["configuration"]["value"] = configuration
        names = sorted(set(re.findall(r"'env': '(\w+)'", str(configuration))))
        plugin["vm_config"]["environment_variables"] = {"host_env_keys": names}


def filters_of(document):
    """The HTTP filters of the listener `llm`."""
    return next((part["http_filters"] for part in everywhere(document) if part.get("stat_prefix") == "llm"), [])


class Page(unittest.TestCase):
    def test_it_lists_its_sections(self):
        listed = re.findall(r"^- \[(.*)\]\(#(.*)\)$", PAGE, re.M)
        titles = re.findall(r"^## (.*)$", PAGE, re.M)
        self.assertEqual(listed, [(title, title.lower().replace(" ", "-")) for title in titles])


class Tls(Guide):
    def certificate(self, directory, name):
        """A new certificate and its key, in a directory."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:gateway.example",
                        "-keyout", directory / "tls.key", "-out", directory / "tls.crt"], check=True, capture_output=True)

    def test_clients_are_served_over_tls_and_a_new_certificate_needs_no_restart(self):
        socket_, secret = pieces("TLS at the listener")
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.certificate(directory, "first")
        live = directory / "certificates"
        live.mkdir()
        for name in "tls.key", "tls.crt":
            (directory / name).rename(live / name)

        def edit(document):
            for part in everywhere(document):
                if part.get("name") == "llm" and "filter_chains" in part:
                    part["filter_chains"][0].update(json.loads(json.dumps(socket_).replace("envoy/tls/", f"{directory}/")))

        (directory / "listener.yaml").write_text(yaml.safe_dump(secret).replace("envoy/tls/", f"{directory}/"))
        gateway = self.start(edit)

        def seen():
            """The name in the certificate that a client is shown."""
            context = ssl.create_default_context(cadata=(live / "tls.crt").read_text())
            with socket.create_connection(("127.0.0.1", gateway.ports["llm"]), SECONDS) as plain:
                with context.wrap_socket(plain, server_hostname="gateway.example") as wrapped:
                    return dict(part[0] for part in wrapped.getpeercert()["subject"])["commonName"]

        def asked(*options):
            return subprocess.run(
                ["curl", "-s", *options, "--cacert", live / "tls.crt", "--resolve", f"gateway.example:{gateway.ports['llm']}:127.0.0.1",
                 f"https://gateway.example:{gateway.ports['llm']}/v1/chat/completions", "-H", f"authorization: Bearer {VIRTUAL_KEY}",
                 "-H", "content-type: application/json", "-d", json.dumps({"model": "groq/x", "messages": []}), "-o", "/dev/null",
                 "-w", "%{http_version} %{http_code}"], capture_output=True, text=True, timeout=SECONDS).stdout

        self.assertEqual(seen(), "first")
        self.assertEqual((asked("--http1.1"), asked("--http2")), ("1.1 200", "2 200"))
        self.certificate(directory, "second")
        for name in "tls.key", "tls.crt":
            (directory / name).rename(live / name)

        def has_changed():
            try:
                return seen() == "second"
            except ssl.SSLError:
                return False

        wait_until(has_changed, "the new certificate")
        self.assertEqual(asked("--http2"), "2 200")


class Systemd(Guide):
    UNIT = TOP / "envoy/systemd/llm-router.service"

    def settings(self):
        lines = [line for line in self.UNIT.read_text().splitlines() if "=" in line and not line.startswith("#")]
        return [tuple(line.split("=", 1)) for line in lines]

    def test_systemd_reads_the_unit(self):
        verify = shutil.which("systemd-analyze")
        if not verify:
            # Then at least: every setting is of the kind NAME=value, and there is nothing else.
            rest = [line for line in self.UNIT.read_text().splitlines() if line and not line.startswith(("#", "["))]
            self.assertTrue(all(re.fullmatch(r"[A-Z]\w+=\S.*", line) for line in rest))
            return
        ran = subprocess.run([verify, "verify", "--man=no", self.UNIT], capture_output=True, text=True)
        told = [line for line in ran.stderr.splitlines() if "is not executable" not in line]
        self.assertEqual(told, [], ran.stderr)

    def test_its_command_runs_where_it_says_and_ends_as_systemd_ends_it(self):
        settings = dict(self.settings())
        self.assertEqual((settings["KillMode"], settings["WorkingDirectory"]), ("mixed", "/opt/llm-router"))
        shell, script, *arguments = shlex.split(settings["ExecStart"])
        self.assertEqual((shell, arguments[:2]), ("/bin/bash", ["-c", "envoy/dynamic/envoy.yaml"]))
        self.gateway = Gateway("envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml",
                               through=[shell, TOP / script], environment={"DRAIN_SECONDS": "1"})
        self.addCleanup(self.gateway.close)
        self.assertEqual(self.gateway.chat("groq/x")[0], 200)
        # KillMode=mixed: the signal goes to the first process alone.
        self.gateway.envoy.send_signal(signal.SIGTERM)
        self.assertEqual(self.gateway.envoy.wait(SECONDS), 0)

    def test_its_limits_are_those_of_the_example(self):
        settings = dict(self.settings())
        [heap] = [part["max_heap_size_bytes"] for part in everywhere(load(TOP / "envoy/dynamic/envoy.yaml")) if "max_heap_size_bytes" in part]
        self.assertEqual(settings["MemoryMax"], "1G")
        self.assertEqual(2 * heap, 1 << 30)


class Store(Guide):
    def test_a_service_says_whose_a_key_is_and_a_revoked_one_is_refused_at_once(self):
        teams = {"Bearer sk-of-the-store-1": "research", "Bearer sk-of-the-store-2": "support", "Bearer sk-of-nobody": "unheard-of"}

        def check(request):
            team = teams.get(request["headers"].get("authorization"))
            return (200, {"x-team": team}, "") if team else (401, {}, "")

        service = self.service(check)
        first, configuration = pieces("Virtual keys in a store")

        def edit(document):
            configure(document, configuration)
            filters_of(document)[:0] = [first]
            if "static_resources" in document:
                document["static_resources"].setdefault("clusters", []).append(cluster("keys", service.port))

        gateway = self.start(edit, environment={"SHARED_OPENAI_KEY": "sk-openai"})
        self.assertEqual(gateway.chat("gpt-6-sol", "sk-of-the-store-1")[0], 200)
        sent = gateway.provider.received[-1]["headers"]
        self.assertEqual(sent["authorization"], "Bearer sk-openai")
        self.assertNotIn("x-team", sent)
        self.assertFalse(any("sk-of-the-store" in value for value in sent.values()), sent)
        # The service has the fields that it needs, and nothing of the body.
        asked = service.received[-1]
        self.assertEqual((asked["method"], asked["path"], asked["body"]), ("POST", "/check/v1/chat/completions", ""))
        # The team's own list holds.
        self.assertEqual(gateway.chat("openai/other", "sk-of-the-store-1")[0], 200)
        self.assertEqual(gateway.chat("openai/other", "sk-of-the-store-2")[0], 404)
        # No client names its team, no key is a key that the store does not know, no team is one that the filter does not know.
        for key, headers in ("sk-unknown", {"x-team": "research"}), (None, {"x-team": "research"}), ("sk-of-nobody", {}):
            self.assertEqual(gateway.chat("gpt-6-sol", key, headers=headers)[0], 401, key)
        connection = http_connection(gateway)
        self.assertEqual(gateway.chat("gpt-6-sol", "sk-of-the-store-1", connection)[0], 200)
        del teams["Bearer sk-of-the-store-1"]
        self.assertEqual(gateway.chat("gpt-6-sol", "sk-of-the-store-1", connection)[0], 401)

    def test_without_the_service_nothing_passes(self):
        first, configuration = pieces("Virtual keys in a store")

        def edit(document):
            configure(document, configuration)
            filters_of(document)[:0] = [first]
            if "static_resources" in document:
                document["static_resources"].setdefault("clusters", []).append(cluster("keys", 1))

        gateway = self.start(edit, environment={"SHARED_OPENAI_KEY": "sk-openai"})
        self.assertEqual(gateway.chat("gpt-6-sol", "sk-of-the-store-1")[0], 503)
        self.assertEqual(gateway.provider.received, [])


def http_connection(gateway):
    return http.client.HTTPConnection("127.0.0.1", gateway.ports["llm"], timeout=SECONDS)


def signature(request, secret):
    """What AWS's Signature Version 4 is of a request, by the date, the scope and the fields that it names itself."""
    headers = request["headers"]
    scope, names, _ = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=[^/]+/(\S+), SignedHeaders=(\S+), Signature=(\w+)", headers["authorization"]).groups()
    path, _, query = request["path"].partition("?")
    digest = hashlib.sha256(request["body"]).hexdigest()
    signed = "".join(f"{name}:{' '.join((request['host'] if name == 'host' else headers[name]).split())}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", urllib.parse.quote(path, safe="/-_.~"), query, signed, names, digest])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), None]:
        key = hmac.new(key, (part or to_sign).encode(), hashlib.sha256).digest()
    return scope, names.split(";"), digest, key.hex()


class SigV4(Guide):
    def test_aws_would_take_the_signature_of_what_is_sent(self):
        configuration, signing = pieces("Bedrock with SigV4")

        def edit(document):
            configure(document, configuration)
            if bedrock := self.clusters(document).get("bedrock"):
                bedrock["typed_extension_protocol_options"][HTTP_OPTIONS]["http_filters"] = signing

        keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret-of-aws", "AWS_EC2_METADATA_DISABLED": "true"}
        gateway = self.start(edit, environment=keys)
        for padding in 0, 300_000:
            # Envoy looks for the credentials once it has started.
            wait_until(lambda: gateway.chat("gpt-oss-120b", padding=padding)[0] == 200
                       and "authorization" in gateway.provider.received[-1]["headers"], "a signed request")
            sent = gateway.provider.received[-1]
            scope, names, digest, expected = signature(sent, keys["AWS_SECRET_ACCESS_KEY"])
            self.assertEqual(sent["model"], "openai.gpt-oss-120b-1:0")
            self.assertRegex(scope, r"^\d{8}/us-east-1/bedrock/aws4_request$")
            self.assertLessEqual({"host", "x-amz-date", "x-amz-content-sha256"}, set(names))
            self.assertEqual(sent["headers"]["x-amz-content-sha256"], digest)
            self.assertTrue(sent["headers"]["authorization"].endswith(f"Signature={expected}"), sent["headers"]["authorization"])
            self.assertFalse(any(VIRTUAL_KEY in value for value in sent["headers"].values()))


class Entra(Guide):
    def test_a_token_is_got_and_sent_in_the_place_of_a_key(self):
        tokens = []

        def grant(request):
            tokens.append(f"a-token-{len(tokens)}")
            return 200, {"content-type": "application/json"}, json.dumps(
                {"token_type": "Bearer", "expires_in": 3599, "access_token": tokens[-1]})

        service = self.service(grant)
        gateway = self.start_with(service)
        wait_until(lambda: gateway.chat("gpt-6-sol")[0] == 200, "the first token")
        sent = gateway.provider.received[-1]
        self.assertEqual((sent["host"], sent["path"]), ("mine.openai.azure.com", "/openai/v1/chat/completions"))
        self.assertIn(sent["headers"]["authorization"], [f"Bearer {token}" for token in tokens])
        self.assertNotIn("api-key", sent["headers"])
        asked = service.received[0]
        self.assertEqual(asked["path"], "/TENANT/oauth2/v2.0/token")
        self.assertEqual(dict(urllib.parse.parse_qsl(asked["body"])), {
            "grant_type": "client_credentials", "client_id": "CLIENT", "client_secret": "sk-openai-of-a-file",
            "scope": "https://cognitiveservices.azure.com/.default"})

    def start_with(self, service):
        """A gateway whose tokens come from this service."""
        [filters] = pieces("Tokens of Entra ID")
        secret = yaml.safe_load((TOP / "envoy/secrets/keys/openai.yaml").read_text().replace("name: openai", "name: entra"))
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / "entra.yaml").write_text(yaml.safe_dump(secret))
        filters = json.loads(json.dumps(filters).replace("envoy/secrets/keys/entra.yaml", f"{directory}/entra.yaml"))
        configuration = {
            "providers": {"azure": {"kind": "azure-openai", "cluster": "openai", "authority": "mine.openai.azure.com", "auth": "none"}},
            "models": {"gpt-6-sol": {}},
            "teams": {"research": {"models": ["*"], "keys": [{"env": "RESEARCH_VIRTUAL_KEY"}]}}}

        def edit(document):
            configure(document, configuration)
            if found := self.clusters(document).get("openai"):
                found["typed_extension_protocol_options"][HTTP_OPTIONS]["http_filters"] = filters
            if "static_resources" in document:
                document["static_resources"].setdefault("clusters", []).append(cluster("entra", service.port))

        return self.start(edit)

    def test_without_a_token_nothing_is_sent(self):
        service = self.service(lambda request: (400, {"content-type": "application/json"}, '{"error": "invalid_client"}'))
        gateway = self.start_with(service)
        wait_until(lambda: service.received, "Envoy to ask for a token")
        self.assertGreaterEqual(gateway.chat("gpt-6-sol")[0], 400)
        self.assertEqual(gateway.provider.received, [])


class Google(Guide):
    def test_an_access_token_of_the_metadata_server_is_sent_to_vertex_alone(self):
        service = self.service(lambda request: (200, {"content-type": "application/json"}, json.dumps(
            {"access_token": "ya29.of-google", "expires_in": 3599, "token_type": "Bearer"})))
        configuration, behind, metadata = pieces("Tokens of Google")
        configuration["providers"]["groq"] = {"kind": "groq", "cluster": "groq", "auth": "none"}

        def edit(document):
            configure(document, configuration)
            filters = filters_of(document)
            if filters:
                filters.insert(next(place for place, one in enumerate(filters) if one["name"] == "llm_router") + 1, behind)
            clusters = self.clusters(document)
            if clusters:
                vertex = json.loads(json.dumps(clusters["openai"]).replace('"openai"', '"vertex"'))
                document["resources"].append({**vertex, "metadata": metadata})
            if "static_resources" in document:
                document["static_resources"].setdefault("clusters", []).append(cluster("metadata", service.port))

        gateway = self.start(edit)
        self.assertEqual(gateway.chat("gemini-2.5-pro")[0], 200)
        sent = gateway.provider.received[-1]
        self.assertEqual(sent["headers"]["authorization"], "Bearer ya29.of-google")
        self.assertEqual((sent["host"], sent["model"]), ("us-central1-aiplatform.googleapis.com", "google/gemini-2.5-pro"))
        self.assertEqual(sent["path"], "/v1/projects/PROJECT/locations/us-central1/endpoints/openapi/chat/completions")
        asked = service.received[0]
        self.assertEqual(asked["headers"]["metadata-flavor"], "Google")
        self.assertIn("/computeMetadata/v1/instance/service-accounts/default/token", asked["path"])
        # The next takes it from the cache, and another provider gets nothing of it.
        self.assertEqual(gateway.chat("gemini-2.5-pro")[0], 200)
        self.assertEqual(gateway.chat("groq/x")[0], 200)
        self.assertNotIn("authorization", gateway.provider.received[-1]["headers"])
        # Every worker has a cache of its own.
        self.assertLessEqual(len(service.received), 2)

    def test_a_token_from_elsewhere_is_written_as_a_key_of_envoys(self):
        [commands] = re.findall(r"^```sh\n(.*?)^```$", section("Tokens of Google"), re.M | re.S)
        with tempfile.TemporaryDirectory() as directory:
            keys = pathlib.Path(directory, "envoy/secrets/keys")
            shutil.copytree(TOP / "envoy/secrets/keys", keys)
            tool = pathlib.Path(directory, "gcloud")
            tool.write_text("#!/bin/sh\n[ \"$*\" = 'auth print-access-token' ] && echo ya29.a0-of_google\n")
            tool.chmod(0o755)
            subprocess.run(["bash", "-ec", commands], cwd=directory, check=True, env=os.environ | {"PATH": f"{directory}:{os.environ['PATH']}"})
            [secret] = yaml.safe_load((keys / "vertex.yaml").read_text())["resources"]
        self.assertEqual((secret["name"], secret["generic_secret"]["secret"]), ("vertex", {"inline_string": "ya29.a0-of_google"}))
