"""What the tests of all clients have in common: a client is found, is run against the gateway, and both sides are looked at."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from demo import TOP, free_port
from gateway import APIS, Gateway, credential, virtual_key

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
SECONDS = 60

# There is no internet where the tests run, and nothing of what is tested here is to be told to anybody.
# What asks elsewhere all the same meets a proxy that is not there.
QUIET = {
    "DO_NOT_TRACK": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1", "OPENAI_AGENTS_DISABLE_TRACING": "1", "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8",
    "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost",
}


class NotInstalled(Exception):
    """A client that this machine does not have, and cannot get; why."""


@dataclasses.dataclass
class Row:
    """A client's row in the table."""

    title: str
    version: str
    settings: str
    requests: list = dataclasses.field(default_factory=list)  # each kind once
    number: int = 0
    result: str = "passed"


def find(*words):
    """What envoy/bin/find-clients prints."""
    found = subprocess.run([TOP / "envoy/bin/find-clients", *words], capture_output=True, text=True)
    if found.returncode != 0:
        raise NotInstalled(" ".join(found.stderr.split())[-300:] or f"find-clients ended with {found.returncode}")
    return found.stdout.strip()


class Client(unittest.TestCase):
    """A client's tests. Those that derive from this say which client it is, and how it is told of the gateway."""

    name = None  # as envoy/bin/find-clients calls it
    title = None  # as the documentation calls it
    package = None  # what find-clients finds, where several rows are of one package
    settings = {}  # variables of the environment; {gateway}, {https} (the same, with TLS) and {key} are filled in
    quiet = QUIET
    told_by = None  # how it is told, where it is not by variables

    gateway, page_origin = None, f"http://127.0.0.1:{free_port()}"
    rows = {}

    @staticmethod
    def all():
        """Every client that there are tests of."""
        return sorted(Client.__subclasses__(), key=lambda one: one.title.lower())

    @classmethod
    def setUpClass(cls):
        told = cls.told_by or ", ".join(f"`{name}={value}`" for name, value in cls.settings.items())
        row = cls.rows[cls.title] = Row(cls.title, "-", told)
        try:
            cls.program = find(cls.package or cls.name)
            row.version = find("--version", cls.package or cls.name)
        except NotInstalled as error:
            row.result = f"NOT RUN: {error}"
            raise unittest.SkipTest(row.result)
        if Client.gateway is None:
            Client.gateway = Gateway([one.name for one in cls.all()], Client.page_origin)
        cls.before = len(cls.gateway.requests())
        cls.key = virtual_key(cls.name)

    @classmethod
    def tearDownClass(cls):
        row = cls.rows[cls.title]
        requests = cls.gateway.requests()[cls.before:]
        row.number = len(requests)
        for request in requests:
            asked, status = as_told(request)
            told = asked if status == 200 else f"{asked} → {status}"
            if told not in row.requests:
                row.requests.append(told)

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="envoy-llm-router-client-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        for provider in self.gateway.providers.values():
            provider.received.clear()
        self.first = len(self.gateway.requests())

    def environment(self, settings=None):
        own = self.settings if settings is None else settings
        given = {name: value.format(gateway=self.gateway.url, https=self.gateway.https, key=self.key,
                                     certificate=self.gateway.certificate) for name, value in own.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home), **self.quiet, **given}

    def start(self, *command, settings=None, **options):
        """Starts a client in a session of its own, which ends with the test."""
        started = subprocess.Popen(
            [str(word) for word in command], cwd=self.home, env=self.environment(settings), start_new_session=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options})
        self.addCleanup(self.end, started)
        return started

    @staticmethod
    def end(started):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        for stream in started.stdin, started.stdout, started.stderr:
            if stream:
                stream.close()

    def run_client(self, *command, settings=None, expected=0, **options):
        """What a client has printed when it has ended, and how many seconds it took."""
        began = time.monotonic()
        started = self.start(*command, settings=settings, **options)
        try:
            printed, complained = started.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.end(started)
            raise AssertionError(f"{command[0]} did not end in {SECONDS} s") from None
        self.assertEqual(started.returncode, expected, f"{printed[-3000:]}\n{complained[-3000:]}")
        return printed, time.monotonic() - began

    def run_program(self, name, *words, **options):
        """What one of the programs prints, as JSON."""
        printed, _ = self.run_client(self.program, PROGRAMS / name, *words, **options)
        return json.loads(printed)

    def received(self, provider, *expected):
        """The requests that a provider got: `expected` are their methods, paths and models. No other provider got any, and what
        it got has its credential and no virtual key."""
        for other in self.gateway.providers.values():
            if other.name != provider:
                self.assertEqual([one.path for one in other.received], [], other.name)
        found = self.gateway.providers[provider].received
        self.assertEqual([(one.method, one.path, model_of(one)) for one in found], list(expected))
        for request in found:
            self.look_at(provider, request)
        return found

    def look_at(self, provider, request):
        """One request of a provider: the right credential, and nothing of the caller's."""
        _, header, form = APIS[provider]
        self.assertEqual(request.header(header), form.format(credential(provider)))
        self.assertNotRegex(request.text, rb"vk-[a-z-]+-7c2f")
        for other in {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "origin"} - {header}:
            self.assertFalse(request.has(other), f"{provider} got {other}")
        self.assertFalse(request.has("x-llm-cluster"))

    def counted(self):
        """The tokens of this test's answers that told any, as the gateway counted them: prompt, completion, cached."""
        lines = self.gateway.requests()[self.first:]
        tokens = ([line.get(f"{kind}_tokens") for kind in ("prompt", "completion", "cached")] for line in lines)
        return [tuple(map(int, one)) for one in tokens if None not in one]

    def asked(self):
        """The client's requests in this test, as the gateway saw them: first line and status."""
        return [as_told(one) for one in self.gateway.requests()[self.first:]]


def as_told(request):
    """A line of the access log: the request's first line, with the encoding of its body, and the answer's status."""
    encoding = f" ({request['encoding']})" if request["encoding"] else ""
    return request["asked"] + encoding, request["status"]


def model_of(request):
    """The model in a JSON body."""
    if not request.body.startswith(b"{"):
        return None
    return request.json.get("model")
