"""The formats of recordings, as a study configuration and a plan name them.

A configuration writes `axivity`, or `{csv: {...}}` where a format has options. A plan, and the
stored study.json, write `{"type": "csv", ...}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from wearline.core.model import Model

ThreeColumns = Annotated[tuple[str, ...], Field(min_length=3, max_length=3)]


class Axivity(Model):
    """Axivity AX3 and AX6, `.cwa`."""

    type: Literal["axivity"] = "axivity"


class Geneactiv(Model):
    """GENEActiv, `.bin`."""

    type: Literal["geneactiv"] = "geneactiv"


class Gt3x(Model):
    """ActiGraph, `.gt3x`."""

    type: Literal["gt3x"] = "gt3x"


class Empatica(Model):
    """Empatica, `.avro`."""

    type: Literal["empatica"] = "empatica"


class Apdm(Model):
    """APDM Opal, `.h5`: the sensor of one location of the body."""

    type: Literal["apdm"] = "apdm"
    sensor_location: str


class Npz(Model):
    """Arrays that numpy saved, `.npz`, in the names of SKDH: time, accel, gyro, temperature, fs."""

    type: Literal["npz"] = "npz"
    clock: Literal["local", "utc"] = "local"


class Csv(Model):
    """A table with a line of column names, after the header block of a device if it has one.

    Without a `time` column, the device's header block or the configuration gives `sampling_rate` in
    Hz and `start`: an instant such as 2024-03-10T09:00:00, or `{field}`, a date field of the key.
    """

    type: Literal["csv"] = "csv"
    time: str | None = None
    accel: ThreeColumns
    gyro: ThreeColumns | None = None
    temperature: str | None = None
    unit: Literal["g", "m/s^2"] = "g"
    gyro_unit: Literal["rad/s", "deg/s"] = "rad/s"
    clock: Literal["local", "utc"]
    start: str | None = None
    sampling_rate: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _has_one_clock(self) -> Csv:
        if self.time is not None and self.start is not None:
            raise ValueError("give either the time column or start, not both")
        if self.start is not None and start_field(self) is None:
            try:
                datetime.fromisoformat(self.start)
            except ValueError as error:
                sentence = (
                    f"start: expected 2024-03-10T09:00:00 or a {{field}}, found '{self.start}'"
                )
                raise ValueError(sentence) from error
        return self


def start_field(chosen: Csv) -> str | None:
    """The date field of the key that says when the recordings start, if one does."""
    found = re.fullmatch(r"\{([a-z][a-z0-9_]*)\}", chosen.start or "")
    return found[1] if found else None


Format = Annotated[
    Axivity | Geneactiv | Gt3x | Empatica | Apdm | Npz | Csv, Field(discriminator="type")
]
FORMAT_TYPES: dict[str, type[Model]] = {
    model.model_fields["type"].default: model for model in get_args(get_args(Format)[0])
}


def normalised(written: object) -> object:
    """`axivity` and `{csv: {...}}` as `{"type": ..., ...}`; anything else as it is."""
    if isinstance(written, str):
        return {"type": written}
    if not isinstance(written, dict):
        return written
    options = dict(written)
    if len(written) == 1 and "type" not in written:
        [(name, given)] = written.items()
        options = {"type": name, **(given if isinstance(given, dict) else {})}
    # A strict model takes no list for a tuple, once its input has passed through Python.
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }


AnyFormat = Annotated[Format, BeforeValidator(normalised)]


def plan_format(
    chosen: Format, dates: Mapping[str, datetime] | None = None
) -> dict[str, JsonValue]:
    """The format as a plan holds it: its type and its options, without those that are not given.

    `dates` are the date fields of the recording's key, from which a CSV may take its start.
    """
    plain: dict[str, Any] = chosen.model_dump(mode="json", exclude_none=True)
    if isinstance(chosen, Csv) and (name := start_field(chosen)) is not None:
        plain["start"] = (dates or {})[name].isoformat()
    return plain
