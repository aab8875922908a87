"""What moves a failed run on, by the code of its reason: one mapping for all who advise.

docs/results.md lists the codes of runs, docs/quality.md those of recordings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote
from typing import Literal, get_args

from wearline.core.attempts import Cause
from wearline.core.ledger import ObjectRow

Way = Literal["deploy", "retry", "configuration", "file", "log"]

# What says nothing of the recording, and what its task was given may be more next time.
_PASSING = frozenset((*get_args(Cause), "memory_limit", "cpu_limit"))
# The study's deployment is behind the processor of the environment.
_DEPLOYMENT = frozenset(("release_mismatch", "release_not_deployed"))
# What the study asks for cannot be done with any recording, or not with this kind of file.
_CONFIGURATION = frozenset((
    "plan_invalid", "parameter_invalid", "steps_disconnected", "registration_invalid",
    "sampling_rate_unsuitable", "no_case_for_value", "format_options_invalid",
    "column_missing", "sensor_not_found", "time_zone_unknown",
))  # fmt: skip
# No recording can be made of the file, so only another file helps.
_FILE = frozenset((
    "format_not_recognised", "format_unexpected", "file_empty", "archive_damaged",
    "header_damaged", "samples_missing", "content_damaged", "content_unsupported",
    "value_unparsable", "time_uneven", "deleted",
))  # fmt: skip
_FINDING = "quality_"


@dataclass(frozen=True, slots=True)
class Failure:
    """A pipeline of a file that failed; ``run_id`` is None where nothing ran."""

    study: str
    bucket: str
    key: str
    code: str
    run_id: str | None = None

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def way(self) -> Way:
        """Which sort of thing helps.

        >>> Failure("s", "b", "k", "time_limit").way
        'retry'
        """
        if self.code in _DEPLOYMENT:
            return "deploy"
        if self.code in _PASSING:
            return "retry"
        if self.code in _CONFIGURATION:
            return "configuration"
        return "file" if self.code in _FILE or self.code.startswith(_FINDING) else "log"

    @property
    def command(self) -> str:
        """The one command that moves it on, or says what would."""
        match self.way:
            case "deploy" | "configuration":
                return "wearline study deploy FILE"
            case "retry":
                return f"wearline retry {self.study} --failed --object {quote(self.url)}"
            case "file":
                return f"aws s3 cp FILE {quote(self.url)}"
            case "log":
                return (
                    f"wearline log {self.run_id}" if self.run_id else "wearline study deploy FILE"
                )

    @property
    def next_step(self) -> str:
        """What a person does about it, in sentences."""
        again = f"`wearline retry {self.study} --failed --reason-code {self.code}`"
        match self.way:
            case "deploy":
                after = f" What fails so again under the same plan: {again}." if self.run_id else ""
                return (
                    "Deploy the study again (`wearline study deploy FILE`): its plan is then"
                    f" another, and runs by itself.{after}"
                )
            case "retry":
                return f"{_BEFORE.get(self.code, '')}Nothing is wrong with the file: {again}."
            case "configuration":
                return (
                    "Correct the configuration and deploy it (`wearline study deploy FILE`), or"
                    " upload another file under the same key; either starts a new run by itself."
                )
            case "file":
                return self._new_file()
            case "log":
                log = f"Read its log with `wearline log {self.run_id}`. Then c"
                return f"{log if self.run_id else 'C'}{_CORRECT}"

    def _new_file(self) -> str:
        finding = self.code.removeprefix(_FINDING)
        accept = (
            f", accept {finding} (a decision, or `quality` of the configuration)"
            if finding != self.code
            else ""
        )
        return (
            "Another attempt would fail again. Upload a good file under the same key, which runs"
            f" by itself{accept}, or exclude the recording by a decision."
        )


_CORRECT = "orrect the file or the configuration, or exclude the recording by a decision."
_BEFORE = {"image": "Bring the image with `wearline deploy ENV` first. "}
_ORDER: tuple[Way, ...] = get_args(Way)


def failure(row: ObjectRow | None, pipeline: str) -> Failure | None:
    """What failed of a pipeline of a file, if that is how it stands."""
    known = row.pipelines.get(pipeline) if row else None
    if row is None or known is None or known.disposition != "failed" or known.reason is None:
        return None
    return Failure(row.study, row.bucket, row.key, known.reason.code, known.run_id)


def first(failures: Iterable[Failure]) -> Failure:
    """The one to see to first: what mends most comes before what mends one file."""
    return min(failures, key=lambda each: _ORDER.index(each.way))
