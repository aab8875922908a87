"""Deploys the platform on the embedded AWS with the real SAM CLI."""

import os
import subprocess
from pathlib import Path

from wearline_local.launcher import ROOT, Engine, EngineError

STACK = "wearline-local"
FOREIGN = ("AWS_", "PYTHON")
BUILD = ROOT / ".aws-sam" / "local"


class DeploymentFailed(EngineError):
    """The SAM CLI refused or failed."""

    def __init__(self, command: list[str], output: str) -> None:
        self.command = command
        self.output = output
        super().__init__(f"{' '.join(command[:2])} failed:\n{output}")


def deploy(engine: Engine, build: Path = BUILD) -> None:
    """Run `sam build` and `sam deploy --config-env local` against the engine.

    Raises:
        DeploymentFailed: with everything that the SAM CLI said.
    """
    environment = settings(engine)
    sam = str(ROOT / ".venvs" / "sam" / "bin" / "sam")
    chosen = ["--config-env", "local", "--config-file", str(ROOT / "samconfig.toml")]
    _run([sam, "build", *chosen, "--build-dir", str(build)], environment)
    template = str(build / "template.yaml")
    _run([sam, "deploy", *chosen, "--template-file", template], environment)


def settings(engine: Engine) -> dict[str, str]:
    """The environment in which the SAM CLI builds for the engine and reaches it."""
    tools = [ROOT / ".venvs" / name / "bin" for name in ("aws", "uv")]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return (
        clean
        | engine.environment()
        | {
            "PATH": ":".join([*map(str, tools), os.environ["PATH"]]),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "WEARLINE_LAYER_TARGET": "local",
        }
    )


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeploymentFailed(command, done.stdout)
