"""The Docker engine of this machine, and an image that stands in for one that cannot be pulled."""

import contextlib
import fcntl
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

from demo import tool


def docker(*arguments, **options):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, **options)


def missing():
    """What is not there that these tests need; None if all is."""
    if not shutil.which("docker"):
        return "there is no `docker` on this machine"
    if not engine().startswith("unix://"):
        return "the Docker engine is on another machine"
    if docker("version", "--format", "{{.Server.Version}}").returncode:
        return "no Docker engine answers"
    if compose() is None:
        return "Docker has no compose"
    return None


def engine():
    """Where the engine listens."""
    return os.environ.get("DOCKER_HOST") or docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout


def compose():
    """The command that composes: Docker's plugin, or the program that was before it."""
    if docker("compose", "version").returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@contextlib.contextmanager
def image(name):
    """Has an image of this name: the one that is there, the official one, or for a while a stock Envoy under its name."""
    with open(pathlib.Path(tempfile.gettempdir(), "envoy-llm-router-image.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if docker("image", "inspect", name).returncode == 0 or docker("pull", name, timeout=600).returncode == 0:
            yield "the official image"
            return
        stand_in(name)
        try:
            yield "a stand-in: a stock Envoy under the image's name"
        finally:
            docker("rmi", name, check=True)


def stand_in(name):
    """An image of the Envoy of these tests, bash, their libraries, and nothing else."""
    programs = {pathlib.Path(tool("find-envoy")): "usr/local/bin/envoy", pathlib.Path(shutil.which("bash")): "usr/local/bin/bash"}
    libraries = set()
    for program in programs:
        linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        libraries.update(re.findall(r"(?:=> |^\t)(/\S+) \(", linked, re.MULTILINE))
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for program, place in programs.items():
            archive.add(program.resolve(), place)
        for library in sorted(libraries):
            archive.add(pathlib.Path(library).resolve(), library.lstrip("/"))
        directory = tarfile.TarInfo("tmp")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(directory)
    subprocess.run(["docker", "import", "--change", "ENV PATH=/usr/local/bin", "-", name], input=layer.getvalue(),
                   stdout=subprocess.DEVNULL, check=True)
