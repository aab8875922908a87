"""File patterns that could never work: two for one key, fields that a key lacks, unknown names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from zoneinfo import available_timezones

from wearline.core.faults import Fault, nearest_word, unknown
from wearline.core.file_patterns import DataFiles, MetadataFiles
from wearline.core.formats import Csv, start_field
from wearline.core.key_automata import automaton, below, common_key
from wearline.core.study import StudyConfiguration


def zone_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Unknown time zones, and keys without the {site} that would choose one."""
    zones = {("default",): study.timezone.default} | {
        ("sites", site): zone for site, zone in study.timezone.sites.items()
    }
    known = available_timezones()
    for path, zone in zones.items():
        if zone not in known:
            nearest = nearest_word(zone, known)
            sentence = f"'{zone}' is no time zone; expected a name such as Europe/London"
            yield Fault(("timezone", *path), sentence, nearest)
    for name, files in study.data_files().items():
        if study.timezone.sites and "site" not in files.template.fields:
            sentence = "timezone gives sites their own zones, and this key has no {site}"
            yield Fault(("files", name, "key"), sentence)


def bucket_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Patterns for buckets that the study does not have, and buckets named twice."""
    names = [bucket.name for bucket in study.buckets]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(("buckets", index, "name"), f"the bucket {name} is listed already")
    for name, files in study.files.items():
        if files.bucket is not None and files.bucket not in names:
            yield unknown(("files", name, "bucket"), "bucket of this study", files.bucket, names)


def overlap_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Two patterns for one key, and patterns that match Wearline's own results."""
    for (one, first), (other, second) in combinations(study.files.items(), 2):
        if set(study.buckets_of(first)) & set(study.buckets_of(second)):
            key = common_key(automaton(first.template), automaton(second.template))
            if key is not None:
                sentence = f"this and files.{one} both match keys such as '{key}'"
                yield Fault(("files", other, "key"), sentence)
    results = below(study.results.prefix)
    for name, files in study.files.items():
        key = common_key(automaton(files.template), results)
        if study.results.bucket in study.buckets_of(files) and key is not None:
            sentence = f"this matches keys under the results prefix, such as '{key}'"
            yield Fault(("files", name, "key"), sentence)


def data_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """What a data pattern names must be in its key, or be a metadata value."""
    values = {value for files in study.metadata_files().values() for value in files.values}
    for name, files in study.data_files().items():
        for fault in _data_faults(files, values):
            yield fault.below("files", name)


def _data_faults(files: DataFiles, values: set[str]) -> Iterator[Fault]:
    fields = files.template.fields
    if "subject" not in fields:
        yield Fault(
            ("key",), "the key has no {subject}, so nobody could tell whose recording it is"
        )
    for word in files.location_names:
        if word not in fields and word not in values:
            what = "field of the key, nor a metadata value"
            yield unknown(("location",), what, word, {*fields, *values})
    for both in sorted(values.intersection(fields)):
        yield Fault(
            ("key",), f"'{both}' is both a field of this key and a metadata value; rename one"
        )
    start = start_field(files.format) if isinstance(files.format, Csv) else None
    dates = files.template.date_formats
    if start is not None and start not in dates:
        yield unknown(("format", "csv", "start"), "date field of the key", start, dates)


def expectation_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Expected locations that no data pattern can have."""
    for index, location in enumerate(study.expect.locations):
        if not any(can_be_at(files, location) for files in study.data_files().values()):
            literal = [f.location for f in study.data_files().values() if f.location]
            nearest = nearest_word(location, literal)
            sentence = f"no data files have the location '{location}'"
            yield Fault(("expect", "locations", index), sentence, nearest)


def can_be_at(files: DataFiles, location: str) -> bool:
    """Can recordings of this pattern be at this location of the body?"""
    template = files.location_template
    return template is not None and template.match(location) is not None


def metadata_names(study: StudyConfiguration) -> dict[str, list[tuple[str, MetadataFiles]]]:
    """For each metadata value the patterns that provide it."""
    provided: dict[str, list[tuple[str, MetadataFiles]]] = {}
    for name, files in study.metadata_files().items():
        for value in files.values:
            provided.setdefault(value, []).append((name, files))
    return provided
