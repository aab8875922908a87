"""Of very many names the one that was probably meant is found without comparing all with all."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from wearline_cli.spelling import Spellings, nearest_subject

NAMES = [f"US{number % 20 + 1:02}-{number:06}" for number in range(50_000)]
MANY = Spellings(NAMES)
places = st.integers(0, 10)


@given(st.sampled_from(NAMES), places, st.sampled_from("0189XYu-"))
@example("US03-000342", 10, "9")  # shares its rarest runs with names that are farther
def test_another_character_is_found_among_very_many(name: str, at: int, other: str) -> None:
    written = name[:at] + other + name[at + 1 :]
    meant = MANY.nearest(written)
    assert meant is not None
    assert OSA.distance(written.casefold(), meant.casefold()) <= 1


@given(st.sampled_from(NAMES), places)
def test_a_character_too_few_is_found_among_very_many(name: str, at: int) -> None:
    meant = MANY.nearest(name[:at] + name[at + 1 :])
    assert meant is not None
    assert len(meant) == len(name)


@pytest.mark.parametrize(
    "written",
    [
        lambda name: f"PARK-{name}",
        lambda name: name.replace("-", ""),
        lambda name: name.lower(),
        lambda name: f"{name}_V1",
    ],
)
def test_a_whole_list_that_is_written_in_another_way_is_found_again(
    written: Callable[[str], str],
) -> None:
    for name in random.Random(1).sample(NAMES, 200):  # noqa: S311  any will do
        assert MANY.nearest(written(name)) == name


def test_what_is_like_nothing_is_nothing() -> None:
    assert MANY.nearest("another thing") is None
    assert Spellings([]).nearest("S1") is None


@given(
    st.lists(st.text("S01-é", min_size=1, max_size=5), max_size=30), st.text("S01-É", max_size=5)
)
def test_among_few_it_is_what_comparing_with_all_finds(known: list[str], name: str) -> None:
    assert Spellings(known).nearest(name) == nearest_subject(name, known)


def test_of_names_equally_near_it_is_the_one_that_begins_alike_in_whatever_order() -> None:
    known = [f"S{number:03}" for number in range(100, 1000)]
    for order in (known, known[::-1]):
        assert nearest_subject("S50x", order) == Spellings(order).nearest("S50x") == "S500"
