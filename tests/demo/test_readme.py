"""README.md and the pages below envoy/: their configurations load, their commands and clients run, their lists are the source's."""

import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

from demo import SECONDS, TOP, Demo, example, tool

PAGES = {path: path.read_text() for path in [TOP / "README.md", *sorted((TOP / "envoy").rglob("*.md"))]}
README = PAGES[TOP / "README.md"]
REFERENCE = PAGES[TOP / "envoy/reference.md"]
REQUESTS = PAGES[TOP / "envoy/requests.md"]


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Readme(unittest.TestCase):
    def test_every_configuration_is_accepted_by_the_filter_in_envoy(self):
        configurations = blocks("yaml") + blocks("yaml", REFERENCE) + blocks("yaml", REQUESTS)
        self.assertGreater(len(configurations), 1)
        for configuration in configurations:
            with self.subTest(configuration.splitlines()[1]):
                verdict = self.validate(configuration)
                self.assertEqual(verdict.returncode, 0, verdict.stderr)

    def test_a_configuration_with_a_mistake_would_be_noticed(self):
        configuration = blocks("yaml")[0]
        mistaken = configuration.replace("cluster:", "clutter:")
        self.assertNotEqual(mistaken, configuration)
        verdict = self.validate(mistaken)
        self.assertNotEqual(verdict.returncode, 0)
        self.assertIn("clutter", verdict.stderr)

    def validate(self, configuration):
        """What Envoy says to the example with another configuration in it."""
        text, _, _ = example()
        place = re.compile(r"(?<=                          value:\n).*?(?=^ +- name: envoy\.filters\.http\.router)",
                           re.MULTILINE | re.DOTALL)
        text, places = place.subn(lambda _: textwrap.indent(configuration, " " * 28), text)
        self.assertEqual(places, 1)
        names = sorted(set(re.findall(r"env: ([A-Z_]+)", text)))
        variables = re.compile(r"host_env_keys:(\n +- [A-Z_]+)+")
        text, places = variables.subn("host_env_keys: [" + ", ".join(names) + "]", text)
        self.assertEqual(places, 1)
        with tempfile.TemporaryDirectory() as directory:
            config = pathlib.Path(directory, "envoy.yaml")
            config.write_text(text)
            return subprocess.run(
                [tool("find-envoy"), "--mode", "validate", "-c", config, "-l", "warning"], cwd=TOP,
                env={name: f"value-of-{name}" for name in names}, capture_output=True, text=True, timeout=SECONDS)

    def test_every_command_is_a_target_that_make_lists_or_names_files_that_exist(self):
        listed = subprocess.run(["make", "-C", TOP, "help"], capture_output=True, text=True, check=True).stdout
        commands = 0
        for page, text in PAGES.items():
            told = "".join(blocks("sh", text)).splitlines() + re.findall(r"`(make [a-z-]+)`", text)
            for command in told:
                commands += 1
                target = re.match(r"make [a-z-]+", command)
                if target:
                    self.assertRegex(listed, rf"(?m)^  {target[0]} ", page.name)
                for path in re.findall(r"envoy/[\w./-]+", command):
                    self.assertTrue((TOP / path).exists(), f"{page.name}: {command}")
        self.assertGreater(commands, 10)

    def test_the_client_is_answered(self):
        demo = Demo()
        try:
            for client in blocks("python"):
                ran = subprocess.run([tool("find-openai-python"), "-c", client.replace(":10000/", f":{demo.port}/")],
                                     capture_output=True, text=True, timeout=SECONDS)
                self.assertIn("api.anthropic.com/v1/chat/completions was asked for claude-sonnet-4-6", ran.stdout, ran.stderr)
        finally:
            demo.kill()

    def test_the_errors_are_those_of_the_source(self):
        source = (TOP / "src/reject.rs").read_text()
        known = set(re.findall(r'\((\d{3}), ([A-Z_a-z"]+), "(\w+)"\)', source))
        rows = re.findall(r"^\| (\d{3}(?:, \d{3})*) \| `\w+`(?:, `\w+`)* \| `(\w+)` \|", REFERENCE, re.MULTILINE)
        told = [(status, code) for statuses, code in rows for status in statuses.split(", ")]
        self.assertEqual(sorted(told), sorted({(status, code) for status, _, code in known}))
        quoted = re.findall(r"(\d{3})\s`(\w+)`", README + REQUESTS)
        in_short = re.findall(r"^\| (\d{3}(?:, \d{3})*) \| (`\w+`(?:, `\w+`)*) \|", README, re.MULTILINE)
        self.assertGreater(len(in_short), 5)
        for statuses, codes in in_short:
            for code in re.findall(r"\w+", codes):
                of_this_code = {status for status, other in told if other == code}
                self.assertTrue(of_this_code and of_this_code <= set(statuses.split(", ")), f"{statuses} {code}")
        self.assertLessEqual(set(quoted), set(told))

    def test_the_kinds_are_all_counted(self):
        # What the rows say is held by the crate's own tests, which write the table and this list of the kinds.
        known = re.findall(r"^# ([\w-]+)$", (TOP / "tests/kinds.txt").read_text(), re.MULTILINE)
        section = re.search(r"^#+ Kinds of providers$(.*?)^#", REFERENCE, re.MULTILINE | re.DOTALL)[1]
        self.assertEqual(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE), known)
        named, more = re.search(r"^- \*\*One address.*?\*\* (.*?) and \[(\d+) more\]\(envoy/reference.md", README, re.MULTILINE).groups()
        self.assertEqual(len(named.split(", ")) + int(more), len(known))

    def test_every_place_they_point_to_exists(self):
        for page, text in PAGES.items():
            for path, anchor in re.findall(r"\]\((?!https:)([^)#]*)#?([^)]*)\)", text):
                place = (page.parent / path) if path else page
                self.assertTrue(place.exists(), f"{page.name}: {path}")
                if anchor:
                    headings = re.findall(r"^#+ (.*)$", place.read_text(), re.MULTILINE)
                    anchors = [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
                    self.assertIn(anchor, anchors, f"{page.name}: {path}#{anchor}")
