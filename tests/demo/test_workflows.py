""".github/workflows: every action is pinned, and every command is there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
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

    def test_a_release_is_attested_file_by_file_and_so_is_the_image(self):
        text = (TOP / ".github/workflows/release.yml").read_text()
        for what in "subject-path: target/release-files/*", "subject-digest: ${{ steps.image.outputs.digest }}":
            self.assertRegex(text, rf"uses: actions/attest-build-provenance@.*\n +with:\n( +\S+: .*\n)*? +{re.escape(what)}\n")
        self.assertIn(".ci/release ", text)
        self.assertIn(".ci/image ", text)

    def test_the_image_is_for_two_platforms_and_its_digest_is_told(self):
        """With a `docker` that notes what it is asked for: no registry is needed to see that."""
        digest = "sha256:" + "0123456789abcdef" * 4
        with tempfile.TemporaryDirectory() as directory:
            copy = pathlib.Path(directory)
            for path in ".ci/image", "envoy/Dockerfile":
                (copy / path).parent.mkdir(exist_ok=True)
                shutil.copy(TOP / path, copy / path)
            (copy / "target").mkdir()
            (copy / "target/envoy_llm_router.wasm").write_bytes(b"the filter")
            tools = copy / "tools"
            tools.mkdir()
            asked, metadata = copy / "asked", json.dumps({"containerimage.digest": digest})
            (tools / "docker").write_text(f"""#!/usr/bin/env bash
echo "$*" >>{asked}
[ "$2" != create ] || echo a-builder
while [ $# -gt 1 ]; do [ "$1" != --metadata-file ] || echo '{metadata}' >"$2"; shift; done
""")
            (tools / "make").write_text("#!/bin/sh\n")
            for tool in tools.iterdir():
                tool.chmod(0o755)
            ran = subprocess.run([copy / ".ci/image", "registry.example/llm-router:v1.2.3"], capture_output=True, text=True,
                                 env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"})
            self.assertEqual((ran.returncode, ran.stdout), (0, digest + "\n"), ran.stderr)
            created, built, removed = asked.read_text().splitlines()
            self.assertEqual((created, removed), ("buildx create", "buildx rm a-builder"))
            for part in ("--builder a-builder", "--platform linux/amd64,linux/arm64", "--provenance=false", "--push",
                         "--tag registry.example/llm-router:v1.2.3"):
                self.assertIn(f" {part} ", built)
            self.assertEqual((copy / "target/image/plugin.wasm").read_bytes(), b"the filter")
