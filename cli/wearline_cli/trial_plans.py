"""Plans for recordings on this machine, as a study would freeze them for its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wearline.core.admission import OUTPUT_SCHEMA
from wearline.core.file_patterns import DataFiles
from wearline.core.formats import plan_format
from wearline.core.plans import Plan
from wearline.core.release_signatures import release_signature
from wearline.core.steps import NoCaseForValue, resolve_steps
from wearline.core.study import DataFile, StudyConfiguration, classify
from wearline.core.units import PIPELINE_UNITS
from wearline_cli.environments import CommandError


class NotOfStudy(CommandError):
    """A path does not end in the key of a data file of the study."""

    def __init__(self, path: Path, study: str) -> None:
        self.path, self.study = path, study
        super().__init__(
            f"{path} does not end in a key of study {study} that holds a recording. Lay the files"
            " out as the bucket is; wearline study preview shows what each would become."
        )


class PipelineAmbiguous(CommandError):
    """A recording goes through no pipeline of that name, or through several."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self.path, self.names = path, names
        super().__init__(f"{path} goes through {', '.join(names)}: choose one with --pipeline.")


class ValueMissing(CommandError):
    """The pipeline requires a value that was not given."""

    def __init__(self, name: str, pipeline: str) -> None:
        self.name = name
        unit = PIPELINE_UNITS.get(name)
        example = f"{name}=1.75, in {unit}" if unit else f"{name}=VALUE"
        super().__init__(f"Pipeline {pipeline} requires {name}: give it as --value {example}.")


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording on this machine, and what a study makes of it."""

    study: StudyConfiguration
    path: Path
    key: str
    pattern: DataFiles
    fields: Mapping[str, str]

    @classmethod
    def of(cls, study: StudyConfiguration, path: Path) -> Trial:
        """The end of the path is the key. Raises NotOfStudy."""
        for bucket, key in _keys(study, path):
            found = classify(study, bucket, key)
            if isinstance(found, DataFile):
                pattern = study.data_files()[found.pattern]
                return cls(study, path, key, pattern, found.fields)
        raise NotOfStudy(path, study.study)

    def plan(self, release: str, pipeline: str | None, values: Mapping[str, Any]) -> Plan:
        """The plan under a release, whichever one the study names.

        `values` are those that its metadata would hold, in SI units. Raises PipelineAmbiguous,
        ValueMissing, and CommandError where a choice of the pipeline has no case.
        """
        name = self._pipeline(pipeline)
        chosen = self.study.pipelines[name]
        if missing := [each for each in chosen.requires if each not in {*values, *self.fields}]:
            raise ValueMissing(missing[0], name)
        known = {**self.fields, **values}
        location = self.pattern.location.format_map(known) if self.pattern.location else None
        try:
            steps = resolve_steps(chosen, {**known, "location": location})
        except NoCaseForValue as problem:
            raise CommandError(f"{self.path}: {problem}") from problem
        identity = {
            **self._about(location),
            "pipeline": name,
            "steps": steps,
            "metadata": {each: _measure(each, values[each]) for each in values},
            "processor": {
                "release": release,
                "engine": chosen.engine,
                "hash": release_signature(release).hash,
            },
        }
        return Plan(identity, {})

    def _pipeline(self, wanted: str | None) -> str:
        names = tuple(self.pattern.pipelines)
        fitting = [name for name in names if wanted in (None, name)]
        if len(fitting) != 1:
            raise PipelineAmbiguous(self.path, names)
        return fitting[0]

    def _about(self, location: str | None) -> dict[str, Any]:
        with self.path.open("rb") as file:
            etag = hashlib.file_digest(file, "sha256").hexdigest()
        recording = {"subject": self.fields.get("subject"), "visit": self.fields.get("visit")}
        return {
            "study": self.study.study,
            "file": {
                "bucket": self.study.buckets[0].name,
                "key": self.key,
                "version_id": None,
                "etag": etag,
                "size": self.path.stat().st_size,
            },
            "fields": dict(self.fields),
            "recording": {**recording, "location": location},
            "format": plan_format(self.pattern.format, self.pattern.template.dates(self.fields)),
            "time_zone": self.study.time_zone(self.fields),
            "quality": self.study.quality.model_dump(mode="json"),
            "decisions": [],
            "output_schema": OUTPUT_SCHEMA,
        }


def _measure(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"value": value, "unit": PIPELINE_UNITS.get(name)}


def _keys(study: StudyConfiguration, path: Path) -> Iterator[tuple[str, str]]:
    """Every end of the path as a key of every bucket, the longest first."""
    parts = path.absolute().parts[1:]
    for start in range(len(parts)):
        for bucket in study.buckets:
            yield bucket.name, "/".join(parts[start:])
