"""`make run` begins with a free port and leaves nothing behind, however it ends."""

import os
import signal
import socket
import subprocess
import unittest

from demo import SECONDS, TOP, Demo, free_port, is_open, wait_until


class Started(unittest.TestCase):
    def test_a_port_that_is_taken_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for setting in ("PORT", "ADMIN_PORT"):
                ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port()), setting: str(port)}
                run = subprocess.run(["envoy/bin/run-demo"], cwd=TOP, env=dict(os.environ, **ports),
                                     capture_output=True, text=True, timeout=SECONDS)
                self.assertEqual(run.returncode, 1)
                self.assertIn(f"Port {port} of 127.0.0.1 is taken", run.stderr)
                self.assertIn(f"make run {setting}=", run.stderr)


class Stopped(unittest.TestCase):
    def assertGone(self, demo):
        wait_until(lambda: not demo.session(), f"the end of {demo.session()}")
        self.assertFalse(is_open(demo.port) or is_open(demo.admin_port))
        demo.output.close()

    def test_ctrl_c_on_a_terminal_is_success(self):
        demo = Demo(terminal=True)
        os.write(demo.terminal, b"\x03")
        self.assertEqual(demo.exit_status(), 0)
        self.assertGone(demo)

    def test_an_interrupted_process_group_leaves_nothing(self):
        demo = Demo()
        os.killpg(demo.pid, signal.SIGINT)
        demo.exit_status()
        self.assertGone(demo)

    def test_a_terminated_make_leaves_nothing(self):
        for terminal in (False, True):
            with self.subTest(terminal=terminal):
                demo = Demo(terminal)
                os.kill(demo.pid, signal.SIGTERM)
                demo.exit_status()
                self.assertGone(demo)
