""".github/workflows: every action is pinned, and every command is there."""

import re
import unittest

from demo import TOP

WORKFLOWS = sorted((TOP / ".github/workflows").glob("*.yml"))


class Workflows(unittest.TestCase):
    def test_there_are_some(self):
        self.assertEqual([path.name for path in WORKFLOWS], ["ci.yml", "release.yml"])

    def test_every_action_is_pinned_to_a_commit(self):
        for path in WORKFLOWS:
            for use in re.findall(r"uses: (.*)", path.read_text()):
                with self.subTest(use):
                    self.assertRegex(use, r"^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

    def test_what_they_run_exists(self):
        targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))
        for path in WORKFLOWS:
            text = path.read_text()
            with self.subTest(path.name):
                named = re.findall(r"\bmake ([a-z-]+)", text.split("\njobs:\n")[1])
                self.assertLessEqual(set(named), targets)
                scripts = re.findall(r"run: (\.ci/\w+)", text)
                self.assertGreater(len(scripts), 0)
                for script in scripts:
                    self.assertTrue((TOP / script).stat().st_mode & 0o100, script)
