"""envoy/clients.md: a row for each client that there are tests of, with the version that is fetched for them."""

import re
import sys
import unittest

from demo import TOP

CLIENTS = TOP / "tests/clients"
sys.path.append(str(CLIENTS))

from page import pins, written  # what `make test-clients` writes the table with


class ClientsPage(unittest.TestCase):
    def cases(self):
        """Each client: its name in envoy/bin/find-clients, by what the page calls it."""
        found = {}
        for path in sorted(CLIENTS.glob("test_*.py")):
            for case in re.split(r"^class \w+\(Client\):\n", path.read_text(), flags=re.M)[1:]:
                says = dict(re.findall(r'^    (name|title|package) = "(.*)"$', case, re.M))
                found[says["title"]] = says.get("package", says["name"])
        return found

    def test_every_client_has_its_row(self):
        self.assertGreater(len(self.cases()), 9)
        self.assertEqual(sorted(written()), sorted(self.cases()))

    def test_the_versions_are_those_that_are_fetched(self):
        rows, versions = written(), pins()
        for title, name in self.cases().items():
            with self.subTest(title):
                if name in versions:
                    self.assertRegex(rows[title][1], rf"(^| ){re.escape(versions[name])}\)?$")

    def test_every_version_that_is_fetched_is_of_a_client(self):
        self.assertLessEqual(set(pins()), set(self.cases().values()))
