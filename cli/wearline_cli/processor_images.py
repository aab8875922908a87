"""The processor's images: built from the checkout, tagged by what they hold, pinned by digest.

A tag is the release's name and a digest of what the checkout puts into the image and of the base
that BASE_IMAGE names. So a tag that is in the repository need not be built again, and an immutable
tag is never in the way. What moves under a name (Python's image, Debian's packages) is not in it:
the base is resolved to its digest when an image is built, and the image's labels say which it was.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence

from botocore.exceptions import ClientError

from wearline.core.release_signatures import release_signature
from wearline_cli.environments import CommandError, Environment
from wearline_local.launcher import ROOT

SOURCE = ROOT / "processor_image"
# Besides the release's own source and lock, whose digest its signature holds.
RECIPE = ("Dockerfile", "prune.sh", "sbom.txt")
NAMED = "ARG BASE="
PLATFORM = "linux/amd64"
# "Pre-Defined Annotation Keys", OCI Image Format Specification.
LABEL = "org.opencontainers.image.base"

Ask = Callable[[Sequence[str]], str | None]
Run = Callable[[Sequence[str], str | None], None]


class ImageMissing(CommandError):
    """The environment has no image of a release as this checkout has it."""

    def __init__(self, env: str, release: str, tag: str, why: str) -> None:
        self.env, self.release, self.tag = env, release, tag
        super().__init__(
            f"Environment {env} has no image {tag} of processor release {release} ({why})."
            f" Run wearline deploy {env}."
        )


class DockerFailed(CommandError):
    """Docker's client refused or failed."""

    def __init__(self, command: str, status: int) -> None:
        self.command, self.status = command, status
        super().__init__(f"{command} failed with status {status}; what it said stands above.")


def releases() -> list[str]:
    """The processor releases of this checkout."""
    return sorted(path.parent.name for path in SOURCE.glob("releases/*/release.json"))


def tag_of(release: str) -> str:
    """The tag of a release's image: equal where checkout and named base are equal."""
    digest = hashlib.sha256(release_signature(release).hash.encode())
    for name in RECIPE:
        digest.update((SOURCE / name).read_bytes())
    digest.update((_base() or "").encode())
    return f"{release}-{digest.hexdigest()[:12]}"


def _base() -> str | None:
    """Another base than the Dockerfile names, if one was chosen."""
    return os.environ.get("BASE_IMAGE") or None


def image_of(there: Environment, release: str) -> str:
    """The image that a study's tasks name. Raises ImageMissing.

    On AWS it is pinned by digest; on the embedded AWS, the tag stands for the release.
    """
    repository = there.outputs["ProcessorRepositoryUri"]
    if there.name == "local":
        return f"{repository}:{release}"
    return f"{repository}@{digest_of(there, release)}"


def digest_of(there: Environment, release: str) -> str:
    """The digest under which the repository holds a release. Raises ImageMissing."""
    tag = tag_of(release)
    try:
        found = there.ecr.describe_images(
            repositoryName=repository_name(there), imageIds=[{"imageTag": tag}]
        )
    except ClientError as refused:
        why = refused.response["Error"]["Code"]
        raise ImageMissing(there.name, release, tag, why) from refused
    return found["imageDetails"][0]["imageDigest"]


def repository_name(there: Environment) -> str:
    """The name of the environment's repository, without its registry."""
    return there.outputs["ProcessorRepositoryUri"].partition("/")[2]


def pinned_base(ask: Ask) -> str:
    """The base by the digest that its registry has for it now, as ``NAME@DIGEST``.

    BASE_IMAGE names another than the Dockerfile does. One that no registry has, since it was made
    here, stays as it is named.
    """
    base = _base() or _default_base()
    if "@" in base or ask(["docker", "pull", "--quiet", "--platform", PLATFORM, base]) is None:
        return base
    digests = "{{range .RepoDigests}}{{.}} {{end}}"
    told = ask(["docker", "image", "inspect", "--format", digests, base]) or ""
    found = {each.partition("@")[2] for each in told.split()}
    return f"{base}@{found.pop()}" if len(found) == 1 else base


def _default_base() -> str:
    lines = (SOURCE / "Dockerfile").read_text().splitlines()
    return next(line for line in lines if line.startswith(NAMED)).removeprefix(NAMED)


def build(release: str, base: str, run: Run) -> str:
    """Build a release's image on a base for Fargate's x86_64; its local name."""
    name = f"wearline-processor:{tag_of(release)}"
    named, _, digest = base.partition("@")
    labels = [f"{LABEL}.name={named}", *([f"{LABEL}.digest={digest}"] if digest else [])]
    options = [f"--build-arg=RELEASE={release}", f"--build-arg=BASE={base}"]
    options += [f"--label={each}" for each in labels]
    # The network of the machine, as its package index may be reached from nowhere else.
    run(
        ["docker", "build", "--platform", PLATFORM, "--network", "host", *options,
         "--tag", name, str(SOURCE)],
        None,
    )  # fmt: skip
    return name


def missing(there: Environment, names: Iterable[str]) -> list[str]:
    """The releases whose image, as this checkout has it, the repository does not hold."""
    found = []
    for release in names:
        try:
            digest_of(there, release)
        except ImageMissing:
            found.append(release)
    return found


def push(there: Environment, release: str, local_name: str, run: Run) -> str:
    """Push a built image under its immutable tag; the digest that pins it from now on."""
    registry = there.outputs["ProcessorRepositoryUri"].partition("/")[0]
    remote = f"{there.outputs['ProcessorRepositoryUri']}:{tag_of(release)}"
    run(["docker", "login", "--username", "AWS", "--password-stdin", registry], _password(there))
    run(["docker", "tag", local_name, remote], None)
    run(["docker", "push", "--quiet", remote], None)
    return digest_of(there, release)


def _password(there: Environment) -> str:
    """A password of the registry, good for twelve hours."""
    given = there.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(given).decode().partition(":")[2]


def run_docker(command: Sequence[str], given: str | None) -> None:
    """Run Docker's client; a password goes in by its standard input. Raises DockerFailed."""
    done = subprocess.run(command, input=given, text=True, check=False)
    if done.returncode:
        raise DockerFailed(" ".join(command[:2]), done.returncode)


def ask_docker(command: Sequence[str]) -> str | None:
    """What Docker's client answers; None where it refuses or fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
