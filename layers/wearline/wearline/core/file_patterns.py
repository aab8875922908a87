"""The file patterns of a study configuration: which keys are data, metadata, or decisions."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from wearline.core.formats import AnyFormat
from wearline.core.keys import KeyTemplate
from wearline.core.model import Model, form
from wearline.core.tables import Decimal

DEFAULT_MISSING = ("", "-", "NA", "N/A", "N.A.", "NaN", ".", "null")
ValueType = Literal["number", "integer", "text", "date", "boolean"]
Name = Annotated[
    str, form(r"[a-z][a-z0-9_]*", "a name of small letters, digits and _, a letter first", 60)
]
PipelineName = Annotated[
    str, form(r"[a-z][a-z0-9-]*", "a name of small letters, digits and hyphens", 60)
]


class _Files(Model):
    key: str
    bucket: str | None = None
    ignore_case: bool = False

    @model_validator(mode="after")
    def _key_is_a_template(self) -> _Files:
        self.template  # noqa: B018  raises KeyTemplateError, a ValueError
        return self

    @cached_property
    def template(self) -> KeyTemplate:
        return KeyTemplate.parse(self.key, ignore_case=self.ignore_case)


class DataFiles(_Files):
    """Recordings. `location` is text with {names} of key fields or of metadata values.

    `device_log` is the pattern of the log that says who wore the device, where the key does not.
    """

    kind: Literal["data"]
    format: AnyFormat
    location: str | None = None
    device_log: Name | None = None
    pipelines: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _location_is_text_with_names(self) -> DataFiles:
        if self.location_template is not None and self.location_template.date_formats:
            raise ValueError(f"location: '{self.location}' holds a date, which is no place")
        return self

    @cached_property
    def location_template(self) -> KeyTemplate | None:
        return None if self.location is None else KeyTemplate.parse(self.location)

    @property
    def location_names(self) -> tuple[str, ...]:
        """The key fields and metadata values that the location is made of."""
        return () if self.location_template is None else self.location_template.fields


class SubjectColumn(Model):
    """`match` is a template whose {subject} is the subject, such as `{study}-{site}-{subject}`."""

    column: str
    match: str | None = None

    @model_validator(mode="after")
    def _match_gives_the_subject(self) -> SubjectColumn:
        if self.template is not None and "subject" not in self.template.fields:
            raise ValueError(f"match: '{self.match}' has no {{subject}}")
        return self

    @cached_property
    def template(self) -> KeyTemplate | None:
        return None if self.match is None else KeyTemplate.parse(self.match)


class VisitColumn(Model):
    """`map` translates what the column says (`BASELINE`) to the visit of the keys (`V1`).

    Rows of a visit that is mapped to null are set aside.
    """

    column: str
    map: dict[str, str | None] | None = None


class DateColumn(Model):
    """When the values were taken; `format` is a strptime format, else ISO 8601."""

    column: str
    format: str | None = None


class Entity(Model):
    """Whom a row is about: a subject, or a subject's visit."""

    subject: SubjectColumn
    visit: VisitColumn | None = None
    date: DateColumn | None = None


class ValueColumn(Model):
    """One metadata value: a column of its own, or a test code of a long table.

    Bounds are in `unit`, which is the unit of cells that have none beside them.
    """

    column: str | None = None
    test: str | None = None
    unit: str | None = None
    unit_column: str | None = None
    type: ValueType | None = None
    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    pick: Literal["same_visit", "latest_before_recording", "first", "only"] | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> ValueColumn:
        if self.column is None and self.test is None:
            raise ValueError("'column' is missing; in a long table it is 'test'")
        if self.column is not None and self.test is not None:
            raise ValueError("a value has a column, or in a long table a test, and not both")
        numeric = [
            name
            for name in ("unit", "unit_column", "minimum", "maximum")
            if getattr(self, name) is not None
        ]
        if numeric and not self.is_number:
            raise ValueError(f"{numeric[0]} is for numbers, and the value is a {self.kind}")
        if self.choices is not None and self.kind != "text":
            raise ValueError("choices are for text; bound a number with minimum and maximum")
        if self.format is not None and self.kind != "date":
            raise ValueError("format is for dates; add type: date")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        return self

    @property
    def kind(self) -> ValueType:
        """The type, which is text for choices and else a number unless given."""
        return self.type or ("number" if self.choices is None else "text")

    @property
    def is_number(self) -> bool:
        return self.kind in ("number", "integer")


class LongTable(Model):
    """A table with a row for each value: which test it is, its value, and its unit."""

    test: str
    value: str
    unit: str | None = None


class _Tables(_Files):
    """How a table is written, where the file itself does not show it."""

    sheet: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None


class MetadataFiles(_Tables):
    """Tables that say something about subjects or their visits; `values` names what."""

    kind: Literal["metadata"]
    entity: Entity
    long: LongTable | None = None
    values: Annotated[dict[Name, ValueColumn], Field(min_length=1)]
    decimal: Decimal | None = None
    missing: tuple[str, ...] = DEFAULT_MISSING

    @model_validator(mode="after")
    def _values_are_wide_or_long(self) -> MetadataFiles:
        for name, value in self.values.items():
            if self.long is None and value.column is None:
                raise ValueError(f"values: {name} has a test, which needs 'long' to say where")
            if self.long is not None and (value.test is None or value.unit_column is not None):
                raise ValueError(f"values: {name} of a long table has a test, and no column")
        return self


class DecisionsFiles(_Tables):
    """A data manager's word on recordings: exclude, accept a finding, reassign, trim."""

    kind: Literal["decisions"]


class SerialColumn(Model):
    """`match` is a template whose {serial} is the serial number, such as `AX3-{serial}`."""

    column: str
    match: str | None = None

    @model_validator(mode="after")
    def _match_gives_the_serial(self) -> SerialColumn:
        if self.template is not None and "serial" not in self.template.fields:
            raise ValueError(f"match: '{self.match}' has no {{serial}}")
        return self

    @cached_property
    def template(self) -> KeyTemplate | None:
        return None if self.match is None else KeyTemplate.parse(self.match)


class LocationColumn(Model):
    """`map` translates what the column says (`Left wrist`) to a location (`wrist`)."""

    column: str
    map: dict[str, str] | None = None


class DeviceLogFiles(_Tables):
    """Who wore a device, and when: a row for each time that it was given to somebody.

    `start` and `end` are on the clock of the device, as the recordings are. Without an end the
    device stays with the subject until its next row.
    """

    kind: Literal["device_log"]
    serial: SerialColumn
    subject: SubjectColumn
    visit: VisitColumn | None = None
    location: LocationColumn | None = None
    start: DateColumn
    end: DateColumn | None = None
    missing: tuple[str, ...] = DEFAULT_MISSING

    @property
    def tells(self) -> tuple[str, ...]:
        """What it tells of a recording."""
        known = {"visit": self.visit, "location": self.location}
        return ("subject", *(name for name, column in known.items() if column is not None))


SourceFiles = MetadataFiles | DecisionsFiles | DeviceLogFiles
AnyFiles = Annotated[DataFiles | SourceFiles, Field(discriminator="kind")]
