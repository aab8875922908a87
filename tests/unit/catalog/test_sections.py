"""A sweep's sections hold every key once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wearline.core.ledger import RESULT_SHARDS, result_shard
from wearline.core.sections import Section, object_sections, result_sections

names = st.text("ab/-é0", min_size=1, max_size=6)
folders = st.lists(names.map(lambda name: f"{name.strip('/')}/"), max_size=12)


def holds(section: Section, key: str) -> bool:
    after, until, own = section.after.encode(), section.until.encode(), key.encode()
    return after < own and (not until or own <= until)


@given(folders, st.lists(names, max_size=30), st.sampled_from([None, "a/", "b0/", "é/"]))
def test_every_key_but_the_results_is_in_exactly_one_section(
    folders: list[str], keys: list[str], results: str | None
) -> None:
    sections = object_sections("bucket", folders, results, most=6)
    assert len(sections) <= 6
    for key in keys:
        own = results is not None and key.startswith(results)
        held = [section for section in sections if holds(section, key)]
        assert len(held) == (0 if own and key != results else 1)


def test_many_folders_make_sections_of_about_the_same_count() -> None:
    folders = [f"raw/S{number:04}/" for number in range(1000)]
    bounds = [section.until for section in object_sections("bucket", folders, None, most=8)]
    counts = [int(bound[5:9]) for bound in bounds if bound]
    assert {later - earlier for earlier, later in pairwise(counts)} == {125}


def test_results_are_split_by_the_first_digit_of_run_ids() -> None:
    shards = [result_shard(digit * 40) for digit in "0123456789abcdef"]
    assert shards == sorted(shards)
    assert [section.shard for section in result_sections("b")] == list(range(RESULT_SHARDS))
