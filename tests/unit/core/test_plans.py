"""A plan has one spelling, and its identity one hash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.plans import (
    Plan,
    canonical_json,
    differences,
    execution_name,
    split_execution_name,
)

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=4)


@given(objects)
def test_a_plan_has_one_spelling_whatever_the_order_of_its_names(value: dict[str, Any]) -> None:
    shuffled = dict(reversed(value.items()))
    assert canonical_json(shuffled) == canonical_json(value)
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_no_plan_holds_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"value": number})


@given(objects, objects, objects)
def test_provenance_never_changes_which_run_it_is(
    identity: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert Plan(identity, one).run_id == Plan(identity, other).run_id


@given(objects, objects)
def test_runs_are_the_same_exactly_when_nothing_differs(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = canonical_json(one) == canonical_json(other)
    assert (Plan(one, {}).run_id == Plan(other, {}).run_id) is same


def test_differences_are_named_by_their_place() -> None:
    before = {"metadata": {"height": 1.7}, "steps": [1], "study": "a"}
    after = {"metadata": {"height": 1.8, "weight": 60}, "steps": [2], "study": "a"}
    assert differences(before, after) == ["metadata.height", "metadata.weight", "steps"]


@given(objects)
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    assert differences(value, value) == []


@given(st.text("0123456789abcdef", min_size=40, max_size=40), st.integers(1, 10_000))
def test_an_execution_name_says_which_attempt_it_is_and_fits(run_id: str, attempt: int) -> None:
    name = execution_name(run_id, attempt)
    assert split_execution_name(name) == (run_id, attempt)
    assert len(name) <= 80
