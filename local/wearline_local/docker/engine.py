"""Finds a Docker engine, or runs one of Debian's packages out of a folder.

An engine of our own changes nothing on the machine but a bridge, which goes with it: its packages
are unpacked rather than installed, its socket and all that it writes lie in two folders.
"""

import hashlib
import ipaddress
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "docker.io", "containerd", "runc", "tini", "debootstrap", "libdevmapper1.02.1", "libseccomp2",
)  # fmt: skip
START_LIMIT_S = 60
STOP_LIMIT_S = 30
# Of 198.18.0.0/15, which RFC 2544 keeps for trials: no network of the machine's own is hidden.
NETWORKS = ipaddress.IPv4Network("198.18.0.0/15")


class DockerMissing(Exception):
    """No Docker engine answers, and none can be run here."""

    def __init__(self, lacking: str) -> None:
        self.lacking = lacking
        super().__init__(
            f"No Docker engine answers, and none of our own can be run: {lacking}."
            " Start Docker, or name one by DOCKER_HOST."
        )


class DockerDied(Exception):
    """Our own engine ended before it was ready."""

    def __init__(self, log: Path) -> None:
        self.log = log
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        super().__init__(f"The Docker engine did not start. The end of {log}:\n{tail}")


@dataclass(frozen=True)
class Docker:
    """An engine that answers, and what its clients need."""

    variables: Mapping[str, str]
    root: Path | None = None  # where our own packages lie unpacked

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}


def found() -> Docker | None:
    """The engine of the machine, or of DOCKER_HOST, if one answers."""
    if shutil.which("docker") is None:
        return None
    asked = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False
    )
    return Docker({}) if asked.returncode == 0 else None


def lacking() -> str | None:
    """What an engine of our own would need and this machine has not; None if it can be run."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "it needs Linux on x86_64, for which the processor is built"
    if os.geteuid() != 0:
        return "it needs root"
    missing = [tool for tool in ("apt-get", "dpkg-deb", "ip") if shutil.which(tool) is None]
    if missing:
        return f"it needs {', '.join(missing)}, as Debian has them"
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlay file system"
    if not any(Path("/sys/fs/cgroup").iterdir()):
        return "no control groups are mounted at /sys/fs/cgroup"
    return None


@contextmanager
def engine(folder: Path) -> Iterator[Docker]:
    """The machine's engine, or one of our own that ends with the block.

    Raises:
        DockerMissing: neither can be had.
        DockerDied: ours did not start; its log says why.
    """
    if there := found():
        yield there
        return
    if why := lacking():
        raise DockerMissing(why)
    folder.mkdir(parents=True, exist_ok=True)
    root = _unpacked(folder)
    with _bridge(folder) as (bridge, address), _running(folder, root, bridge, address) as ours:
        yield ours


def _unpacked(folder: Path) -> Path:
    """Debian's packages, verified by apt and unpacked once."""
    root, done = folder / "root", folder / "root" / ".ready"
    if not done.exists():
        packages = folder / "packages"
        packages.mkdir(exist_ok=True)
        _fetch(packages)
        for package in packages.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
        shutil.rmtree(packages)
        done.touch()
    return root


def _fetch(packages: Path) -> None:
    """Fetch, with the lists of packages renewed where they are old or were never there."""
    fetch = ["apt-get", "download", "-qq", *PACKAGES]
    for command in (fetch, ["apt-get", "update", "-qq"], fetch):
        done = subprocess.run(command, cwd=packages, capture_output=True, text=True, check=False)
        if command is fetch and done.returncode == 0:
            return
    raise DockerMissing(f"apt-get download failed: {done.stderr.strip()}")


@contextmanager
def _bridge(folder: Path) -> Iterator[tuple[str, str]]:
    """A bridge of this folder's own, so that two checkouts do not share one."""
    digest = int.from_bytes(hashlib.sha256(str(folder.resolve()).encode()).digest()[:4], "big")
    name = f"wl{digest:08x}"
    network = int(NETWORKS.network_address) + digest % 512 * 256
    address = f"{ipaddress.ip_address(network + 1)}/24"
    subprocess.run(["ip", "link", "del", name], capture_output=True, check=False)  # left by a kill
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "address", "add", address, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield name, address
    finally:
        subprocess.run(["ip", "link", "del", name], check=False)


@contextmanager
def _running(folder: Path, root: Path, bridge: str, address: str) -> Iterator[Docker]:
    tools = [root / "usr" / "sbin", root / "usr" / "bin"]
    libraries = [root / path / "x86_64-linux-gnu" for path in ("lib", "usr/lib")]
    path = ":".join([*map(str, tools), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    # Sockets have short names: 107 bytes.
    with tempfile.TemporaryDirectory(prefix="wearline-docker-") as sockets:
        host = f"unix://{sockets}/docker.sock"
        log = folder / "dockerd.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    str(root / "usr" / "sbin" / "dockerd"),
                    f"--host={host}",
                    f"--data-root={folder / 'data'}",
                    f"--exec-root={sockets}/exec",
                    f"--pidfile={sockets}/pid",
                    f"--bridge={bridge}",
                    f"--fixed-cidr={ipaddress.ip_interface(address).network}",
                    # Containers reach this machine alone; no rule of its firewall changes.
                    "--iptables=false",
                    "--ip6tables=false",
                    "--ip-masq=false",
                    "--ip-forward=false",
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            docker = Docker({"DOCKER_HOST": host, "PATH": path, "DOCKER_BUILDKIT": "1"}, root)
            _await_ready(docker, process, log)
            yield docker
        finally:
            _stop(process)
            # The engine leaves its network's namespace mounted.
            left = f"{sockets}/exec/netns/default"
            subprocess.run(["umount", left], capture_output=True, check=False)


def _await_ready(docker: Docker, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while subprocess.run(
        ["docker", "version"], env=docker.environment(), capture_output=True, check=False
    ).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise DockerDied(log)
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM ends the containers too."""
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
