"""Small studies on the deployed platform, for tests: deploy one, upload, wait for what follows."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet

from wearline.core.ledger import ObjectRow, PipelineRow, ProblemRow, RunRow
from wearline_cli.catalog_commands import await_sweep, start_sweep
from wearline_cli.environments import Environment
from wearline_cli.standing import files, rows
from wearline_cli.study_deployment import deploy_study

T = TypeVar("T")
PATIENCE_S = 120.0
ENDS = ("succeeded", "failed")


class Impatient(AssertionError):
    """What a test waits for did not come in time."""


def eventually(
    look: Callable[[], T | None], *, told: Callable[[], str], within_s: float = PATIENCE_S
) -> T:
    """The first true answer. Raises Impatient with what is `told` instead."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise Impatient(f"not within {within_s:.0f} s; instead:\n{told()}")
        time.sleep(0.1)
    return seen


@dataclass(frozen=True)
class Trial:
    """A deployed study of a test's own."""

    there: Environment
    name: str
    folder: Path
    patience_s: float = field(default=PATIENCE_S)

    @property
    def bucket(self) -> str:
        return f"{self.name}-data"

    # ---- what a site does

    def put(self, key: str, content: bytes | str) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.there.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def delete(self, key: str) -> None:
        self.there.s3.delete_object(Bucket=self.bucket, Key=key)

    # ---- what an operator does

    def deploy(self, document: str) -> None:
        """Deploy the study, anew too; `<study>` in the document becomes its name."""
        path = self.folder / f"{self.name}.yaml"
        path.write_text(document.replace("<study>", self.name))
        deployed = deploy_study(self.there, path, create_buckets=True)
        await_sweep(self.there, deployed.sweep)

    def sweep(self) -> dict[str, Any]:
        """Sweep now; the report."""
        return await_sweep(self.there, start_sweep(self.there, self.name))

    @contextmanager
    def events_lost(self) -> Iterator[None]:
        """Switch the study's rules off, as an operator's slip would, and on again."""
        events: Any = self.there.session.client("events", endpoint_url=self.there.endpoint)
        prefix = f"wearline-local-{self.name}-"
        names = [rule["Name"] for rule in events.list_rules(NamePrefix=prefix)["Rules"]]
        for name in names:
            events.disable_rule(Name=name)
        yield
        for name in names:
            events.enable_rule(Name=name)

    # ---- what can be seen

    def row(self, key: str) -> ObjectRow | None:
        return self.there.ledger.object(self.name, self.bucket, key)

    def run(self, run_id: str) -> RunRow:
        found = self.there.ledger.run(run_id)
        assert found is not None, f"run {run_id} has no row"
        return found

    def problems(self, kind: str | None = None) -> list[ProblemRow]:
        """The open problems."""
        found = self.there.ledger.problems(self.name)
        return [row for row in found if row.open and kind in (None, row.kind)]

    def executions(self) -> list[str]:
        """The names of all executions of Processing that were ever started for this study."""
        machine = self.there.outputs["ProcessingMachineArn"]
        pages = self.there.stepfunctions.get_paginator("list_executions")
        arns = [
            each["executionArn"]
            for page in pages.paginate(stateMachineArn=machine)
            for each in page["executions"]
        ]
        described = [self.there.stepfunctions.describe_execution(executionArn=arn) for arn in arns]
        return [
            each["name"]
            for each in described
            if json.loads(each.get("input", "{}"))["study"] == self.name
        ]

    def told(self) -> str:
        """How the study stands, for a person who reads of a failed test."""
        study = self.there.configuration(self.there.study(self.name))
        lines = [
            f"{each.key} {each.pipeline or each.kind}: {each.state} {each.reason}"
            for each in files(rows(self.there.ledger, study))
        ]
        lines += [f"problem {row.kind}: {row.sentence}" for row in self.problems()]
        return "\n".join(lines) or f"the ledger holds nothing of {self.name}"

    # ---- what is waited for

    def problem(self, kind: str, about: str) -> ProblemRow:
        """The one open problem of this kind that concerns it; it opens soon after its cause."""

        def look() -> list[ProblemRow]:
            return [row for row in self.problems(kind) if about in row.concerns]

        [found] = self.eventually(look)
        return found

    def eventually(self, look: Callable[[], T | None]) -> T:
        return eventually(look, told=self.told, within_s=self.patience_s)

    def settled(self, key: str) -> ObjectRow:
        """The object's row once there is one and nothing of it is on its way."""

        def look() -> ObjectRow | None:
            row = self.row(key)
            busy = row is None or any(
                each.disposition in ("ready", "running") for each in row.pipelines.values()
            )
            return None if busy else row

        return self.eventually(look)

    def pipeline(self, key: str, disposition: str, *, run_is_not: str | None = "") -> PipelineRow:
        """The file's one pipeline once it has this disposition, with another run than that."""

        def look() -> PipelineRow | None:
            row = self.row(key)
            [found] = row.pipelines.values() if row and row.pipelines else [None]
            if found is None or found.run_id == run_is_not:
                return None
            if found.disposition in ENDS and disposition in ENDS:
                assert found.disposition == disposition, f"it has not {disposition}:\n{self.told()}"
            return found if found.disposition == disposition else None

        return self.eventually(look)

    def accepted(self, key: str) -> ObjectRow:
        """The metadata file's row once its current content was taken over."""

        def look() -> ObjectRow | None:
            row = self.row(key)
            current = self.there.s3.head_object(Bucket=self.bucket, Key=key)["ETag"].strip('"')
            taken = row and row.version and row.version.etag == current and row.acceptance
            return row if taken else None

        return self.eventually(look)

    # ---- results

    def result(self, pipeline: PipelineRow, name: str) -> bytes:
        """A file of the attempt that counts."""
        run = self.run(pipeline.run_id or "")
        key = f"biomarkers/runs/{run.run_id}/attempts/{run.result}/{name}"
        return self.there.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def record(self, pipeline: PipelineRow) -> dict[str, Any]:
        """The run.json of the attempt that counts."""
        found: dict[str, Any] = json.loads(self.result(pipeline, "run.json"))
        return found

    def table(self, pipeline: PipelineRow, name: str) -> list[dict[str, Any]]:
        """The rows of a table of the attempt that counts."""
        content = io.BytesIO(self.result(pipeline, f"{name}.parquet"))
        found: list[dict[str, Any]] = pa.parquet.read_table(content).to_pylist()
        return found


def deployed_trial(there: Environment, document: str, folder: Path) -> Trial:
    """Deploy a study under a name of its own."""
    trial = Trial(there, f"trial-{uuid.uuid4().hex[:10]}", folder)
    trial.deploy(document)
    return trial
