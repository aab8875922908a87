"""Pipelines saved by SKDH (`.skdh`), read as data.

`skdh.Pipeline.load` imports and calls whatever the file names, and drops what it does not find.
Here a saved pipeline is read by a loader that knows one tag beside plain YAML (python/tuple, which
SKDH writes), its processes are looked up in the release, and what cannot be carried over is
refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from wearline.core.faults import Fault
from wearline.core.release_signatures import ProcessSignature, Release
from wearline.core.study_yaml import PYTHON_TUPLE, Document, read_yaml

READERS: Mapping[str, str] = {
    "ReadCwa": "axivity",
    "ReadBin": "geneactiv",
    "ReadApdmH5": "apdm",
    "ReadEmpaticaAvro": "empatica",
    "ReadNumpyFile": "npz",
    "ReadCSV": "csv",
}
_READER_DEFAULTS: Mapping[str, JsonValue] = {
    "ext_error": "warn",
    "trim_keys": None,
    "trim_start_factor": None,
    "resample_to_accel": True,
    "allow_pickle": False,
    "localize_timestamps": True,
    "gravity_acceleration": 9.81,
}
_ENTRY = ("process", "package", "module", "parameters")
_OUTPUTS = ("save_file", "plot_file")


@dataclass
class Definition:
    """A saved pipeline: its steps as a study writes them, and the format that its reader reads.

    `format` is what `format:` of the data files becomes where the study gives none. SKDH saves
    too little of ReadCSV, so `reader` says that it is CSV, and `format` is None.
    """

    document: Document
    steps: list[dict[str, dict[str, JsonValue]]] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    reader: str | None = None
    format: JsonValue = None
    faults: list[Fault] = field(default_factory=list)


def read_definition(text: str, file: str, release: Release) -> Definition:
    """Never raises; what is wrong is among the faults, of the document or of the definition."""
    definition = Definition(read_yaml(text, file, tags={PYTHON_TUPLE}))
    saved = definition.document.value
    if not isinstance(saved, dict) or not isinstance(saved.get("Steps"), list):
        sentence = "this is no pipeline saved by SKDH, which has Steps and Version"
        definition.faults.append(Fault((), sentence))
        return definition
    definition.faults.extend(_version_faults(saved, release))
    for index, entry in enumerate(saved["Steps"]):  # type: ignore[arg-type]
        definition.faults.extend(_add(definition, index, entry, release))
    return definition


def _version_faults(saved: Mapping[str, JsonValue], release: Release) -> Iterator[Fault]:
    version = str(saved.get("Version", ""))
    if not version:
        yield Fault((), "it does not say which SKDH saved it; save it again")
    elif _numbers(version) > _numbers(release.skdh):
        yield Fault(
            ("Version",),
            f"SKDH {version} saved it, and the pipeline runs on {release.skdh}; save it with "
            f"{release.skdh}, or name a later version",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _add(definition: Definition, index: int, entry: JsonValue, release: Release) -> Iterator[Fault]:
    place = ("Steps", index)
    if not isinstance(entry, dict) or any(name not in entry for name in _ENTRY):
        yield Fault(place, f"a step needs {', '.join(_ENTRY)}; save the pipeline again with SKDH")
        return
    process, parameters = str(entry["process"]), entry["parameters"] or {}
    if not isinstance(parameters, dict):
        yield Fault((*place, "parameters"), "expected a mapping of parameters")
        return
    for fault in _entry_faults(entry, process):
        yield fault.below(*place)
    if entry["package"] != "skdh":
        return
    if process in READERS or process == "MultiReader":
        for fault in _read_reader(definition, process, parameters):
            yield fault.below(*place)
    elif process not in release.processes:
        sentence = f"{process} cannot be carried over: {release.release} has no such step"
        yield Fault((*place, "process"), sentence)
    else:
        yield from _read_step(definition, index, entry, release.processes[process])


def _entry_faults(entry: Mapping[str, JsonValue], process: str) -> Iterator[Fault]:
    if entry["package"] != "skdh":
        sentence = f"{process} comes from the package {entry['package']}; only skdh is run"
        yield Fault(("package",), sentence)
    if entry.get("name") not in (None, process):
        sentence = f"the name '{entry['name']}' cannot be carried over; results are named by table"
        yield Fault(("name",), sentence)
    for output in _OUTPUTS:
        if entry.get(output) is not None:
            sentence = f"{output} cannot be carried over: Wearline writes all tables and pictures"
            yield Fault((output,), f"{sentence}; set it to null")


def _read_reader(
    definition: Definition, process: str, parameters: Mapping[str, JsonValue]
) -> Iterator[Fault]:
    if definition.steps or definition.reader:
        yield Fault(("process",), f"{process} is not the first step; only the first can read")
    if process == "MultiReader":
        yield Fault(("process",), "MultiReader cannot be carried over: a recording is one file")
        return
    definition.reader = READERS[process]
    if process == "ReadCSV":
        return
    options = {name: v for name, v in parameters.items() if name not in _READER_DEFAULTS}
    for name, value in parameters.items():
        if name in _READER_DEFAULTS and value != _READER_DEFAULTS[name]:
            yield Fault(("parameters", name), f"{name} of {process} cannot be carried over")
    if "time_is_local" in options:
        options["clock"] = "local" if options.pop("time_is_local") else "utc"
    definition.format = {"type": READERS[process], **options}


def _read_step(
    definition: Definition, index: int, entry: Mapping[str, JsonValue], signature: ProcessSignature
) -> Iterator[Fault]:
    process, saved = str(entry["process"]), entry["parameters"] or {}
    if not f"skdh.{entry['module']}.".startswith(f"{signature.module}."):
        sentence = f"{process} of skdh.{entry['module']} is not {process} of {signature.module}"
        yield Fault(("Steps", index, "module"), sentence)
    parameters = {}
    for name, value in saved.items():  # type: ignore[union-attr]
        if name not in signature.saved_defaults or value != signature.saved_defaults[name]:
            taken = signature.saved_as.get(name, name)
            parameters[taken] = _named(signature, taken, value)
    definition.steps.append({process: parameters})
    definition.positions.append(index)


def _named(signature: ProcessSignature, name: str, value: JsonValue) -> JsonValue:
    """The word for a table that SKDH saves in place of its name, such as cut points."""
    tables = signature.saved_values.get(name, {})
    return next((word for word, table in tables.items() if table == value), value)
