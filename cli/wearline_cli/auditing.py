"""Actions of people and administrators, told to the audit trail before they are done.

::

    intent written ──> the act ──> done | failed written
         │ it cannot be: nothing is done

So what was done without an entry cannot have been done by Wearline's command. An act whose end
could not be written says so; its intent stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wearline.aws.audit import S3AuditChain
from wearline.core.audit import Phase
from wearline.flow.auditing import Act, AuditUnwritable, append
from wearline_cli.environments import CommandError, Environment, NotDeployed

DEPLOY_PLATFORM = "deploy_platform"
MOST_RUNS = 1000
_UNWRITABLE = (AuditUnwritable, BotoCoreError, ClientError)


class NotAudited(CommandError):
    """The audit trail cannot be written, so nothing was done."""

    def __init__(self, action: str, why: str) -> None:
        self.action = action
        super().__init__(
            f"Nothing was done: the audit trail cannot be written ({why})."
            " Whoever acts must be allowed to list and put audit/* in the configuration bucket."
        )


class EndNotAudited(CommandError):
    """The act was done, and its end could not be written."""

    def __init__(self, action: str, intent: int | None, why: str) -> None:
        self.action, self.intent = action, intent
        left = "no entry tells of it" if intent is None else f"entry {intent} stands as intended"
        super().__init__(
            f"The action {action} was done, but its end could not be written to the audit trail"
            f" ({why}); {left}."
        )


def study_chain(there: Environment, study: str) -> S3AuditChain:
    return S3AuditChain.of_study(there.s3, there.outputs["ConfigurationBucket"], study)


def environment_chain(there: Environment) -> S3AuditChain:
    bucket = there.outputs["ConfigurationBucket"]
    return S3AuditChain.of_environment(there.s3, bucket, there.name)


@contextmanager
def audited(
    there: Environment, study: str | None, action: str, **facts: object
) -> Iterator[dict[str, Any]]:
    """Chain an intent before and the end after; what is put into the dictionary is told.

    Without a study it is the environment's chain. Raises NotAudited before anything is done.
    """
    chain = study_chain(there, study) if study else environment_chain(there)
    try:
        by = there.caller
        intent = append(chain, _act(by, action, "intent", facts)).n
    except _UNWRITABLE as refused:
        raise NotAudited(action, str(refused)) from refused
    told: dict[str, Any] = {}
    try:
        yield told
    except BaseException as failed:
        with suppress(*_UNWRITABLE):
            told["error"] = type(failed).__name__
            append(chain, _act(by, action, "failed", told, intent))
        raise
    try:
        append(chain, _act(by, action, "done", told, intent))
    except _UNWRITABLE as refused:
        raise EndNotAudited(action, intent, str(refused)) from refused


@contextmanager
def audited_deployment(there: Environment, **facts: object) -> Iterator[dict[str, Any]]:
    """A deployment of the platform itself, in the environment's chain.

    The first one makes the bucket that the trail lies in, so it is told when it is done. Raises
    NotAudited and EndNotAudited, and StackUnreadable before anything is done.
    """
    if _has_trail(there):
        with audited(there, None, DEPLOY_PLATFORM, **facts) as told:
            yield told
        return
    told = {**facts}
    yield told
    try:
        append(environment_chain(there), _act(there.caller, DEPLOY_PLATFORM, "done", told))
    except _UNWRITABLE as refused:
        raise EndNotAudited(DEPLOY_PLATFORM, None, str(refused)) from refused


def _has_trail(there: Environment) -> bool:
    """Whether the environment was ever made. Raises StackUnreadable where that cannot be seen."""
    try:
        return bool(there.outputs)
    except NotDeployed:
        return False


def _act(
    by: str, action: str, phase: Phase, facts: dict[str, Any], intent: int | None = None
) -> Act:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Act(at, by, action, phase, facts, intent)


def runs_told(run_ids: list[str]) -> dict[str, Any]:
    """Runs as an entry names them: their number, and which, as far as they are not too many."""
    return {"runs": len(run_ids), "run_ids": sorted(run_ids)[:MOST_RUNS]}
