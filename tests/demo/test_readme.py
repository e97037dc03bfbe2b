"""README.md: its configurations load, its commands and its client run, its lists are those of the source."""

import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

from demo import SECONDS, TOP, Demo, example, tool

README = (TOP / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


class Readme(unittest.TestCase):
    def test_every_configuration_is_accepted_by_the_filter_in_envoy(self):
        self.assertGreater(len(blocks("yaml")), 0)
        for configuration in blocks("yaml"):
            with self.subTest(configuration.splitlines()[1]):
                verdict = self.validate(configuration)
                self.assertEqual(verdict.returncode, 0, verdict.stderr)

    def test_a_configuration_with_a_mistake_would_be_noticed(self):
        verdict = self.validate(blocks("yaml")[0].replace("cluster: openai", "clutter: openai"))
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

    def test_every_command_is_a_target_that_make_lists(self):
        listed = subprocess.run(["make", "-C", TOP, "help"], capture_output=True, text=True, check=True).stdout
        commands = "".join(blocks("sh")).splitlines() + re.findall(r"`(make [a-z-]+)`", README)
        self.assertGreater(len(commands), 2)
        for command in commands:
            self.assertRegex(listed, rf"(?m)^  {command} ")

    def test_the_client_is_answered(self):
        demo = Demo()
        try:
            for client in blocks("python"):
                ran = subprocess.run([tool("find-openai-python"), "-c", client.replace(":10000/", f":{demo.port}/")],
                                     capture_output=True, text=True, timeout=SECONDS)
                self.assertIn("was asked for us.anthropic.claude-sonnet-4-6", ran.stdout, ran.stderr)
        finally:
            demo.kill()

    def test_the_errors_are_those_of_the_source(self):
        told = set(re.findall(r"^\| (\d{3}) \| `\w+` \| `(\w+)` \|", README, re.MULTILINE))
        source = (TOP / "src/reject.rs").read_text()
        self.assertEqual(told, set(re.findall(r'\((\d{3}), [A-Z_a-z"]+, "(\w+)"\)', source)))

    def test_the_kinds_are_those_of_the_source(self):
        told = re.findall(r"`([a-z-]+)`", re.search(r"^The kinds: (.*?)\.$", README, re.MULTILINE | re.DOTALL)[1])
        source = (TOP / "src/provider/kind.rs").read_text()
        known = re.search(r"const ALL: .*?^\];", source, re.MULTILINE | re.DOTALL)[0]
        self.assertEqual(told, re.findall(r'(?:compatible|local)\("([a-z-]+)"', known))

    def test_every_file_it_points_to_exists(self):
        for path in re.findall(r"\]\(([^)]+)\)", README):
            self.assertTrue((TOP / path).exists(), path)
