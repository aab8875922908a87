"""The plan: the frozen, complete order for one run, and the run's identity.

A plan has two parts. ``identity`` is everything that could change a number; the hash of
its canonical JSON is the ``run_id``. ``origin`` says where the values came from
(metadata file and row, configuration version, pattern name). It is provenance: a new
demographics file that repeats the same height must not make a result stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

SCHEMA = "wearline.plan/1"
RUN_ID_LENGTH = 40
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def canonical_json(value: object) -> bytes:
    """One spelling for one value: sorted keys, no spaces, UTF-8, finite numbers only.

    Raises ValueError for NaN and infinities, TypeError for what JSON cannot hold.
    """
    return _encode(value).encode("utf-8")


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Plan:
    """What one run shall do. Both parts hold JSON values only.

    >>> Plan({"study": "a"}, {}).run_id == Plan({"study": "a"}, {"pattern": "b"}).run_id
    True
    """

    identity: Mapping[str, Any]
    origin: Mapping[str, Any]

    @cached_property
    def run_id(self) -> str:
        return sha256_hex(canonical_json(self.identity))[:RUN_ID_LENGTH]

    def document(self) -> bytes:
        """The canonical JSON that is stored before anything starts."""
        return canonical_json({"schema": SCHEMA, "identity": self.identity, "origin": self.origin})


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Dotted names of the identity's entries that differ, in order.

    >>> differences({"metadata": {"height": 1.7}}, {"metadata": {"height": 1.8}})
    ['metadata.height']
    """
    return sorted(_differing(before, after, ""))


def _differing(before: object, after: object, name: str) -> list[str]:
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [
            inner
            for key in {*before, *after}
            for inner in _differing(before.get(key), after.get(key), f"{name}.{key}".lstrip("."))
        ]
    return [name]


def execution_name(run_id: str, attempt: int) -> str:
    """The Step Functions execution that tries a run: one name for one attempt, for ever.

    Derived from nothing else, so that a second start of the same attempt is refused by
    Step Functions itself ("already exists"), which is success.
    """
    return f"{run_id}-{attempt}"


def split_execution_name(name: str) -> tuple[str, int]:
    run_id, _, attempt = name.rpartition("-")
    return run_id, int(attempt)
