"""What could never work, though each part of the configuration has the right shape."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wearline.core import file_checks, metadata_checks
from wearline.core.device_log_checks import device_log_faults
from wearline.core.faults import Fault, FaultPath, unknown
from wearline.core.file_patterns import DataFiles
from wearline.core.formats import Csv
from wearline.core.pipelines import FROM, Pipeline
from wearline.core.release_signatures import Release, known_releases, release_signature
from wearline.core.step_checks import (
    Recording,
    choice_faults,
    connection_faults,
    parameter_faults,
)
from wearline.core.steps import cases
from wearline.core.study import StudyConfiguration


def study_faults(
    study: StudyConfiguration,
    broken: Collection[FaultPath] = (),
    kinds_in_doubt: Collection[str] = (),
) -> list[Fault]:
    """All faults, each once.

    `broken` sections are not judged, nor is anything that file patterns in doubt could explain.
    """
    faults = dict.fromkeys(_all_faults(study, broken, kinds_in_doubt))
    return [fault for fault in faults if not any(_is_within(fault.path, part) for part in broken)]


def _is_within(path: FaultPath, part: FaultPath) -> bool:
    return bool(part) and path[: len(part)] == part


def _all_faults(
    study: StudyConfiguration, broken: Collection[FaultPath], kinds_in_doubt: Collection[str]
) -> Iterator[Fault]:
    sections = {path[0] for path in broken if len(path) == 1}
    if "buckets" not in sections:
        yield from file_checks.bucket_faults(study)
    if not sections & {"buckets", "results"}:
        yield from file_checks.overlap_faults(study)
        yield from _lock_faults(study)
    yield from file_checks.zone_faults(study)
    yield from metadata_checks.value_faults(study)
    if not {"data", "device_log"} & set(kinds_in_doubt):
        yield from device_log_faults(study)
        yield from file_checks.expectation_faults(study)
    if not {"metadata", "device_log"} & set(kinds_in_doubt):
        yield from file_checks.data_faults(study)
        yield from metadata_checks.requirement_faults(study)
    for name, pipeline in study.pipelines.items():
        for fault in _pipeline_faults(study, name, pipeline, kinds_in_doubt):
            yield fault.below("pipelines", name)
    yield from _use_faults(study, {str(path[-1]) for path in broken if path[:1] == ("pipelines",)})
    yield from _quality_faults(study)


def _lock_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """A bucket's lock is on everything in it: uploads must stay the study team's to delete."""
    uploads = {bucket.name for bucket in study.buckets}
    if study.results.lock_days is not None and study.results.bucket in uploads:
        sentence = "results under a lock need a bucket of their own, in which nothing is uploaded"
        yield Fault(("results", "lock_days"), sentence)


def _use_faults(study: StudyConfiguration, broken: Collection[str]) -> Iterator[Fault]:
    """Data files that name unknown pipelines, or come in a format that the release cannot read."""
    for name, files in study.data_files().items():
        for index, used in enumerate(files.pipelines):
            path = ("files", name, "pipelines", index)
            if used not in study.pipelines and used not in broken:
                yield unknown(path, "pipeline of this study", used, study.pipelines)
            release = _release(study.pipelines.get(used))
            if release is not None and files.format.type not in release.formats:
                what = f"format that {release.release} reads"
                yield unknown(("files", name, "format"), what, files.format.type, release.formats)


def _pipeline_faults(
    study: StudyConfiguration, name: str, pipeline: Pipeline, kinds_in_doubt: Collection[str]
) -> Iterator[Fault]:
    release = _release(pipeline)
    if release is None:
        key = "skdh" if pipeline.release is None else "release"
        yield unknown((key,), "known release", pipeline.processor_release, known_releases())
        return
    if release.skdh != pipeline.skdh:
        sentence = f"{release.release} runs SKDH {release.skdh}, not {pipeline.skdh}"
        yield Fault(("release",), sentence)
    yield from parameter_faults(pipeline, release)
    users = {n: files for n, files in study.data_files().items() if name in files.pipelines}
    for pattern, files in users.items():
        recording = _recording(study, pattern, pipeline, release)
        if not file_checks.has_unknown_log(study, files):
            yield from choice_faults(pipeline, recording)
        yield from connection_faults(pipeline, release, recording)
    if users and not kinds_in_doubt:
        yield from _case_faults(study, pipeline, list(users.values()))


def _release(pipeline: Pipeline | None) -> Release | None:
    if pipeline is None or pipeline.processor_release not in known_releases():
        return None
    return release_signature(pipeline.processor_release)


def _recording(
    study: StudyConfiguration, pattern: str, pipeline: Pipeline, release: Release
) -> Recording:
    files = study.data_files()[pattern]
    signature = release.formats.get(files.format.type)
    signals = set(signature.provides if signature else ())
    if isinstance(files.format, Csv):
        columns = {"gyro": files.format.gyro, "temperature": files.format.temperature}
        signals -= {signal for signal, column in columns.items() if column is None}
    names = {*study.fields_of(files), *pipeline.requires}
    log = study.device_log_of(files)
    if files.location is not None or (log is not None and log.location is not None):
        names.add("location")
    return Recording(pattern, signals, names, _fixed(files))


def _fixed(files: DataFiles) -> dict[str, str]:
    """The location, where it is the same for all recordings of a pattern."""
    fixed = files.location is not None and not files.location_names
    return {"location": files.location or ""} if fixed else {}


def _case_faults(
    study: StudyConfiguration, pipeline: Pipeline, users: list[DataFiles]
) -> Iterator[Fault]:
    """Cases of a choice that no recording can have: a misspelt location or metadata choice."""
    for index, step in enumerate(pipeline.steps):
        for name, choice in step.parameters.items():
            if not isinstance(choice, dict) or FROM not in choice:
                continue
            path, source = ("steps", index, step.process, name), str(choice[FROM])
            if _is_number(study, source):
                sentence = f"{source} is a number; choose by a text, such as one with choices"
                yield Fault((*path, FROM), sentence)
                continue
            for case in cases(choice):
                if not _possible(study, source, case, users):
                    sentence = f"no recording of this pipeline has {source} '{case}'"
                    yield Fault((*path, case), sentence, on_key=True)


def _is_number(study: StudyConfiguration, source: str) -> bool:
    provided = file_checks.metadata_names(study).get(source, [])
    return any(files.values[source].is_number for _, files in provided)


def _possible(study: StudyConfiguration, source: str, case: str, users: list[DataFiles]) -> bool:
    if source == "location":
        return any(file_checks.can_be_at(study, files, case) for files in users)
    provided = file_checks.metadata_names(study).get(source, [])
    choices = [files.values[source].choices for _, files in provided]
    return not choices or any(each is None or case in each for each in choices)


def _quality_faults(study: StudyConfiguration) -> Iterator[Fault]:
    releases = [found for p in study.pipelines.values() if (found := _release(p)) is not None]
    known = {code for release in releases for code in release.findings}
    lists = {"fail_on": study.quality.fail_on or (), "accept": study.quality.accept}
    for key, codes in lists.items():
        for index, code in enumerate(codes):
            if known and code not in known:
                yield unknown(("quality", key, index), "finding", code, known)
            if key == "accept" and code in lists["fail_on"]:
                sentence = f"'{code}' cannot both fail a run and be accepted"
                yield Fault(("quality", key, index), sentence)
