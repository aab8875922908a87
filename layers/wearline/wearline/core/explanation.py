"""One object explained from evidence: what it is, what became of it, and what would move it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wearline.core.assignments import is_device
from wearline.core.attempts import MOST_TRIES
from wearline.core.failures import Failure, failure, first
from wearline.core.ledger import (
    FileVersion,
    ObjectRow,
    PipelineRow,
    ProblemRow,
    Recorded,
    RunRow,
    Unmet,
)
from wearline.core.lifecycle import SOURCES, is_held
from wearline.core.preview import FilePreview
from wearline.core.study import StudyConfiguration

TOLD: Mapping[str, str] = {
    "event": "Its event told of it",
    "sweep": "No event told of it in time; a sweep found it",
    "wake_up": "It was noticed when its subject's metadata changed",
    "run": "It was noticed when a run of an earlier version was to start",
    "person": "It was noticed when a person asked for another run",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about one object.

    ``current`` is what S3 holds now; ``unreadable`` why it could not be asked. ``runs`` holds
    the runs that the row names, now and in the past, and ``executing`` those whose execution
    is under way. ``alike`` is a subject that metadata knows, for one that they do not; keys
    ``cut_below`` were too many to look at all for it.
    """

    study: str
    bucket: str
    key: str
    current: FileVersion | None
    preview: FilePreview
    row: ObjectRow | None = None
    unreadable: str | None = None
    runs: Mapping[str, RunRow] = field(default_factory=dict)
    executing: frozenset[str] = frozenset()
    problems: Sequence[ProblemRow] = ()
    alike: Mapping[str, str] = field(default_factory=dict)
    cut_below: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class PipelineExplained:
    """One pipeline: where it stands, each unmet requirement, and its runs."""

    name: str
    standing: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for a person. ``command`` would move the object on, if anything would."""

    what: str
    seen: tuple[str, ...]
    pipelines: tuple[PipelineExplained, ...] = ()
    problems: tuple[str, ...] = ()
    command: str | None = None


def explain(evidence: Evidence, configuration: StudyConfiguration) -> Explanation:
    return Explanation(
        what=_what(evidence),
        seen=tuple(_seen(evidence)),
        pipelines=tuple(_pipelines(evidence, configuration)),
        problems=tuple(row.sentence for row in evidence.problems),
        command=_command(evidence, configuration),
    )


def _what(evidence: Evidence) -> str:
    """What the key is under today's configuration, or the nearest miss."""
    found = evidence.preview
    if found.kind == "ignored":
        near = f" The nearest pattern is {found.nearest}: {found.miss}." if found.nearest else ""
        return f"Ignored: {found.reason}.{near}"
    assigned = evidence.row.assigned if evidence.row else {}
    said = {**(found.fields or {}), **assigned}
    fields = ", ".join(f"{name} {value}" for name, value in said.items())
    return f"A {found.kind} file of pattern {found.pattern}" + (f": {fields}." if fields else ".")


def _seen(evidence: Evidence) -> Iterator[str]:
    row, current = evidence.row, evidence.current
    if evidence.unreadable:
        yield evidence.unreadable
    elif current is None:
        yield "S3 holds no such object now."
    else:
        yield f"S3 holds {current.size} bytes, uploaded {current.last_modified}."
    if row is None:
        yield "Wearline never saw it: no event and no sweep told of it."
        yield from _would_become(evidence)
        return
    yield f"{TOLD[row.told_by]}; registered {row.arrived}."
    if row.deleted:
        yield "The ledger knows that it was deleted."
    elif current is not None and not row.holds(current):
        yield "The ledger knows another version than S3 holds now."
    if row.repeats:
        yield f"The same content was uploaded {len(row.repeats)} times more, and ran nothing."
    if row.recorded is not None:
        yield _recorded(row.recorded)
    if row.reason is not None:
        yield row.reason.sentence
    taken = row.acceptance
    if row.kind in SOURCES and taken is not None:
        state = f"{taken.accepted} of {taken.rows} rows count, {taken.rejected} do not."
        yield state if row.values_settled else "Its values are being taken over."


def _recorded(recorded: Recorded) -> str:
    device = recorded.serial_number or "of no known serial number"
    return f"Its header tells of device {device}, started {recorded.start or 'nobody knows when'}."


def _would_become(evidence: Evidence) -> Iterator[str]:
    for pipeline in evidence.preview.pipelines:
        waits = f", and waits for {', '.join(pipeline.waits_for)}" if pipeline.waits_for else ""
        yield f"It would run {pipeline.name}{waits}."


def _pipelines(
    evidence: Evidence, configuration: StudyConfiguration
) -> Iterator[PipelineExplained]:
    row = evidence.row
    for name, pipeline in row.pipelines.items() if row else ():
        standing = f"{pipeline.shown} since {pipeline.since}"
        lines = (
            *_unmet_lines(evidence, configuration, pipeline),
            *([pipeline.reason.sentence] if pipeline.reason else []),
            *([failed.next_step] if (failed := failure(row, name)) else []),
            *_result_lines(pipeline),
            *_run_lines(evidence, pipeline),
            *(f"Run {past.run_id[:12]}, {past.disposition}: {past.why}" for past in pipeline.past),
        )
        yield PipelineExplained(name, standing, lines)


def _result_lines(pipeline: PipelineRow) -> Iterator[str]:
    if pipeline.set_aside:
        yield f"Its result is there and counts no more: {pipeline.set_aside.sentence}"
    elif pipeline.stale:
        yield f"Stale: {pipeline.stale.sentence}"


def _unmet_lines(
    evidence: Evidence, configuration: StudyConfiguration, pipeline: PipelineRow
) -> Iterator[str]:
    for unmet in pipeline.unmet:
        yield unmet.sentence
        yield from (f"  {place}" for place in sources(configuration, unmet))
        if unmet.subject in evidence.alike:
            near = evidence.alike[unmet.subject]
            yield f"  Metadata know {near}, which is spelled almost alike."
        elif unmet.why == "missing" and evidence.cut_below:
            places = ", ".join(evidence.cut_below)
            yield f"  Not every key below {places} was looked at for a subject spelled alike."


def sources(configuration: StudyConfiguration, unmet: Unmet) -> Iterator[str]:
    """Where a value could come from: each metadata pattern that provides it."""
    if is_device(unmet.subject):
        for name, log in configuration.device_logs().items():
            yield f"It could come from a row of {name} files: {log.key}"
    for name, files in configuration.metadata_files().items():
        if unmet.name in files.values:
            column = files.values[unmet.name].column
            yield f"It could come from column {column} of {name} files: {files.key}"


def _run_lines(evidence: Evidence, pipeline: PipelineRow) -> Iterator[str]:
    run = evidence.runs.get(pipeline.run_id or "")
    if run is None:
        if pipeline.run_id:
            yield f"Run {pipeline.run_id[:12]} has not begun yet."
        return
    yield f"Run {run.run_id[:12]}, attempt {run.attempt}: {run.state} since {run.started}."
    for each in run.tries:
        why = f": {each.reason.sentence}" if each.reason and each.reason.sentence else ""
        yield f"  try {each.name} started {each.started}{why}"
    if run.state == "running":
        yield _next_of(run, evidence)


def _next_of(run: RunRow, evidence: Evidence) -> str:
    if run.run_id not in evidence.executing:
        return "  Its execution is gone; the next sweep has it recorded."
    if run.tries and run.tries[-1].outcome:
        return f"  The next try comes by itself, the last one of {MOST_TRIES} at the latest."
    return "  Its task is under way."


def _command(evidence: Evidence, configuration: StudyConfiguration) -> str | None:
    """The one command that would move it on, the most urgent first."""
    row, current, study = evidence.row, evidence.current, evidence.study
    if evidence.unreadable:
        return f"wearline problems {study}"
    differs = row is None or (current is not None and not row.holds(current))
    if (current is not None and differs) or _is_left(evidence):
        return f"wearline catalog start {study}"
    pipelines = list(row.pipelines.values()) if row else []
    unmet = next((each for pipeline in pipelines for each in pipeline.unmet), None)
    if any(is_held(each) for each in pipelines):
        return f"wearline cost {study}"
    failed = list(_failures(evidence))
    if failed:
        return first(failed).command
    if unmet is not None:
        return _upload(configuration, unmet)
    return f"wearline plan {study}" if any(each.overtaken for each in pipelines) else None


def _failures(evidence: Evidence) -> Iterator[Failure]:
    for name in evidence.row.pipelines if evidence.row else ():
        failed = failure(evidence.row, name)
        if failed is not None:
            yield failed


def _upload(configuration: StudyConfiguration, unmet: Unmet) -> str | None:
    """Bring the value: a metadata file or a device log that holds it, by its key template."""
    logs = configuration.device_logs().values() if is_device(unmet.subject) else ()
    for log in logs:
        return f"aws s3 cp FILE s3://{configuration.buckets_of(log)[0]}/{log.key}"
    for files in configuration.metadata_files().values():
        if unmet.name in files.values:
            return f"aws s3 cp FILE s3://{configuration.buckets_of(files)[0]}/{files.key}"
    return None


def _is_left(evidence: Evidence) -> bool:
    """Ready, or running without an execution: what a sweep puts right."""
    row = evidence.row
    return any(
        (each.disposition == "ready" and not is_held(each))
        or (each.disposition == "running" and each.run_id not in evidence.executing)
        for each in (row.pipelines.values() if row else ())
    )
