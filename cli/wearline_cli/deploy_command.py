"""``wearline deploy``: bring an environment to what the checkout says, and verify it.

::

    look first ─> checks ─> build ─> change set, asked for ─> deploy ─> images ─> verify
    └────────── --dry-run: nothing is changed ──────────┘
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from wearline_cli import processor_images
from wearline_cli.auditing import audited_deployment
from wearline_cli.change_sets import delete, platform_changes, sams_change_sets
from wearline_cli.environments import (
    ENVIRONMENTS,
    CommandError,
    Environment,
    NotDeployed,
    environment,
    local_engine,
)
from wearline_cli.options import console
from wearline_cli.readiness import SAM, require_ready, revision, stack_state
from wearline_cli.verification import verify
from wearline_local import deployment
from wearline_local.launcher import ROOT

CHECKS = {"all": ["check"], "templates": ["templates", "release-check"], "none": []}
LOCAL_WITHIN_S, WITHIN_S = 120, 1200


class StepFailed(CommandError):
    """A tool that a step runs refused or failed."""

    def __init__(self, command: str, status: int) -> None:
        self.command, self.status = command, status
        super().__init__(
            f"{command} failed with status {status}; what it said stands above."
            " The environment is as CloudFormation left it: run the command again when mended."
        )


@click.command()
@click.argument("env", type=click.Choice(ENVIRONMENTS))
@click.option("--yes", is_flag=True, help="Deploy the change set without asking.")
@click.option("--dry-run", is_flag=True, help="Do all that changes nothing, and show the rest.")
@click.option(
    "--checks",
    type=click.Choice(list(CHECKS)),
    help="What is checked first: the whole gate, the templates, or nothing, where it ran already."
    "  [default: templates for local and dev, else all]",
)
@click.option("--verify/--no-verify", "verified", default=True, help="Run a small recording.")
def deploy(env: str, *, yes: bool, dry_run: bool, checks: str | None, verified: bool) -> None:
    """Bring environment ENV to what this checkout says.

    Checks, builds functions, layer and processor images, shows the change set and asks,
    deploys with the SAM CLI and samconfig.toml, pushes the images, and verifies with a small
    recording from its upload to its run.json.
    """
    there = _environment(env)
    steps = Steps(there, _settings(there))
    images = env != "local"
    with _step("Looking first"):
        require_ready(there, images=images)
    with _step("Checks"):
        steps.check(checks or ("templates" if env in ("local", "dev") else "all"))
    with _step("Functions and layer"):
        steps.sam("build", "--build-dir", str(steps.build), quiet=True)
    built = steps.images() if images else {}
    if dry_run:
        steps.preview(built)
        return
    if not yes:
        steps.ask()
    with _step("Deployment"), audited_deployment(there, revision=revision()):
        steps.deploy(quiet=yes and env == "local")
    for release, name in built.items():
        with _step(f"Image of {release}"):
            steps.push(release, name)
    if verified:
        steps.verify()


@dataclass(frozen=True)
class Steps:
    """The steps of one deployment; each says what it does and ends with a fault of its own."""

    there: Environment
    settings: dict[str, str]

    @property
    def build(self) -> Path:
        return ROOT / ".aws-sam" / self.there.name

    def check(self, which: str) -> None:
        for target in CHECKS[which]:
            _run(["make", "--directory", str(ROOT), target], dict(os.environ))

    def sam(self, command: str, *options: str, quiet: bool = False) -> None:
        program = str(SAM) if SAM.exists() else "sam"
        chosen = ["--config-env", self.there.name, "--config-file", str(ROOT / "samconfig.toml")]
        _run([program, command, *chosen, *options], self.settings, quiet=quiet)

    def images(self) -> dict[str, str]:
        """Build the images that the repository lacks; all of them where there is none yet."""
        built: dict[str, str] = {}
        lacking = _lacking(self.there)
        base = processor_images.pinned_base(processor_images.ask_docker) if lacking else ""
        for release in lacking:
            console.print(f"The image of {release} stands on {base}", soft_wrap=True)
            with _step(f"Building the image of {release}"):
                built[release] = processor_images.build(release, base, processor_images.run_docker)
        return built

    def ask(self) -> None:
        """Show what would change and ask. The SAM CLI ends well also where it is told no."""
        self._show_changes()
        if not click.confirm(f"Deploy these changes to {self.there.name}?"):
            console.print("Nothing was changed.")
            raise click.Abort

    def deploy(self, *, quiet: bool) -> None:
        options = ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
        self.sam("deploy", *self._template(), *options, quiet=quiet)
        self.there.__dict__.pop("outputs", None)  # there may be new ones

    def preview(self, built: dict[str, str]) -> None:
        """Show what would change; the change set that says so is taken back."""
        self._show_changes()
        for release in built:
            tag = processor_images.tag_of(release)
            console.print(f"The image {tag} would be pushed.", soft_wrap=True)
        console.print("Nothing was changed.")

    def push(self, release: str, name: str) -> None:
        digest = processor_images.push(self.there, release, name, processor_images.run_docker)
        console.print(f"{release} is {digest}", soft_wrap=True)

    def verify(self) -> None:
        with _step("A recording, from its upload to its run.json"):
            within = LOCAL_WITHIN_S if self.there.name == "local" else WITHIN_S
            found = verify(self.there, within)
            console.print(f"{found.key} became run {found.run_id} in {found.seconds:.1f} s")

    def _template(self) -> list[str]:
        return ["--template-file", str(self.build / "template.yaml")]

    def _show_changes(self) -> None:
        """What would change, down to nested stacks. A first deployment makes all there is.

        A change set of a stack that is not there would leave an empty one behind.
        """
        name = self.there.stack_name
        with _step("Change set"):
            if stack_state(self.there.cloudformation, name) in (None, "REVIEW_IN_PROGRESS"):
                console.print(f"Stack {name} is not there yet. All of this would be made:")
                for kind, count in sorted(resource_types(self.build).items()):
                    console.print(f"  + {count} {kind}", soft_wrap=True)
                return
            for line in self._changes() or ["Nothing."]:
                console.print(line, soft_wrap=True, markup=False)

    def _changes(self) -> list[str]:
        client, name = self.there.cloudformation, self.there.stack_name
        options = ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
        before = sams_change_sets(client, name)
        try:
            self.sam("deploy", *self._template(), "--no-execute-changeset", *options, quiet=True)
            made = sams_change_sets(client, name) - before
            return [line for each in made for line in platform_changes(client, name, each)]
        finally:
            for each in sams_change_sets(client, name) - before:
                delete(client, name, each)


def resource_types(build: Path) -> Counter[str]:
    """What the built template and those that it nests would make, by type."""
    template = yaml.safe_load((build / "template.yaml").read_text())
    found: Counter[str] = Counter()
    for name, each in template["Resources"].items():
        found[each["Type"]] += 1
        if each["Type"] == "AWS::CloudFormation::Stack":
            found += resource_types(build / name)
    return found


def _environment(env: str) -> Environment:
    if env == "local" and local_engine() is None and not os.environ.get("AWS_ENDPOINT_URL"):
        raise NotDeployed(env, "the embedded AWS is not running")
    return environment(env)


def _settings(there: Environment) -> dict[str, str]:
    """The environment of the SAM CLI: that of the embedded AWS, or the caller's own."""
    engine = local_engine() if there.name == "local" else None
    if engine is not None:
        return deployment.settings(engine)
    tools = [str(ROOT / ".venvs" / name / "bin") for name in ("sam", "uv")]
    path = ":".join([*tools, os.environ["PATH"]])
    region = there.session.region_name
    chosen = {"AWS_DEFAULT_REGION": region, "AWS_REGION": region} if region else {}
    return {**os.environ, **chosen, "PATH": path, "SAM_CLI_TELEMETRY": "0"}


def _lacking(there: Environment) -> list[str]:
    every = processor_images.releases()
    try:
        return processor_images.missing(there, every)
    except NotDeployed:
        return every


def _run(command: list[str], settings: dict[str, str], *, quiet: bool = False) -> None:
    """Run a tool; a quiet one is heard only when it fails. Raises StepFailed."""
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(
        command, cwd=ROOT, env=settings, stdout=output, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        click.echo(done.stdout or b"", err=True)
        raise StepFailed(" ".join((Path(command[0]).name, *command[1:2])), done.returncode)


@contextmanager
def _step(what: str) -> Iterator[None]:
    console.print(f"[bold]{what}[/bold]")
    began = time.monotonic()
    yield
    console.print(f"  done in {time.monotonic() - began:.1f} s", style="dim")
