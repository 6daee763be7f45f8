"""Real container engines with sockets and folders of their own, and the image that their containers are made of."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.wall import IMAGE, wait_until


def needs(*programs: str) -> None:
    """Skip the test where no engine can be started."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a container engine")
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")


def bootstrap(archive: Path) -> None:
    """Pack a small Debian of this machine's release, with the libraries that a Python from out here is linked to."""
    needs("debootstrap")
    root = archive.with_suffix("")
    shutil.rmtree(root, ignore_errors=True)
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    made = run("debootstrap --variant=minbase --include=python3-venv,ca-certificates", release, root)
    if made.returncode != 0:
        pytest.skip(f"debootstrap makes no image: {made.stdout.strip().splitlines()[-1]}")
    packed = archive.with_suffix(".new")
    left_out = [f"--exclude=./{path}/*" for path in ("var/cache/apt", "var/lib/apt/lists", "usr/share/locale")]
    subprocess.run(["tar", "-C", root, *left_out, "-cf", packed, "."], check=True)
    packed.rename(archive)
    shutil.rmtree(root)


@contextmanager
def docker(folder: Path) -> Iterator[str]:
    """The command of a docker engine that has nothing in common with this machine's."""
    command, log = f"docker --host unix://{folder}/socket", folder / "log"
    options = "--bridge=none --iptables=false --host unix://{0}/socket --data-root {0}/data --exec-root {0}/run --pidfile {0}/pid"
    with log.open("w") as file:
        daemon = subprocess.Popen(["dockerd", *options.format(folder).split()], stdout=file, stderr=file)
    try:
        wait_until(lambda: daemon.poll() is not None or run(f"{command} version").returncode == 0)
        if daemon.poll() is not None:
            pytest.skip(f"dockerd does not start: {log.read_text().strip().splitlines()[-1]}")
        yield command
    finally:
        daemon.terminate()
        daemon.wait(60)


@contextmanager
def podman(folder: Path) -> Iterator[str]:
    """The same of podman. crun, which it prefers, knows no control groups of version 1."""
    places = "--root {0}/data --runroot {0}/run --tmpdir {0}/tmp"
    yield f"podman {places.format(folder)} --runtime runc --cgroup-manager cgroupfs"


@contextmanager
def in_memory(folder: Path) -> Iterator[Path]:
    """What an engine keeps is gone in no time."""
    mounted = run("mount -t tmpfs tmpfs", folder)
    if mounted.returncode != 0:
        pytest.skip(f"this root may mount nothing: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", folder], check=True)


PROGRAMS = {"docker": ("docker", "dockerd", "runc"), "podman": ("podman", "runc")}


@contextmanager
def started(name: str, kept: Path, folder: Path) -> Iterator[str]:
    """The command of a running engine that has the image, whose archive is made in the folder `kept` or found there."""
    needs(*PROGRAMS[name])
    archive = kept / "debian.tar"
    if not archive.exists():
        bootstrap(archive)
    start = docker if name == "docker" else podman
    with in_memory(folder), start(folder) as command:
        imported = run(f"{command} import", archive, IMAGE)
        assert imported.returncode == 0, imported.stderr
        # without CAP_SYS_RESOURCE, podman cannot raise limits to its defaults
        tried = run(f"{command} run --rm --network none --ulimit nofile=1024 --ulimit nproc=1000 {IMAGE} true")
        if tried.returncode != 0:
            pytest.skip(f"{name} runs nothing here: {tried.stderr.strip()}")
        yield command


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command.split(), *arguments], capture_output=True, text=True, check=False)
