"""`make build`: what it compiles holds nothing of the machine, and is compiled once."""

import os
import pathlib
import re
import subprocess
import unittest

from demo import SECONDS, TOP

WASM = TOP / "target/envoy_llm_router.wasm"


class Built(unittest.TestCase):
    def test_no_directory_of_this_machine_is_in_it(self):
        home = pathlib.Path.home()
        cargo = os.environ.get("CARGO_HOME", home / ".cargo")
        rustup = os.environ.get("RUSTUP_HOME", home / ".rustup")
        for directory in TOP, cargo, rustup:
            with self.subTest(str(directory)):
                name = rb"(?<![\w.-])" + re.escape(str(directory)).encode() + b"/"
                self.assertIsNone(re.search(name, WASM.read_bytes()))

    def test_a_second_build_compiles_and_copies_nothing(self):
        before = WASM.stat().st_mtime_ns
        told = subprocess.run(["make", "build"], cwd=TOP, capture_output=True, text=True, check=True, timeout=SECONDS)
        self.assertNotIn("Compiling", told.stdout + told.stderr)
        self.assertEqual(WASM.stat().st_mtime_ns, before)
