"""Deploying a study: its stack, its stored configuration, and the row that makes it count.

::

    check ─> stack (rules, roles, tasks) ─> configuration stored ─> study row ─> sweep

The row comes last, and all at once: until then the functions go on with the earlier
configuration, or say that there is none. The sweep takes up what was uploaded meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from wearline.aws.services import configuration_key
from wearline.core.cloudformation import Template
from wearline.core.ledger import Release, StudyRow
from wearline.core.platform import Platform
from wearline.core.release_signatures import release_signature
from wearline.core.study import StudyConfiguration
from wearline.core.study_file import CheckedStudy
from wearline.core.study_stack import (
    job_definitions,
    releases_of,
    study_stack,
    task_definitions,
)
from wearline.core.study_tasks import stack_name
from wearline.core.withdrawal import new_salt
from wearline.ports import Put
from wearline_cli.auditing import audited
from wearline_cli.bucket_keys import bucket_keys
from wearline_cli.catalog_commands import start_sweep
from wearline_cli.environments import CommandError, Environment
from wearline_cli.notifications import enable_events
from wearline_cli.processor_images import image_of
from wearline_cli.readiness import stack_state
from wearline_cli.study_changes import bucket_changes, row_changes, stack_changes
from wearline_cli.study_files import checked_study
from wearline_cli.study_holdings import holdings, keep_as_long

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


class StackFailed(CommandError):
    """CloudFormation could not make or change the study's stack."""

    def __init__(self, stack: str, reasons: list[str]) -> None:
        self.stack, self.reasons = stack, reasons
        super().__init__(
            f"Stack {stack} was not deployed: {' '.join(reasons) or 'no reason given'}"
        )


@dataclass(frozen=True, slots=True)
class Deployed:
    """A study as it was deployed, and the sweep that was started for it."""

    configuration: StudyConfiguration
    row: StudyRow
    sweep: str


def deploy_study(there: Environment, path: Path, *, create_buckets: bool = False) -> Deployed:
    """Check a study file and deploy it; doing it again changes only what differs.

    Raises CommandError with every fault of the file, or with what AWS refused.
    """
    asked = _asked(there, path, create_buckets=create_buckets)
    checked, study = asked.checked, asked.checked.study
    with audited(there, study.study, "deploy_study", configuration_sha256=asked.sha256) as told:
        outputs = _deploy_stack(there, asked.stack, asked.template)
        for bucket in asked.existing:
            enable_events(there.s3, bucket)
        if asked.kept_log:
            keep_as_long(there, asked.kept_log)
        row = _store(there, checked, outputs)
        told |= {"configuration_version": row.configuration_version, "rev": row.rev}
    return Deployed(study, row, start_sweep(there, study.study))


def changes_of(there: Environment, path: Path, *, create_buckets: bool = False) -> Iterator[str]:
    """What deploying a study file would change, line by line; nothing is changed.

    Raises CommandError as deploying it would.
    """
    asked = _asked(there, path, create_buckets=create_buckets)
    study = asked.checked.study
    yield from stack_changes(there, asked.stack, asked.template)
    yield from bucket_changes(there, asked.existing)
    yield from row_changes(there, study, asked.sha256)
    yield "a sweep would start"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A checked study file, and the stack that it asks for."""

    checked: CheckedStudy
    stack: str
    template: Template
    existing: list[str]
    kept_log: str | None
    sha256: str


def _asked(there: Environment, path: Path, *, create_buckets: bool) -> _Asked:
    checked = checked_study(path, others=_others(there, path))
    study, stack = checked.study, stack_name(there.name, checked.study.study)
    _require_same_results(there, study)
    held = holdings(there, study, stack, create_buckets=create_buckets)
    platform = Platform.of(there.name, there.outputs, images(there, study))
    keys = bucket_keys(there.s3, there.kms, held.others)
    log = held.left_log
    template = study_stack(
        study, platform, made_buckets=held.made, bucket_keys=keys, makes_log=log is None
    )
    sha256 = hashlib.sha256(study.model_dump_json().encode()).hexdigest()
    watched = [each.name for each in study.buckets if each.name in held.others]
    return _Asked(checked, stack, template, watched, log, sha256)


class ResultsMoved(CommandError):
    """A deployed study's results cannot be moved: runs under way write where they began."""

    def __init__(self, study: str, before: str, after: str) -> None:
        self.study, self.before, self.after = study, before, after
        super().__init__(
            f"The results of {study} lie under {before} and cannot be moved to {after}."
            " Keep results as it is, or deploy the study under another name."
        )


def _require_same_results(there: Environment, study: StudyConfiguration) -> None:
    row = there.ledger.study(study.study)
    if row is None:
        return
    before, after = (
        f"s3://{each.results.bucket}/{each.results.prefix}"
        for each in (there.configuration(row), study)
    )
    if before != after:
        raise ResultsMoved(study.study, before, after)


def images(there: Environment, study: StudyConfiguration) -> dict[str, str]:
    """The image of each processor release that the study uses, pinned by digest on AWS."""
    return {release: image_of(there, release) for release in releases_of(study)}


def _others(there: Environment, path: Path) -> list[StudyConfiguration]:
    """The other studies of the environment, whose keys this one must not claim."""
    name = checked_study(path).study.study
    rows = [row for row in there.ledger.studies() if row.study != name and not row.removed]
    return [there.configuration(row) for row in rows]


def _store(there: Environment, checked: CheckedStudy, outputs: dict[str, str]) -> StudyRow:
    """Store what was written and what was checked, then let the study row name it."""
    study = checked.study
    document = study.model_dump_json().encode()
    bucket = there.outputs["ConfigurationBucket"]
    source = configuration_key(study.study).replace("study.json", "study.yaml")
    there.s3.put_object(Bucket=bucket, Key=source, Body=checked.text.encode())
    stored = there.s3.put_object(Bucket=bucket, Key=configuration_key(study.study), Body=document)
    before, jobs = there.ledger.study(study.study), job_definitions(outputs)
    row = StudyRow(
        study=study.study,
        configuration_version=stored.get("VersionId"),
        configuration_sha256=hashlib.sha256(document).hexdigest(),
        access_role_arn=outputs["AccessRoleArn"],
        releases={
            name: Release(release_signature(name).hash, arn, jobs.get(name, {}))
            for name, arn in task_definitions(outputs).items()
        },
        deployed=datetime.now(UTC).isoformat(timespec="seconds"),
        rev=before.rev if before else 0,
        salt=(before.salt if before else "") or new_salt(),
    )
    there.ledger.commit(Put(row))
    return replace(row, rev=row.rev + 1)


def _deploy_stack(there: Environment, name: str, template: dict[str, Any]) -> dict[str, str]:
    """Create or update a stack and wait; its outputs. An update without a change is success."""
    arguments: Any = {
        "StackName": name, "TemplateBody": json.dumps(template), "Capabilities": CAPABILITIES
    }  # fmt: skip
    try:
        exists = stack_state(there.cloudformation, name) is not None
        if exists:
            there.cloudformation.update_stack(**arguments)
        else:
            there.cloudformation.create_stack(**arguments, OnFailure="DELETE")
        done = "stack_update_complete" if exists else "stack_create_complete"
        waiter: Any = there.cloudformation.get_waiter(done)  # type: ignore[call-overload]
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1 if there.name == "local" else 10})
    except ClientError as refused:
        if "No updates are to be performed" not in str(refused):
            raise StackFailed(name, [str(refused)]) from refused
    except WaiterError as failed:
        raise StackFailed(name, _reasons(there, name)) from failed
    stack = there.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _reasons(there: Environment, name: str) -> list[str]:
    events = there.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{each['LogicalResourceId']}: {each['ResourceStatusReason']}"
        for each in events
        if each["ResourceStatus"].endswith("FAILED") and "ResourceStatusReason" in each
    ]
