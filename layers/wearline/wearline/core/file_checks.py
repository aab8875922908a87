"""File patterns that could never work: two for one key, fields that a key lacks, unknown names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
        if has_unknown_log(study, files):
            continue
        for fault in _data_faults(files, values, study.fields_of(files)):
            yield fault.below("files", name)


def _data_faults(files: DataFiles, values: set[str], fields: Collection[str]) -> Iterator[Fault]:
    """`fields` are those that the recordings have, by key and device log."""
    if "subject" not in fields and files.device_log is None:
        sentence = "the key has no {subject}, so nobody could tell whose recording it is"
        yield Fault(("key",), f"{sentence}; add it, or name the device_log that tells")
    for word in files.location_names:
        if word not in fields and word not in values:
            what = "field of the key, nor a metadata value"
            yield unknown(("location",), what, word, {*fields, *values})
    for both in sorted(values.intersection(fields)):
        where = "field of this key" if both in files.template.fields else "column of the device log"
        yield Fault(("key",), f"'{both}' is both a {where} and a metadata value; rename one")
    start = start_field(files.format) if isinstance(files.format, Csv) else None
    dates = files.template.date_formats
    if start is not None and start not in dates:
        yield unknown(("format", "csv", "start"), "date field of the key", start, dates)


def expectation_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Expected locations that no data pattern can have."""
    for index, location in enumerate(study.expect.locations):
        if not any(can_be_at(study, files, location) for files in study.data_files().values()):
            nearest = nearest_word(location, written_locations(study))
            sentence = f"no data files have the location '{location}'"
            yield Fault(("expect", "locations", index), sentence, nearest)


def has_unknown_log(study: StudyConfiguration, files: DataFiles) -> bool:
    """Does the pattern name a device log that is none, so that nobody knows what it would tell?"""
    return files.device_log is not None and study.device_log_of(files) is None


def can_be_at(study: StudyConfiguration, files: DataFiles, location: str) -> bool:
    """Can recordings of this pattern be at this location of the body?"""
    log = study.device_log_of(files)
    if has_unknown_log(study, files):
        return True
    if log is not None and log.location is not None:
        return log.location.map is None or location in log.location.map.values()
    template = files.location_template
    return template is not None and template.match(location) is not None


def written_locations(study: StudyConfiguration) -> set[str]:
    """The locations that the configuration writes out: of patterns, and of device logs."""
    written = set()
    for files in study.data_files().values():
        log = study.device_log_of(files)
        mapping = log.location.map if log is not None and log.location is not None else None
        written |= {*(mapping or {}).values(), *filter(None, [files.location])}
    return written


def metadata_names(study: StudyConfiguration) -> dict[str, list[tuple[str, MetadataFiles]]]:
    """For each metadata value the patterns that provide it."""
    provided: dict[str, list[tuple[str, MetadataFiles]]] = {}
    for name, files in study.metadata_files().items():
        for value in files.values:
            provided.setdefault(value, []).append((name, files))
    return provided
