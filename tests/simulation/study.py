"""The simulated study: a few configurations that differ in what matters, and file contents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from wearline.core.ledger import Release, StudyRow
from wearline.core.plans import canonical_json, sha256_hex
from wearline.core.study import StudyConfiguration
from wearline.ports import ConfigurationUnreadable

STUDY = "simulated"
VERSIONED, PLAIN = "kept", "plain"
RESULTS_BUCKET, RESULTS_PREFIX = VERSIONED, "results/"
RELEASE = "skdh-0.17.18"
BROKEN = b"no recording"

DATA_KEYS = ("raw/S1/V1.cwa", "raw/S1/V2 é+%.cwa", "raw/S2/V1.cwa")
OTHER_KEYS = ("readme.txt", "old/S1/V1.cwa")
METADATA_KEYS = ("clinical/a_20260101.csv", "clinical/b_20260102.csv", "notes/a.csv", "notes/b.csv")
RECORDINGS = (b"A", b"B", BROKEN)
TABLES = (
    b"ID,HEIGHT,WEIGHT\nS1,180,70\n",
    b"ID,HEIGHT,WEIGHT\nS1,181,70\nS2,165,60\n",
    b"ID,HEIGHT,WEIGHT\nS2,165,NA\n",
    b"ID,HEIGHT,WEIGHT\nS1,tall,70\nS2,166,61\n",
    b"ID,HEIGHT,WEIGHT\n",
    b"ID,WEIGHT\nS1,72\n",
)

DECISION_KEYS = ("decisions/a_20260101.csv", "decisions/b_20260102.csv")
_DECIDED = b"key,subject,visit,action,details,reason,author,date\n"
_BY = b",why,me,2026-01-05\n"
DECISIONS = (
    _DECIDED,
    _DECIDED + b"raw/S1/V1.cwa,,,exclude," + _BY,
    _DECIDED + b",S1,,exclude," + _BY,
    _DECIDED + b",S1,V1,accept,gaps" + _BY,
    _DECIDED + b"raw/S1/V1.cwa,,,reassign,subject=S2" + _BY,
    _DECIDED + b",S1,,trim,from=2026-01-01T09:00" + _BY,
    _DECIDED + b",S9,,exclude," + _BY + b"raw/S1/V7.cwa,,,exclude," + _BY,
    _DECIDED + b",S1,,forget," + _BY + b",S2,V2,exclude," + _BY,
)


def worn(serial_number: str, start: str) -> bytes:
    """A recording whose header names a device, and when it started."""
    lines = (
        "Device Identity", f"Device Unique Serial Code:{serial_number}", "", "Recorded Data",
        f"Page Time:{start} 10:00:00:000", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


WORN_KEYS = ("worn/a.bin", "worn/b.bin")
WORN = (worn("0101", "2026-01-03"), worn("102", "2026-01-03"), worn("0101", "2026-02-03"), BROKEN)
LOG_KEYS = ("devices/a_20260101.csv", "devices/b_20260102.csv")
_LOG = b"SERIAL,ID,VISIT,START,END\n"
DEVICE_LOGS = (
    _LOG,
    _LOG + b"101,S1,V1,2026-01-01,2026-01-31\n101,S2,V1,2026-02-01,\n",
    _LOG + b"101,S2,V1,2026-01-01,2026-01-31\n102,S1,V2,2026-01-01,\n",
    _LOG + b"101,S1,V1,2026-01-01,2026-01-31\n101,S2,V1,2026-01-02,2026-01-31\n",
    _LOG + b"101,S1,V1,2026-01-01,\n102,S2,V1,2026-01-02,\n",
    _LOG + b"102,S1,V1,soon,\n101,S1,,2026-01-01,\n",
)
WORN_DECISIONS = (
    _DECIDED + b"worn/a.bin,,,exclude," + _BY,
    _DECIDED + b"worn/a.bin,,,reassign,subject=S2" + _BY,
    _DECIDED + b",S1,,exclude," + _BY,
    _DECIDED + b",S1,V1,reassign,subject=S2" + _BY,
    _DECIDED + b",S2,,accept,gaps" + _BY + b"worn/c.bin,,,exclude," + _BY,
)
_HEIGHT = {"column": "HEIGHT", "unit": "cm", "minimum": 50, "maximum": 250}
_WEIGHT = {"column": "WEIGHT", "unit": "kg"}
_SUBJECT = {"subject": {"column": "ID"}}
_CLINICAL = {
    "kind": "metadata", "key": "clinical/{name}_{date:%Y%m%d}.csv",
    "entity": _SUBJECT, "values": {"height": _HEIGHT, "weight": _WEIGHT},
}  # fmt: skip
_NOTES = {
    "kind": "metadata", "key": "notes/{name}.csv",
    "entity": _SUBJECT, "values": {"height": _HEIGHT},
}  # fmt: skip
_WRIST = {
    "kind": "data", "key": "raw/{subject}/{visit}.cwa",
    "format": "axivity", "location": "wrist", "pipelines": ["sleep", "gait"],
}  # fmt: skip
_WORN = {
    "kind": "data", "key": "worn/{name}.bin", "format": "geneactiv", "device_log": "devices",
    "pipelines": ["sleep", "gait"],
}  # fmt: skip
_DEVICES = {
    "kind": "device_log", "key": "devices/{name}_{date:%Y%m%d}.csv",
    "serial": {"column": "SERIAL"}, "subject": {"column": "ID"}, "visit": {"column": "VISIT"},
    "start": {"column": "START"}, "end": {"column": "END"},
}  # fmt: skip
_DECISIONS = {"kind": "decisions", "key": "decisions/{name}_{date:%Y%m%d}.csv"}
_FILES = {"wrist": _WRIST, "clinical": _CLINICAL, "notes": _NOTES}
_SLEEP = {"skdh": "0.17.18", "steps": [{"Sleep": {"min_sleep": 30}}]}
_GAIT = {"skdh": "0.17.18", "steps": ["Gait"], "requires": ["height"]}
_ONE_START = {"monthly_usd": 0.0001}
_PIPELINES = {"sleep": _SLEEP, "gait": _GAIT}


def _configuration(
    files: Mapping[str, Any] = _FILES,
    pipelines: Mapping[str, Any] = _PIPELINES,
    budget: Mapping[str, float] | None = None,
) -> StudyConfiguration:
    return StudyConfiguration.model_validate_json(
        json.dumps(
            {
                "study": STUDY,
                "timezone": {"default": "UTC"},
                "buckets": [{"name": VERSIONED}, {"name": PLAIN}],
                "results": {"bucket": RESULTS_BUCKET, "prefix": RESULTS_PREFIX},
                "files": files,
                "pipelines": pipelines,
                "catalog": {"settle_minutes": 1},
                "budget": budget,
            }
        )
    )


CONFIGURATIONS: Mapping[str, StudyConfiguration] = {
    "first": _configuration(),
    "another parameter": _configuration(
        pipelines={**_PIPELINES, "sleep": {**_SLEEP, "steps": [{"Sleep": {"min_sleep": 20}}]}}
    ),
    "gait needs weight": _configuration(
        pipelines={**_PIPELINES, "gait": {**_GAIT, "requires": ["height", "weight"]}}
    ),
    "pattern renamed": _configuration({"arm": _WRIST, "clinical": _CLINICAL, "notes": _NOTES}),
    "gait only": _configuration({**_FILES, "wrist": {**_WRIST, "pipelines": ["gait"]}}),
    "data elsewhere": _configuration(
        {**_FILES, "wrist": {**_WRIST, "key": "old/{subject}/{visit}.cwa"}}
    ),
    "clinical elsewhere": _configuration(
        {**_FILES, "clinical": {**_CLINICAL, "key": "old/{name}_{date:%Y%m%d}.csv"}}
    ),
    "one start a month": _configuration(budget=_ONE_START),
    "another parameter, one start a month": _configuration(
        pipelines={**_PIPELINES, "sleep": {**_SLEEP, "steps": [{"Sleep": {"min_sleep": 20}}]}},
        budget=_ONE_START,
    ),
    "with decisions": _configuration({**_FILES, "decisions": _DECISIONS}),
    "by device log": _configuration({**_FILES, "worn": _WORN, "devices": _DEVICES}),
    "by device log, decided": _configuration(
        {**_FILES, "worn": _WORN, "devices": _DEVICES, "decisions": _DECISIONS}
    ),
    "heights in inches": _configuration(
        {
            **_FILES,
            "clinical": {**_CLINICAL, "values": {"height": {"column": "HEIGHT", "unit": "inch"}}},
        },
    ),
}
UNREADABLE = "unreadable"


@cache
def digest(name: str) -> str:
    if name == UNREADABLE:
        return name
    return sha256_hex(canonical_json(CONFIGURATIONS[name].model_dump(mode="json")))


_BY_DIGEST = {digest(name): configuration for name, configuration in CONFIGURATIONS.items()}


class SimulatedConfigurations:
    """See ``wearline.ports.Configurations``. A stored version never changes."""

    def load(self, row: StudyRow) -> StudyConfiguration:
        try:
            return _BY_DIGEST[row.configuration_sha256]
        except KeyError:
            raise ConfigurationUnreadable("The stored configuration cannot be read.") from None


def study_row(name: str, rev: int) -> StudyRow:
    """The row as a deployment of the configuration writes it."""
    return StudyRow(
        study=STUDY,
        configuration_version=name,
        configuration_sha256=digest(name),
        access_role_arn="",
        releases={RELEASE: Release("hash", "task-definition")},
        deployed="2026-03-01T00:00:00+00:00",
        rev=rev,
        salt="5a17",
    )
