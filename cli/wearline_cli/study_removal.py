"""Removing a study: its stack goes, everything that it stored stays.

::

    looked at, asked ─> row marked removed ─> nothing runs any more? ─> stack deleted
                        nothing new begins     no: said; again later

The mark comes first, so that no upload in between begins a run whose roles are about to go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from botocore.exceptions import ClientError, WaiterError

from wearline.core.ledger import StudyRow
from wearline.core.study import StudyConfiguration
from wearline.core.study_roles import bucket_names
from wearline.core.study_tasks import log_group, stack_name
from wearline.ports import Put
from wearline_cli.auditing import audited
from wearline_cli.environments import CommandError, Environment
from wearline_cli.options import counted
from wearline_cli.readiness import stack_state
from wearline_cli.standing import rows

KEPT = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::Logs::LogGroup")


class StillRunning(CommandError):
    """Runs are under way that the study's roles and task definitions serve."""

    def __init__(self, study: str, env: str, running: int) -> None:
        self.study, self.running = study, running
        super().__init__(
            f"{counted(running, 'run')} of {study} under way. The study is marked as removed,"
            " so that nothing new begins; when none is, run again:"
            f" wearline study remove {study} --env {env}"
        )


class RemovalFailed(CommandError):
    """CloudFormation could not delete the study's stack."""

    def __init__(self, stack: str, why: str) -> None:
        self.stack = stack
        super().__init__(
            f"Stack {stack} was not deleted ({why}). Mend what its events name, and run it again."
        )


@dataclass(frozen=True)
class Removal:
    """What removing a study would do."""

    env: str
    row: StudyRow
    configuration: StudyConfiguration
    stack: str
    running: int
    going: Counter[str]

    @property
    def staying(self) -> list[str]:
        results = self.configuration.results
        return [
            *(f"bucket {name}, with every object" for name in bucket_names(self.configuration)),
            f"results under s3://{results.bucket}/{results.prefix}",
            f"the tasks' log {log_group(self.env, self.configuration.study)}",
            "the ledger, the stored configuration and the audit trail",
        ]


def look(there: Environment, study: str) -> Removal:
    """What is there to remove. Raises UnknownStudy."""
    row = there.study(study)
    configuration = there.configuration(row)
    stack = stack_name(there.name, study)
    running, going = _running(there, configuration), _going(there, stack)
    return Removal(there.name, row, configuration, stack, running, going)


def remove(there: Environment, removal: Removal) -> None:
    """Mark the study as removed and delete its stack; again, where it was begun before.

    Raises StillRunning, with the mark standing, and RemovalFailed.
    """
    study = removal.row.study
    with audited(there, study, "remove_study") as told:
        if removal.row.removed is None:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            there.ledger.commit(Put(replace(removal.row, removed=at)))
        if running := _running(there, removal.configuration):
            raise StillRunning(study, there.name, running)
        _delete(there, removal.stack)
        told["stack"] = removal.stack


def _running(there: Environment, configuration: StudyConfiguration) -> int:
    return sum(
        pipeline.disposition == "running"
        for row in rows(there.ledger, configuration)
        for pipeline in row.pipelines.values()
    )


def _going(there: Environment, stack: str) -> Counter[str]:
    """What the stack holds besides what stays, by type."""
    if stack_state(there.cloudformation, stack) is None:
        return Counter()
    pages = there.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    types = [each["ResourceType"] for page in pages for each in page["StackResourceSummaries"]]
    return Counter(each for each in types if each not in KEPT)


def _delete(there: Environment, stack: str) -> None:
    if stack_state(there.cloudformation, stack) is None:
        return
    try:
        there.cloudformation.delete_stack(StackName=stack)
        waiter = there.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1 if there.name == "local" else 10})
    except (ClientError, WaiterError) as failed:
        raise RemovalFailed(stack, str(failed)) from failed
