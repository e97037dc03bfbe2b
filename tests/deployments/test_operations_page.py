"""envoy/operations.md: what it shows is run, and what it lists is there."""

import http.client
import json
import re
import unittest

import yaml

from demo import SECONDS, TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, everywhere, load

PAGE = (TOP / "envoy/operations.md").read_text()
PLAIN = "envoy/envoy.yaml", "envoy/providers.yaml"


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


class Page(unittest.TestCase):
    def test_it_lists_its_sections(self):
        listed = re.findall(r"^- \[(.*)\]\(#(.*)\)$", PAGE, re.M)
        titles = re.findall(r"^## (.*)$", PAGE, re.M)
        self.assertEqual([title for title, _ in listed], titles)
        self.assertEqual([anchor for _, anchor in listed], [title.lower().replace(" ", "-") for title in titles])

    def test_the_fields_of_the_log_are_those_of_the_examples(self):
        [example] = load(TOP / PLAIN[0])
        [fields] = [part["json_format"] for part in everywhere(example) if "time" in part.get("json_format", {})]
        rows = re.findall(r"^\| (`.*?`) \|", section("The access log"), re.M)
        self.assertEqual(sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)), sorted(fields))

    def test_the_times_are_those_of_the_examples(self):
        [example], [providers] = load(TOP / PLAIN[0]), load(TOP / PLAIN[1])
        listed_times = dict(re.findall(r"^\| `(\w+)`.*? \| (\d+) s", section("Time"), re.M))
        self.assertGreater(len(listed_times), 5)
        found = {name: value.removesuffix("s") for part in everywhere([example, providers]) for name, value in part.items()
                 if name in listed_times and isinstance(value, str) and (name != "timeout" or "cluster_header" in part)}
        self.assertEqual(found, listed_times)


class Browsers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        first, policy = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", section("Browsers"), re.M | re.S)]
        [cls.origin] = [match["exact"] for match in policy["typed_per_filter_config"][first["name"]]["allow_origin_string_match"]]

        def edit(document):
            for part in everywhere(document):
                if "http_filters" in part and part.get("stat_prefix") == "llm":
                    part["http_filters"].insert(0, first)
                if "request_headers_to_remove" in part:
                    part.update(policy)

        cls.gateway = Gateway(*PLAIN, edit=edit)
        cls.addClassCleanup(cls.gateway.close)

    def ask(self, method, origin, key=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.ports["llm"], timeout=SECONDS)
        own = {"origin": origin, "content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if key:
            own["authorization"] = f"Bearer {key}"
        connection.request(method, "/v1/chat/completions", json.dumps({"model": "gpt-4o"}) if method == "POST" else None, own)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers

    def test_a_preflight_is_answered_for_the_origin_that_may(self):
        asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization,x-stainless-os"}
        status, headers = self.ask("OPTIONS", self.origin, **asked)
        self.assertEqual((status, headers["access-control-allow-origin"]), (200, self.origin))
        self.assertEqual(headers["access-control-allow-headers"], "authorization, *")
        status, headers = self.ask("OPTIONS", "https://elsewhere.example", **asked)
        self.assertIsNone(headers["access-control-allow-origin"])
        self.assertEqual(status, 404)

    def test_answers_and_refusals_can_be_read_by_the_page(self):
        for key, expected in (VIRTUAL_KEY, 200), ("vk-nobodys", 401), (None, 401):
            status, headers = self.ask("POST", self.origin, key)
            self.assertEqual((status, headers["access-control-allow-origin"]), (expected, self.origin))
        status, headers = self.ask("POST", "https://elsewhere.example", VIRTUAL_KEY)
        self.assertEqual((status, headers["access-control-allow-origin"]), (200, None))


class Series(unittest.TestCase):
    """Each of the page's numbers, by a scrape after one request."""

    def lines(self, *more):
        def edit(document):
            for settings in more:
                document.get("stats_config", {}).update(settings)

        gateway = Gateway("envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml", edit=edit)
        try:
            self.assertEqual(gateway.chat("groq/x")[0], 200)

            def own():
                return re.findall(r"(?m)^llm_router_.*$", gateway.get("metrics", "/stats/prometheus")[1])

            # Histograms are merged when Envoy flushes its statistics.
            wait_until(lambda: any("time_to_first_byte_ms_count" in line for line in own()), "the histograms")
            return len(own())
        finally:
            gateway.close()

    def test_the_lines_of_a_scrape_are_as_many_as_the_page_says(self):
        buckets, without = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", section("Series"), re.M | re.S)]
        [example] = load(TOP / "envoy/dynamic/envoy.yaml")
        self.assertEqual(example["stats_config"]["histogram_bucket_settings"], buckets["histogram_bucket_settings"])
        told = [int(number) for number in re.search(r"is (\d+) lines.*?would be (\d+) lines.*?there are (\d+)\.", section("Series"), re.S).groups()]
        self.assertEqual([self.lines(), self.lines({"histogram_bucket_settings": []}), self.lines(without)], told)
