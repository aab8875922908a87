"""An embedded AWS of the benchmarks' own, with the platform, a study, and the bare path beside it.

The processor of the path's benchmarks is a stand-in that takes no time: they measure the platform.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wearline.core.ledger import ObjectRow, RunRow
from wearline.core.study import StudyConfiguration
from wearline_cli.catalog_commands import await_sweep
from wearline_cli.environments import Environment, environment_at
from wearline_cli.standing import rows
from wearline_cli.study_deployment import deploy_study
from wearline_local import deployment, launcher

STAND_IN = Path(__file__).with_name("processor_stand_in.py")
RELEASE = "processor-skdh-0.17.18"
STUDY = """
study: <name>
timezone: {default: America/New_York}
buckets: [{name: <name>-data}]
results: {bucket: <name>-data, prefix: biomarkers/}
catalog: {rate: 1 day}
files:
  wrist:
    kind: data
    key: raw/{subject}.cwa
    format: axivity
    location: wrist
    pipelines: [<name>]
pipelines:
  <name>:
    skdh: 0.17.18
    steps: <steps>
"""


@dataclass(frozen=True)
class Study:
    """A deployed study, and what its ledger says."""

    there: Environment
    configuration: StudyConfiguration

    @property
    def bucket(self) -> str:
        return f"{self.configuration.study}-data"

    def rows(self) -> list[ObjectRow]:
        return list(rows(self.there.ledger, self.configuration))

    def runs(self) -> list[RunRow]:
        """The run that each file names, where there is one yet."""
        ids = [each.run_id for row in self.rows() for each in row.pipelines.values()]
        found = [self.there.ledger.run(run_id) for run_id in ids if run_id]
        return [run for run in found if run is not None]

    def ended(self) -> int:
        """How many files have their verdict."""
        ends = [each.disposition for row in self.rows() for each in row.pipelines.values()]
        return sum(end in ("succeeded", "failed") for end in ends)


@dataclass(frozen=True)
class Platform:
    """A deployed platform."""

    there: Environment
    folder: Path
    settings: launcher.Settings

    def restart(self) -> None:
        """Stop the engine gracefully, whatever it is at, and start it on the same state."""
        if running := launcher.find(self.settings.folder):
            launcher.stop(running)
        launcher.start(self.settings)

    def study(self, name: str, steps: str = "[]") -> Study:
        document = STUDY.replace("<name>", name).replace("<steps>", steps)
        path = self.folder / f"{name}.yaml"
        path.write_text(document)
        deployed = deploy_study(self.there, path, create_buckets=True)
        await_sweep(self.there, deployed.sweep)
        return Study(self.there, deployed.configuration)

    def client(self, service: str) -> Any:
        session: Any = self.there.session
        return session.client(service, endpoint_url=self.there.endpoint)

    @cached_property
    def executions(self) -> Executions:
        return Executions(self.client("stepfunctions"), self.there.outputs["ProcessingMachineArn"])


@dataclass(frozen=True)
class Executions:
    """The executions of Processing."""

    client: Any
    machine: str

    def names(self) -> list[str]:
        pages = self.client.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        return [each["name"] for page in pages for each in page["executions"]]

    def started(self, name: str) -> float:
        """When an execution started, in unix seconds."""
        arn = f"{self.machine.replace(':stateMachine:', ':execution:')}:{name}"
        answer = self.client.describe_execution(executionArn=arn)
        return float(answer["startDate"].timestamp())


@contextmanager
def platform(*, stand_in: bool) -> Iterator[Platform]:
    """The platform, deployed by the real SAM CLI on a fresh engine that ends with it."""
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as name:
        folder = Path(name)
        variables = {"WEARLINE_RELEASES": str(_stand_in(folder))} if stand_in else {}
        settings = launcher.Settings(
            folder=folder / "engine", port=launcher.free_port(), variables=variables
        )
        engine = launcher.start(settings)
        try:
            deployment.deploy(engine, build=folder / "build")
            yield Platform(environment_at(engine), folder, settings)
        finally:
            if running := launcher.find(settings.folder):
                launcher.stop(running)


def _stand_in(folder: Path) -> Path:
    """A folder of releases in which `python` is the stand-in, whatever its arguments."""
    python = folder / "releases" / RELEASE / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN.read_text())
    python.chmod(0o755)
    return folder / "releases"
