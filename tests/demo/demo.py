"""`make run`, and the example that it starts, on ports of their own."""

import os
import pathlib
import pty
import random
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 120


# Below those that the kernel gives to clients' connections (32768 on), which would take a port before its server is there.
PORTS = range(12000, 32000)


def free_port():
    while True:
        with socket.socket() as listener:
            port = random.choice(PORTS)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {SECONDS} s for {what}")
        time.sleep(0.05)


def tool(name):
    """The path that one of envoy/bin's find-… prints."""
    return subprocess.run([TOP / "envoy/bin" / name], capture_output=True, text=True, check=True).stdout.strip()


def example(replacements=()):
    """envoy/envoy.yaml with other ports and replacements: its text, its port, a value for each variable it names."""
    text, port = (TOP / "envoy/envoy.yaml").read_text(), free_port()
    for old, new in [("port_value: 10000", f"port_value: {port}"), ("port_value: 9901", f"port_value: {free_port()}"),
                     *replacements]:
        if old not in text:
            raise AssertionError(f"envoy/envoy.yaml does not hold {old}")
        text = text.replace(old, new)
    names = re.findall(r"env: ([A-Z_]+)", text)
    return text, port, {name: f"value-of-{name}" for name in names}


class Demo:
    """`make run` on ports of its own, in a session of its own; with `terminal`, on a terminal of its own too."""

    def __init__(self, terminal=False):
        self.port, self.admin_port = free_port(), free_port()
        self.output = tempfile.TemporaryFile("w+", dir=TOP / "target")
        environment = dict(os.environ, PORT=str(self.port), ADMIN_PORT=str(self.admin_port))
        self.terminal = None
        command = ["make", "--no-print-directory", "run"]
        if terminal:
            self.pid, self.terminal = pty.fork()
            if self.pid == 0:
                os.chdir(TOP)
                os.execvpe("make", command, environment)
        else:
            self.process = subprocess.Popen(
                command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=self.output,
                stderr=self.output, start_new_session=True)
            self.pid = self.process.pid
        try:
            wait_until(lambda: "Ctrl-C stops it." in self.printed() or not self.session(), "make run to be ready")
        finally:
            if "Ctrl-C stops it." not in self.printed():
                told = self.printed()
                self.kill()
                raise AssertionError(f"make run did not become ready:\n{told}")

    def printed(self):
        if self.terminal is not None:
            while select.select([self.terminal], [], [], 0)[0]:
                try:
                    chunk = os.read(self.terminal, 65536)
                except OSError:
                    break
                self.output.seek(0, os.SEEK_END)
                self.output.write(chunk.decode(errors="replace"))
        self.output.seek(0)
        return self.output.read()

    def session(self):
        """The processes of the demo that still live."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                state, _parent, _group, session = (process / "stat").read_text().rsplit(") ", 1)[1].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == self.pid and state != "Z":
                found.append(int(process.name))
        return found

    def exit_status(self):
        """How make ended, once it has; a negative number is a signal."""
        if self.terminal is None:
            return self.process.wait(SECONDS)
        ended = (0, 0)

        def has_ended():
            nonlocal ended
            self.printed()
            ended = os.waitpid(self.pid, os.WNOHANG)
            return ended[0] != 0

        wait_until(has_ended, "make run to end")
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(ended[1])

    def kill(self):
        for pid in self.session():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.exit_status()
        self.output.close()
