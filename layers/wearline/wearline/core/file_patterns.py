"""The file patterns of a study configuration: which keys are data, metadata, or decisions."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from wearline.core.formats import AnyFormat
from wearline.core.keys import KeyTemplate
from wearline.core.model import Model, form

DEFAULT_MISSING = ("", "NA", "N/A", "NaN", ".", "null", "NULL")
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
    """Recordings. `location` is text with {names} of key fields or of metadata values."""

    kind: Literal["data"]
    format: AnyFormat
    location: str | None = None
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
    """`map` translates what the column says (`BASELINE`) to the visit of the keys (`V1`)."""

    column: str
    map: dict[str, str] | None = None


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
    """One metadata value. Bounds are in the unit of the column."""

    column: str
    unit: str | None = None
    type: Literal["number", "integer", "text"] | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    pick: Literal["same_visit", "latest_before_recording", "first", "only"] | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> ValueColumn:
        numeric = [
            name for name in ("unit", "minimum", "maximum") if getattr(self, name) is not None
        ]
        if numeric and self.kind == "text":
            raise ValueError(f"{numeric[0]} is for numbers, and the value is text")
        if self.choices is not None and self.kind != "text":
            raise ValueError("choices are for text; bound a number with minimum and maximum")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        return self

    @property
    def kind(self) -> Literal["number", "integer", "text"]:
        """The type, which is text for choices and else a number unless given."""
        return self.type or ("number" if self.choices is None else "text")


class MetadataFiles(_Files):
    """Tables that say something about subjects or their visits; `values` names what."""

    kind: Literal["metadata"]
    entity: Entity
    values: Annotated[dict[Name, ValueColumn], Field(min_length=1)]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None
    missing: tuple[str, ...] = DEFAULT_MISSING


class DecisionsFiles(_Files):
    """A data manager's word on recordings: exclude, accept a finding, reassign, trim."""

    kind: Literal["decisions"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None


AnyFiles = Annotated[DataFiles | MetadataFiles | DecisionsFiles, Field(discriminator="kind")]
