"""The formats of recordings, as a study configuration and a plan name them.

A configuration writes `axivity`, or `{csv: {...}}` where a format has options. A plan, and the
stored study.json, write `{"type": "csv", ...}`.
"""

from __future__ import annotations

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

    Without a `time` column, the configuration gives `start` and `sampling_rate`.
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
    def _has_a_clock(self) -> Csv:
        if self.time is None and (self.start is None or self.sampling_rate is None):
            raise ValueError("name the time column, or give start and sampling_rate")
        if self.time is not None and self.start is not None:
            raise ValueError("give either the time column or start, not both")
        return self


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


def plan_format(chosen: Format) -> dict[str, JsonValue]:
    """The format as a plan holds it: its type and its options, without those that are not given."""
    plain: dict[str, Any] = chosen.model_dump(mode="json", exclude_none=True)
    return plain
