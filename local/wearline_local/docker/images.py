"""The images of a trial: a base with a Python, and the processor on it."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from wearline_local.docker.engine import Docker
from wearline_local.launcher import ROOT

PROCESSOR = "wearline-processor"
LAMBDA = "wearline-trial-lambda:local"
OWN_BASE = "wearline-trial-base:bookworm"
SUITE = "bookworm"
CERTIFICATES = Path("/usr/local/share/ca-certificates")


@dataclass(frozen=True)
class Built:
    """An image, and what it took."""

    image: str
    seconds: float
    bytes: int


def base(docker: Docker, folder: Path) -> str:
    """The image with a Python that the others stand on.

    BASE_IMAGE names one. Else an engine of the machine pulls Python's own image, and ours, which
    may reach no registry, gets one made of Debian's packages.
    """
    if chosen := os.environ.get("BASE_IMAGE"):
        return chosen
    if docker.root is None:
        return f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim-bookworm"
    if not _exists(docker, OWN_BASE):
        _make_base(docker, docker.root, folder / "base")
    return OWN_BASE


def build(
    docker: Docker, image: str, context: Path, *, cached: bool = True, **arguments: str
) -> Built:
    """Build an image; packages come from the index that the machine uses."""
    fresh = [] if cached else ["--no-cache"]
    began = time.monotonic()
    options = [
        part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")
    ]
    _run(
        docker,
        "build",
        "--quiet",
        "--network",
        "host",
        *fresh,
        *options,
        "--tag",
        image,
        str(context),
    )
    seconds = time.monotonic() - began
    size = _run(docker, "image", "inspect", "--format", "{{.Size}}", image)
    return Built(image, round(seconds, 1), int(size))


def build_all(docker: Docker, folder: Path, release: str) -> None:
    """Build what the trials run; times and sizes go into `folder`/images.json."""
    foundation = base(docker, folder)
    processor = ROOT / "processor_image"
    built = [
        build(docker, f"{PROCESSOR}:{release}", processor, BASE=foundation, RELEASE=release),
        build(docker, LAMBDA, ROOT / "tests" / "docker" / "lambda", BASE=foundation),
    ]
    (folder / "images.json").write_text(json.dumps([asdict(each) for each in built], indent=2))


def _exists(docker: Docker, image: str) -> bool:
    command = ["docker", "image", "inspect", image]
    asked = subprocess.run(command, env=docker.environment(), capture_output=True, check=False)
    return asked.returncode == 0


def _make_base(docker: Docker, root: Path, folder: Path) -> None:
    """Debian with its Python, and with the certificates of a company's network, if it has any."""
    shutil.rmtree(folder, ignore_errors=True)
    packages = "python3,python3-pip,python-is-python3,ca-certificates"
    subprocess.run(
        [root / "usr/sbin/debootstrap", "--variant=minbase", f"--include={packages}", SUITE,
         folder, _mirror()],
        env=docker.environment() | {"DEBOOTSTRAP_DIR": str(root / "usr/share/debootstrap")},
        stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    for certificate in CERTIFICATES.glob("*.crt"):
        shutil.copy(certificate, folder / CERTIFICATES.relative_to("/"))
    subprocess.run(
        ["chroot", folder, "update-ca-certificates"], stdout=subprocess.DEVNULL, check=True
    )
    (folder / "etc" / "pip.conf").write_text(
        "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n"
    )
    # Python's own images come without the bytecode of its library: so must the one that is tried.
    compiled = [*(folder / "usr/lib").glob("python3*/**/__pycache__")]
    for each in (folder / "var/cache/apt/archives", folder / "var/lib/apt/lists", *compiled):
        shutil.rmtree(each)
    with subprocess.Popen(
        ["tar", "--numeric-owner", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE
    ) as archive:
        subprocess.run(
            ["docker", "import", "-", OWN_BASE],
            env=docker.environment(),
            stdin=archive.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    shutil.rmtree(folder)


def _mirror() -> str:
    """Where the machine itself takes the packages of the suite from."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
         f"Codename: {SUITE}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if not (mirrors := told.stdout.split()):
        raise SystemExit(f"apt has no source of Debian {SUITE}: name an image by BASE_IMAGE")
    return mirrors[0]


def _run(docker: Docker, *command: str) -> str:
    done = subprocess.run(
        ["docker", *command], env=docker.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"docker {command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
