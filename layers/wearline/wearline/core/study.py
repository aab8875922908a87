"""The study configuration: what a study team writes, checked and frozen.

`study_file` reads it from YAML with positions and refuses what could never work. The functions
only ever read the canonical study.json that the check wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from wearline.core.file_patterns import (
    AnyFiles,
    DataFiles,
    DecisionsFiles,
    DeviceLogFiles,
    MetadataFiles,
    Name,
    PipelineName,
    SourceFiles,
)
from wearline.core.model import Model, form
from wearline.core.pipelines import Pipeline

StudyName = Annotated[
    str,
    form(r"[a-z]([a-z0-9-]*[a-z0-9])?", "small letters, digits and hyphens, a letter first", 40),
]
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BucketName = Annotated[
    str,
    form(
        r"[a-z0-9]([a-z0-9]|[.-](?![.-])){1,61}[a-z0-9]",
        "3 to 63 small letters, digits, dots and hyphens as a bucket's name has",
    ),
]
Prefix = Annotated[
    str, form(r"[^/].*(?<!/)/|[^/]/", "a prefix such as biomarkers/, without a slash at the start")
]
FindingCode = Annotated[str, form(r"[a-z][a-z0-9_]*", "a code of small letters such as gap")]
Rate = Annotated[
    str,
    form(r"1 (minute|hour|day)|(?!1 )[1-9][0-9]* (minutes|hours|days)", "a rate such as 12 hours"),
]


class TimeZones(Model):
    """The zone that sets day boundaries: the site's if it has one, else the default."""

    default: str
    sites: dict[str, str] = Field(default_factory=dict)


class Bucket(Model):
    name: BucketName


class Results(Model):
    """Where results are written: below `prefix`, which ends with '/'.

    `lock_days`: how long each is kept under Object Lock, in governance mode.
    """

    bucket: BucketName
    prefix: Prefix
    lock_days: Annotated[int, Field(ge=1, le=36500)] | None = None


class Expect(Model):
    """What each subject should have, for the list of what is missing."""

    visits: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


class QualityPolicy(Model):
    """Findings that fail a run, in place of the release's defaults, and findings to accept."""

    fail_on: tuple[FindingCode, ...] | None = None
    accept: tuple[FindingCode, ...] = ()


class Catalog(Model):
    """How often the buckets are swept, how old an object must be for a sweep to take it up, and
    how long a file may wait for metadata before somebody is told."""

    rate: Rate = "1 day"
    settle_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    waiting_limit_days: Annotated[int, Field(ge=1, le=3650)] = 14


class Budget(Model):
    """Estimated compute of a calendar month in US dollars; past it, runs stay ready."""

    monthly_usd: Annotated[float, Field(gt=0)]


class ValidDay(Model):
    """When a day counts, and how many days make a visit's mean."""

    min_wear_h: Annotated[float, Field(gt=0, le=24)] = 16
    min_days: Annotated[int, Field(ge=1)] = 4


class StudyConfiguration(Model):
    """The whole configuration of one study."""

    study: StudyName
    timezone: TimeZones
    buckets: Annotated[tuple[Bucket, ...], Field(min_length=1)]
    results: Results
    files: Annotated[dict[Name, AnyFiles], Field(min_length=1)]
    pipelines: dict[PipelineName, Pipeline]
    expect: Expect = Expect()
    quality: QualityPolicy = QualityPolicy()
    catalog: Catalog = Catalog()
    budget: Budget | None = None
    valid_day: ValidDay = ValidDay()

    def data_files(self) -> Mapping[str, DataFiles]:
        return {name: files for name, files in self.files.items() if isinstance(files, DataFiles)}

    def metadata_files(self) -> Mapping[str, MetadataFiles]:
        return {n: files for n, files in self.files.items() if isinstance(files, MetadataFiles)}

    def decisions_files(self) -> Mapping[str, DecisionsFiles]:
        return {n: files for n, files in self.files.items() if isinstance(files, DecisionsFiles)}

    def device_logs(self) -> Mapping[str, DeviceLogFiles]:
        return {n: files for n, files in self.files.items() if isinstance(files, DeviceLogFiles)}

    def device_log_of(self, files: DataFiles) -> DeviceLogFiles | None:
        """The log that says who wore the device of these recordings, if one does."""
        return self.device_logs().get(files.device_log or "")

    def fields_of(self, files: DataFiles) -> tuple[str, ...]:
        """The fields that a recording has: those of its key, and those of its device log."""
        log = self.device_log_of(files)
        given = () if log is None else ("subject", "visit")[: 1 if log.visit is None else 2]
        return tuple(dict.fromkeys((*files.template.fields, *given)))

    def buckets_of(self, files: DataFiles | SourceFiles) -> tuple[str, ...]:
        """The buckets that a pattern covers: its own, else all of the study's."""
        return (files.bucket,) if files.bucket else tuple(bucket.name for bucket in self.buckets)

    def time_zone(self, fields: Mapping[str, str]) -> str:
        """The zone of a recording with these key fields."""
        return self.timezone.sites.get(fields.get("site", ""), self.timezone.default)


@dataclass(frozen=True)
class DataFile:
    """A key that holds a recording."""

    pattern: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class MetadataFile:
    pattern: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class DecisionsFile:
    pattern: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class DeviceLogFile:
    pattern: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Ignored:
    """A key that is nothing to the study; `reason` is a sentence without the key."""

    code: Literal["result", "folder", "other_bucket", "no_pattern", "ambiguous", "withdrawn"]
    reason: str


# A key whose content is taken over into the ledger.
SourceFile = MetadataFile | DecisionsFile | DeviceLogFile
Classification = DataFile | SourceFile | Ignored
_CLASSES: Mapping[str, type[DataFile | SourceFile]] = {
    "data": DataFile,
    "metadata": MetadataFile,
    "decisions": DecisionsFile,
    "device_log": DeviceLogFile,
}


def classify(study: StudyConfiguration, bucket: str, key: str) -> Classification:
    """What a key of a bucket is to the study. Never raises."""
    if bucket not in {known.name for known in study.buckets}:
        return Ignored("other_bucket", "the bucket is none of the study's")
    if bucket == study.results.bucket and key.startswith(study.results.prefix):
        return Ignored("result", "Wearline wrote it: it is under the results prefix")
    if key.endswith("/"):
        return Ignored("folder", "it marks a folder")
    match list(_matches(study, bucket, key)):
        case []:
            return Ignored("no_pattern", "no file pattern matches its key")
        case [only]:
            return only
        case several:
            names = " and ".join(match.pattern for match in several)
            return Ignored("ambiguous", f"several file patterns match its key: {names}")


def _matches(study: StudyConfiguration, bucket: str, key: str) -> Iterator[DataFile | SourceFile]:
    for name, files in study.files.items():
        if files.bucket in (None, bucket):
            fields = files.template.match(key)
            if fields is not None:
                yield _CLASSES[files.kind](name, fields)


__all__ = [
    "Classification", "DataFile", "DataFiles", "DecisionsFile", "DecisionsFiles",
    "DeviceLogFile", "DeviceLogFiles", "Ignored", "MetadataFile", "MetadataFiles", "Pipeline",
    "SourceFile", "SourceFiles", "StudyConfiguration", "classify",
]  # fmt: skip
