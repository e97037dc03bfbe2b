"""What these tests need of the machine."""

import subprocess

from demo import TOP


def missing():
    """What is missing, or nothing."""
    found = subprocess.run([TOP / "envoy/bin/find-prometheus"], capture_output=True, text=True)
    return found.stderr.strip().splitlines()[-1] if found.returncode else None
