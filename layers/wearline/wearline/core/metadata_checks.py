"""Metadata that could never be known, or never be converted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from wearline.core.faults import Fault, unknown
from wearline.core.file_checks import metadata_names
from wearline.core.file_patterns import DataFiles, MetadataFiles, ValueColumn
from wearline.core.study import StudyConfiguration
from wearline.core.units import PIPELINE_UNITS, UnitError, conversion


def value_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Units that are unknown or missing, and dates that cannot be read."""
    for name, files in study.metadata_files().items():
        for value, column in files.values.items():
            for fault in _unit_faults(value, column):
                yield fault.below("files", name, "values", value)
            if column.pick == "first" and not _ordered(study, files):
                sentence = "the first needs an order: list expect.visits, or name a date column"
                yield Fault(("files", name, "values", value, "pick"), sentence)
        for fault in _entity_faults(files):
            yield fault.below("files", name, "entity")


def _ordered(study: StudyConfiguration, files: MetadataFiles) -> bool:
    entity = files.entity
    return entity.visit is None or entity.date is not None or bool(study.expect.visits)


def _unit_faults(name: str, column: ValueColumn) -> Iterator[Fault]:
    if column.unit is None:
        if name in PIPELINE_UNITS:
            yield Fault((), f"a {name} needs its unit, such as unit: cm", on_key=True)
        return
    try:
        conversion(column.unit, name)
    except UnitError as error:
        sentence = str(error).split("; did you mean")[0].rstrip(".")
        far = error.nearest is not None and len(error.nearest) > len(column.unit) + 2
        yield Fault(("unit",), sentence, None if far else error.nearest)


def _entity_faults(files: MetadataFiles) -> Iterator[Fault]:
    dated = files.entity.date
    if dated is None or dated.format is None:
        return
    try:
        same = date.fromisoformat("2024-05-17").strftime(dated.format)
    except ValueError:
        same = ""
    if "%" not in dated.format or same == dated.format:
        sentence = f"'{dated.format}' is no date format; expected one such as %d/%m/%Y"
        yield Fault(("date", "format"), sentence)


def requirement_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Requirements that no metadata file provides, or that a recording could not pick from."""
    provided = metadata_names(study)
    for name, pipeline in study.pipelines.items():
        for index, required in enumerate(pipeline.requires):
            if required not in provided:
                what = "value that a metadata file provides"
                yield unknown(("pipelines", name, "requires", index), what, required, provided)
    for name, files in study.data_files().items():
        for required in _required(study, files):
            for pattern, source in provided.get(required, ())[:1]:
                reason = _unpickable(files, source, required)
                if reason is not None:
                    yield Fault(("files", name, "key"), reason.format(source=f"files.{pattern}"))


def _required(study: StudyConfiguration, files: DataFiles) -> list[str]:
    used = [study.pipelines[name] for name in files.pipelines if name in study.pipelines]
    wanted = [required for pipeline in used for required in pipeline.requires]
    return list(dict.fromkeys([*wanted, *files.location_names]))


def _unpickable(files: DataFiles, source: MetadataFiles, name: str) -> str | None:
    """Why no value could ever be picked for the recordings of a pattern."""
    entity, pick = source.entity, source.values[name].pick
    by_visit = pick == "same_visit" or (pick is None and entity.visit is not None)
    before = pick == "latest_before_recording"
    if before and entity.date is not None and not files.template.date_formats:
        return f"{name} of {{source}} is picked by date, and this key has no date field"
    if before and entity.date is None and entity.visit is None:
        return f"{name} of {{source}} is picked by time, and its rows have neither visit nor date"
    ordered = before and entity.date is None
    if (by_visit or ordered) and entity.visit is not None and "visit" not in files.template.fields:
        return f"{name} of {{source}} is picked by visit, and this key has no {{{{visit}}}}"
    return None
