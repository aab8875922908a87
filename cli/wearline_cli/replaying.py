"""What a run read and wrote, fetched again and held to what it writes now."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from wearline.core.ledger import RunRow
from wearline.core.plans import canonical_json
from wearline.core.release_signatures import release_signature
from wearline_cli.comparison import differing
from wearline_cli.environments import CommandError, Environment

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# The sides of a comparison, as people read them.
RUN, REPLAYED = "the run", "the replay"
# Between CPU models: what another order of summing may change, of a number relative to itself.
TOLERANCE = 1e-9
# Says when things happened, and so differs every time.
LOG = "worker.log"


class NothingToReplay(CommandError):
    """The run has no result yet."""

    def __init__(self, run_id: str, state: str) -> None:
        self.run_id, self.state = run_id, state
        super().__init__(f"Run {run_id} is {state} and has no run.json to replay.")


class ProcessorChanged(CommandError):
    """This machine has another processor by the name of the run's release."""

    def __init__(self, release: str, expected: str, present: str) -> None:
        self.release, self.expected, self.present = release, expected, present
        super().__init__(
            f"The run was computed by {release} ({expected[:12]}) and here it is {present[:12]}:"
            " check out the version of Wearline that deployed it, and run make setup."
        )


class InputGone(CommandError):
    """The file version that the run read can no longer be had."""

    def __init__(self, key: str, why: str) -> None:
        self.key = key
        super().__init__(f"The version of {key} that the run read cannot be fetched: {why}.")


class InputChanged(CommandError):
    """What S3 holds now is not what the run read."""

    def __init__(self, key: str, expected: str, found: str) -> None:
        self.key, self.expected, self.found = key, expected, found
        super().__init__(
            f"{key} is not what the run read: its SHA-256 is {found[:12]} and the run's"
            f" {expected[:12]}. In a bucket without versions an overwritten file is gone."
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run as its ``run.json`` tells it, and where its outputs lie."""

    run_id: str
    bucket: str
    prefix: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, there: Environment, row: RunRow) -> Recorded:
        """Raises NothingToReplay, and CommandError where ``run.json`` cannot be read."""
        if row.result is None:
            raise NothingToReplay(row.run_id, row.state)
        results = there.configuration(there.study(row.study)).results
        prefix = f"{results.prefix}runs/{row.run_id}/attempts/{row.result}/"
        body = _fetch(there, results.bucket, f"{prefix}run.json")
        return cls(row.run_id, results.bucket, prefix, json.loads(body))

    @property
    def plan(self) -> bytes:
        return canonical_json(self.document["plan"])

    @property
    def subject(self) -> str:
        named: str = self.document["plan"]["identity"]["recording"]["subject"]
        return named

    @property
    def processor(self) -> Mapping[str, Any]:
        """What computed the run; a run whose worker died knows only what its plan asked for."""
        asked: Mapping[str, Any] = self.document["plan"]["identity"]["processor"]
        return {**asked, **self.document["processor"]}

    def check_processor(self) -> None:
        """Raises ProcessorChanged where the source is not what computed the run."""
        release, expected = self.processor["release"], self.processor["hash"]
        present = release_signature(release).hash
        if present != expected:
            raise ProcessorChanged(release, expected, present)

    @property
    def outputs(self) -> Mapping[str, str]:
        """SHA-256 of each table and picture, by name."""
        listed = self.document["outputs"]
        return {each["name"]: each["sha256"] for each in listed if each["name"] != LOG}


@dataclass(frozen=True, slots=True)
class Replay:
    """How the outputs of a replay compare to those of its run.

    `verdict` is what the replay ended with where the run ended otherwise.
    """

    same: Sequence[str]
    unlike: Sequence[str]
    verdict: str | None
    remarks: Sequence[str]
    same_cpu: bool

    def holds(self, compared: Mapping[str, Any]) -> bool:
        """Whether the run could be made again: bit for bit, or on another CPU within TOLERANCE."""
        if self.verdict is not None:
            return False
        return not self.unlike or (not self.same_cpu and _within(compared))


def fetch_input(there: Environment, recorded: Recorded, folder: Path) -> Path:
    """The file version that the run read, verified. Raises InputGone and InputChanged."""
    planned = recorded.document["plan"]["identity"]["file"]
    read = recorded.document["input"].get("version_id")
    file = {**planned, "version_id": read or planned["version_id"]}
    path = folder / f"input{PurePosixPath(file['key']).suffix}"
    try:
        answer = _version(there, file)
    except ClientError as refused:
        raise InputGone(file["key"], str(refused)) from refused
    digest = hashlib.sha256()
    with path.open("wb") as target:
        for chunk in answer["Body"].iter_chunks(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    expected = recorded.document["input"]["sha256"]
    if digest.hexdigest() != expected:
        raise InputChanged(file["key"], expected, digest.hexdigest())
    return path


def _version(there: Environment, file: Mapping[str, Any]) -> GetObjectOutputTypeDef:
    """By its VersionId; by its ETag in a bucket without versions, and where that version expired
    and the same bytes lie there again."""
    exactly = {"Bucket": file["bucket"], "Key": file["key"]}
    if file["version_id"]:
        try:
            return there.s3.get_object(**exactly, VersionId=file["version_id"])
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "NoSuchVersion":
                raise
    return there.s3.get_object(**exactly, IfMatch=file["etag"])


def fetch_tables(
    there: Environment, recorded: Recorded, names: Sequence[str], folder: Path
) -> None:
    """Those of the outputs that are tables, as the run stored them."""
    folder.mkdir(parents=True)
    for name in names:
        if name.endswith(".parquet") and name in recorded.outputs:
            body = _fetch(there, recorded.bucket, f"{recorded.prefix}{name}")
            (folder / name).write_bytes(body)


def replayed(recorded: Recorded, report: Mapping[str, Any], output: Path) -> Replay:
    """Hold what the replay wrote into `output` to what the run stored."""
    now = {
        each["name"]: hashlib.sha256((output / each["name"]).read_bytes()).hexdigest()
        for each in report["outputs"]
    }
    before = recorded.outputs
    names = sorted({*before, *now})
    same = [name for name in names if before.get(name) == now.get(name)]
    for name in same:  # equal already: only what differs is compared
        (output / name).unlink()
    ended, ends = _ending(recorded.document), _ending(report)
    remarks = [*_remarks(recorded, report)]
    if ended != ends:
        remarks.append(f"The run ended with {ended}, the replay with {ends}.")
    return Replay(
        same=same,
        unlike=[name for name in names if name not in same],
        verdict=ends if ended != ends else None,
        remarks=remarks,
        same_cpu=recorded.processor.get("cpu_model") == report["processor"].get("cpu_model"),
    )


def _remarks(recorded: Recorded, report: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it was, and may explain a difference."""
    before, now = recorded.processor, report["processor"]
    if before.get("python") not in (None, now.get("python")):
        yield f"The run used Python {before['python']}, the replay {platform.python_version()}."
    if before.get("cpu_model") not in (None, now.get("cpu_model")):
        yield f"The run used {before['cpu_model']}, the replay {now['cpu_model']}."


def _ending(told: Mapping[str, Any]) -> str:
    return f"{told['verdict']} ({told['reason']['code']})" if told["reason"] else told["verdict"]


def _within(compared: Mapping[str, Any]) -> bool:
    """Whether no column differs in more than its numbers' last digits."""
    return all(
        column["max_rel"] is not None and column["max_rel"] <= TOLERANCE
        for _, column in differing(compared)
    )


def _fetch(there: Environment, bucket: str, key: str) -> bytes:
    try:
        return there.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as refused:
        raise CommandError(f"s3://{bucket}/{key} cannot be read: {refused}") from refused
