"""Metadata that could never be known, or never be converted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from wearline.core.faults import Fault, nearest_word, unknown
from wearline.core.file_checks import has_unknown_log, metadata_names
from wearline.core.file_patterns import DataFiles, MetadataFiles, ValueColumn
from wearline.core.study import StudyConfiguration
from wearline.core.units import PIPELINE_UNITS, UnitError, conversion

_BY_ORDER = ("first", "latest_before_recording")


def value_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Units that are unknown or missing, and dates that cannot be read."""
    for name, files in study.metadata_files().items():
        for value, column in files.values.items():
            for fault in (*_unit_faults(value, column, files), *format_fault(column.format)):
                yield fault.below("files", name, "values", value)
            if column.pick in _BY_ORDER and not _ordered(study, files):
                sentence = (
                    f"{column.pick} needs an order: list expect.visits, or name a date column"
                )
                yield Fault(("files", name, "values", value, "pick"), sentence)
        for fault in (*_entity_faults(files), *encoding_faults(files.encoding)):
            yield fault.below("files", name)
    yield from _pick_faults(study)


def _pick_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """One value is picked by one rule, whichever file it comes from."""
    for value, sources in metadata_names(study).items():
        first, files = sources[0]
        for name, other in sources[1:]:
            if other.values[value].pick != files.values[value].pick:
                sentence = f"files.{first} picks {value} by another rule; a value has one"
                yield Fault(("files", name, "values", value), sentence, on_key=True)


def _ordered(study: StudyConfiguration, files: MetadataFiles) -> bool:
    entity = files.entity
    return entity.visit is None or entity.date is not None or bool(study.expect.visits)


def _unit_faults(name: str, column: ValueColumn, files: MetadataFiles) -> Iterator[Fault]:
    beside = files.long.unit if files.long else column.unit_column
    if column.unit is None:
        if name in PIPELINE_UNITS and beside is None:
            yield Fault((), f"a {name} needs its unit, such as unit: cm", on_key=True)
        elif beside is not None and (column.minimum, column.maximum) != (None, None):
            yield Fault((), "bounds of a value with its unit beside it need a unit", on_key=True)
        return
    try:
        conversion(column.unit, name)
    except UnitError as error:
        sentence = str(error).split("; did you mean")[0].rstrip(".")
        far = error.nearest is not None and len(error.nearest) > len(column.unit) + 2
        yield Fault(("unit",), sentence, None if far else error.nearest)


def _entity_faults(files: MetadataFiles) -> Iterator[Fault]:
    dated = files.entity.date
    if dated is not None:
        yield from (fault.below("entity", "date") for fault in format_fault(dated.format))


def format_fault(form: str | None) -> Iterator[Fault]:
    """A strptime format that holds no whole date."""
    if form is not None and not _is_date_format(form):
        sentence = f"'{form}' is no date format; expected one such as %d/%m/%Y"
        yield Fault(("format",), sentence)


def _is_date_format(form: str) -> bool:
    """True for what can be written and read back as the same day."""
    example = date(2024, 5, 17)
    try:
        return datetime.strptime(example.strftime(form), form).date() == example  # noqa: DTZ007
    except ValueError:
        return False


def encoding_faults(encoding: str | None) -> Iterator[Fault]:
    """An encoding that Python does not know, or that is none of text."""
    if encoding is None:
        return
    try:
        "".encode(encoding)
    except (LookupError, UnicodeError):
        sentence = f"'{encoding}' is no encoding of text"
        known = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "shift_jis")
        yield Fault(("encoding",), sentence, nearest_word(encoding, known))


def requirement_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Requirements that no metadata file provides, or that a recording could not pick from."""
    provided = metadata_names(study)
    for name, pipeline in study.pipelines.items():
        for index, required in enumerate(pipeline.requires):
            if required not in provided:
                what = "value that a metadata file provides"
                yield unknown(("pipelines", name, "requires", index), what, required, provided)
    for name, files in study.data_files().items():
        for required in () if has_unknown_log(study, files) else _required(study, files):
            for pattern, source in provided.get(required, ())[:1]:
                reason = _unpickable(files, source, required, study.fields_of(files))
                if reason is not None:
                    yield Fault(("files", name, "key"), reason.format(source=f"files.{pattern}"))


def _required(study: StudyConfiguration, files: DataFiles) -> list[str]:
    used = [study.pipelines[name] for name in files.pipelines if name in study.pipelines]
    wanted = [required for pipeline in used for required in pipeline.requires]
    return list(dict.fromkeys([*wanted, *files.location_names]))


def _unpickable(
    files: DataFiles, source: MetadataFiles, name: str, fields: Collection[str]
) -> str | None:
    """Why no value could ever be picked for the recordings of a pattern, which have `fields`."""
    entity, pick = source.entity, source.values[name].pick
    by_visit = pick == "same_visit" or (pick is None and entity.visit is not None)
    before = pick == "latest_before_recording"
    dated = files.template.date_formats or files.device_log is not None
    if before and entity.date is not None and not dated:
        return (
            f"{name} of {{source}} is picked by date, and this key has no date field; add one such"
            " as {{date:%Y-%m-%d}}, or pick by another rule"
        )
    if before and entity.date is None and entity.visit is None:
        return f"{name} of {{source}} is picked by time, and its rows have neither visit nor date"
    ordered = before and entity.date is None
    if (by_visit or ordered) and entity.visit is not None and "visit" not in fields:
        lacks = "this key has no {{visit}}"
        if files.device_log is not None:
            lacks = f"neither this key nor files.{files.device_log} tells the visit"
        return f"{name} of {{source}} is picked by visit, and {lacks}"
    return None
