"""A plan is read strictly: what is none, or asks for what is never done, is said in a sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wearline_processor.errors import PlanInvalid
from wearline_processor.plan import load, run_id

Make = Callable[..., dict[str, Any]]
Write = Callable[[dict[str, Any]], Path]


def test_rows_carry_the_keys_of_the_plan(document: Make, plan_file: Write) -> None:
    plan = load(plan_file(document()))
    assert plan.keys.subject == "US01-007"
    assert plan.keys.file == "raw/S 1+é%20.cwa"
    assert plan.keys.run == run_id(document()["identity"])


def test_run_is_the_hash_of_canonical_json(document: Make) -> None:
    identity = document()["identity"]
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert run_id(identity) == hashlib.sha256(text.encode()).hexdigest()[:40]
    assert run_id(dict(reversed(identity.items()))) == run_id(identity)


def test_a_plan_of_another_run_is_refused(document: Make, plan_file: Write) -> None:
    with pytest.raises(PlanInvalid, match="not the one"):
        load(plan_file(document()), "f" * 40)


def test_measures_come_in_metres_or_not_at_all(document: Make, plan_file: Write) -> None:
    height = {"height": {"value": 1.78, "unit": "m"}, "site_name": {"value": "A", "unit": None}}
    assert load(plan_file(document(metadata=height))).measures == {"height": 1.78}
    with pytest.raises(PlanInvalid, match="must be in 'm'"):
        load(plan_file(document(metadata={"height": {"value": 178, "unit": "cm"}})))


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"time_zone": "America/New_Yrok"}, "IANA"),
    ({"time_zone": "../../etc/passwd"}, "IANA"),
    ({"output_schema": "9"}, "output schema '9'"),
    ({"recording": {}}, "does not have the shape"),
    ({"steps": 3}, "does not have the shape"),
    ({"processor": {"release": "x", "engine": "turbo", "hash": ""}}, "engine 'turbo'"),
]


@pytest.mark.parametrize(("given", "said"), INVALID)
def test_a_plan_that_asks_for_the_impossible_is_refused(
    document: Make, plan_file: Write, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlanInvalid) as refusal:
        load(plan_file(document(**given)))
    assert said in refusal.value.sentence
    assert refusal.value.code == "plan_invalid"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": "wearline.plan/2"}', "\xff"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(PlanInvalid):
        load(path)
