"""Problems: what a person must do, one kind for each sort of cause.

A problem's identity is its cause, so that a cause opens one problem however often it is
seen. ``PROBLEM_KINDS`` is the whole list; docs/problems.md explains each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wearline.core.decisions import Decided
from wearline.core.failures import Failure
from wearline.core.ledger import ObjectRow, Reason, ResultRow, Unmet
from wearline.core.plans import sha256_hex

ProblemKind = Literal[
    "configuration_missing",
    "configuration_invalid",
    "bucket_missing",
    "bucket_forbidden",
    "metadata_rejected",
    "decision_names_nothing",
    "requirement_missing",
    "run_failed",
    "result_missing",
    "result_altered",
]

PROBLEM_KINDS: dict[ProblemKind, str] = {
    "configuration_missing": "The study has no deployed configuration.",
    "configuration_invalid": "The deployed configuration cannot be read.",
    "bucket_missing": "A bucket of the study does not exist.",
    "bucket_forbidden": "A bucket of the study may not be read.",
    "metadata_rejected": "A row, or the whole, of a metadata or decisions file could not be used.",
    "decision_names_nothing": "A decision names no recording that is there.",
    "requirement_missing": "Files wait for a value that no metadata file holds.",
    "run_failed": "A run ended without results.",
    "result_missing": "The run.json of a run is gone.",
    "result_altered": "The run.json of a run is not the one that was recorded.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One cause. ``scope`` groups causes that are closed together, such as one file's."""

    kind: ProblemKind
    study: str
    scope: tuple[str, ...]
    detail: tuple[str, ...]
    concerns: str
    sentence: str
    next_step: str

    @property
    def problem_id(self) -> str:
        return scope_prefix(self.kind, *self.scope) + _digest(self.detail)


def run_failed_id(bucket: str, key: str, pipeline: str) -> str:
    """The id of the problem that a failed run of a file and pipeline is."""
    return scope_prefix("run_failed", bucket, key) + _digest((pipeline,))


def requirement_missing_id(subject: str, visit: str | None, name: str) -> str:
    return scope_prefix("requirement_missing", subject, visit or "", name) + _digest(())


def problem_ids(row: ObjectRow | None) -> set[str]:
    """The ids of the problems that a file's pipelines are."""
    if row is None:
        return set()
    missing = {
        requirement_missing_id(unmet.subject, unmet.visit, unmet.name)
        for pipeline in row.pipelines.values()
        for unmet in pipeline.unmet
    }
    failed = {
        run_failed_id(row.bucket, row.key, name)
        for name, pipeline in row.pipelines.items()
        if pipeline.disposition == "failed"
    }
    return missing | failed


def scope_prefix(kind: ProblemKind, *scope: str) -> str:
    """What the ids of all problems of one kind and scope begin with.

    >>> scope_prefix("run_failed", "bucket", "key").startswith("run_failed#")
    True
    """
    return f"{kind}#{_digest(scope)}#"


def _digest(parts: tuple[str, ...]) -> str:
    return sha256_hex("\0".join(parts).encode("utf-8"))[:16]


def run_failed(
    study: str, bucket: str, key: str, pipeline: str, reason: Reason, run_id: str | None
) -> Problem:
    """``run_id`` is None where the configuration has no plan for the file, so nothing ran."""
    failure = Failure(study, bucket, key, reason.code, run_id)
    return Problem(
        "run_failed", study, (bucket, key), (pipeline,), f"{pipeline} of {failure.url}",
        reason.sentence, failure.next_step,
    )  # fmt: skip


def requirement_missing(study: str, unmet: Unmet) -> Problem:
    whom = unmet.subject if unmet.visit is None else f"{unmet.subject}, {unmet.visit}"
    return Problem(
        "requirement_missing", study, (unmet.subject, unmet.visit or "", unmet.name), (),
        f"{unmet.name} of {whom}", unmet.sentence,
        "Upload a metadata file that holds the value; the waiting files then start by themselves.",
    )  # fmt: skip


def result_missing(study: str, row: ResultRow) -> Problem:
    return _of_result(
        "result_missing", study, row, f"The record of run {row.run_id[:12]} is no longer there."
    )


def result_altered(study: str, row: ResultRow) -> Problem:
    return _of_result(
        "result_altered", study, row,
        f"The record of run {row.run_id[:12]} is not the one that was recorded.",
    )  # fmt: skip


def _of_result(kind: ProblemKind, study: str, row: ResultRow, sentence: str) -> Problem:
    return Problem(
        kind, study, (row.bucket, row.key), (row.etag, str(row.size)),
        f"s3://{row.bucket}/{row.key}", sentence,
        "Restore the version of the object with the recorded ETag; versions that were"
        " overwritten or deleted are in the bucket as long as its lifecycle keeps them.",
    )  # fmt: skip


def metadata_rejected(
    study: str, bucket: str, key: str, detail: tuple[str, ...], sentence: str
) -> Problem:
    return Problem(
        "metadata_rejected", study, (bucket, key), detail, f"s3://{bucket}/{key}", sentence,
        "Correct the file and upload it again under the same key; its good rows count already.",
    )  # fmt: skip


def decision_names_nothing(study: str, decided: Decided) -> Problem:
    decision, source = decided.decision, decided.held_by.source
    named = (decision.bucket or "", decision.key or "", decision.visit or "")
    return Problem(
        "decision_names_nothing", study, (decision.entity,), (source.bucket, source.key, *named),
        f"s3://{source.bucket}/{source.key} row {decided.row}",
        f"The decision to {decision.action} of row {decided.row} names no recording that is there.",
        "Correct the key, subject or visit of the row and upload the file again; if the"
        " recording is yet to come, the decision will apply by itself.",
    )  # fmt: skip


def configuration_missing(study: str, removed: str | None = None) -> Problem:
    why = f"was removed at {removed}" if removed else "has no deployed configuration"
    again = " if it is to go on" if removed else ""
    return Problem(
        "configuration_missing", study, (), (), study,
        f"Study {study} {why}, so its uploads cannot be routed.",
        f"Run `wearline study deploy FILE`{again}.",
    )  # fmt: skip


def configuration_invalid(study: str, sentence: str) -> Problem:
    return Problem(
        "configuration_invalid", study, (), (), study, sentence,
        "Run `wearline study check FILE` and deploy the study again.",
    )  # fmt: skip


def bucket_unreadable(study: str, bucket: str, *, missing: bool, sentence: str) -> Problem:
    kind: ProblemKind = "bucket_missing" if missing else "bucket_forbidden"
    return Problem(
        kind, study, (bucket,), (), f"s3://{bucket}", sentence,
        "Create the bucket or correct the study's buckets, then deploy the study again.",
    )  # fmt: skip
