"""The audit trail: written by many at once, and any tampering with it shows."""

import json
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.catalog.quiet_world import QuietWorld

from wearline.core.audit import (
    FAR,
    EntryInvalid,
    Head,
    Phase,
    chain_faults,
    entry_name,
    entry_numbers,
    parsed_entry,
    unended,
)
from wearline.core.plans import canonical_json, sha256_hex
from wearline.flow.auditing import Act, append, chain_sweep, last_number


class Shelf:
    """A chain in memory. ``before_put`` is what others do between a look and a put."""

    name = "study gait"

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def numbers(self, after: int) -> Iterator[int]:
        with self._lock:
            return iter([n for n in entry_numbers(self.entries) if n > after])

    def read(self, n: int) -> bytes | None:
        return self.entries.get(entry_name(n))

    def put_once(self, n: int, content: bytes) -> bool:
        with self._lock:
            if entry_name(n) in self.entries:
                return False
            self.entries[entry_name(n)] = content
            return True


def act(action: str = "retry", intent: int | None = None) -> Act:
    phase: Phase = "intent" if intent is None else "done"
    return Act("2026-03-11T10:00:00.000+00:00", "arn:aws:iam::1:user/a", action, phase, {}, intent)


def chain(length: int) -> tuple[Shelf, list[Head]]:
    shelf = Shelf()
    return shelf, [append(shelf, act()) for _ in range(length)]


def codes(found: dict[str, bytes], noted: list[Head]) -> set[str]:
    return {fault.code for fault in chain_faults(found, noted)}


lengths = st.integers(min_value=2, max_value=12)


@given(length=st.integers(min_value=0, max_value=70))
def test_end_of_a_chain_is_found_and_the_chain_is_sound(length: int) -> None:
    shelf, heads = chain(length)
    assert last_number(shelf) == length
    assert not codes(shelf.entries, heads)


@given(length=lengths, beyond=st.integers(min_value=FAR + 3, max_value=9_999_999_999 - 12))
def test_entry_far_beyond_the_end_steers_no_number_and_shows(length: int, beyond: int) -> None:
    shelf, _ = chain(length)
    stray = entry_name(length + beyond)
    shelf.entries[stray] = shelf.entries[entry_name(1)]
    assert [append(shelf, act()).n for _ in range(3)] == [length + 1, length + 2, length + 3]
    faults = {(fault.code, fault.about) for fault in chain_faults(shelf.entries)}
    assert faults == {("unexpected", stray), ("reordered", stray)}


def test_forged_entry_right_after_the_end_is_passed_over_and_shows() -> None:
    shelf, _ = chain(3)
    shelf.entries[entry_name(4)] = b"{}"
    assert append(shelf, act()).n == 5
    assert [(each.code, each.about) for each in chain_faults(shelf.entries)] == [
        ("changed", entry_name(4))
    ]


def test_chain_goes_on_after_more_was_removed_than_a_hole_may_be_and_it_shows() -> None:
    shelf, heads = chain(FAR + 10)
    for n in range(6, FAR + 6):
        del shelf.entries[entry_name(n)]
    assert append(shelf, act()).n == 6
    assert "unexpected" in codes(shelf.entries, [])
    assert {"replaced", "missing"} <= codes(shelf.entries, heads)


@given(length=lengths, data=st.data())
def test_change_of_any_one_byte_shows(length: int, data: st.DataObject) -> None:
    shelf, heads = chain(length)
    name = data.draw(st.sampled_from(sorted(shelf.entries)))
    content = bytearray(shelf.entries[name])
    place = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    content[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    shelf.entries[name] = bytes(content)
    assert codes(shelf.entries, heads[-1:])


@given(length=lengths, data=st.data())
def test_entry_rewritten_with_other_facts_shows(length: int, data: st.DataObject) -> None:
    shelf, heads = chain(length)
    name = data.draw(st.sampled_from(sorted(shelf.entries)))
    told = json.loads(shelf.entries[name])
    shelf.entries[name] = canonical_json({**told, "by": "arn:aws:iam::1:user/b"})
    assert codes(shelf.entries, heads[-1:]) & {"changed", "replaced"}


@given(length=lengths, data=st.data())
def test_missing_entry_shows_also_at_the_end_that_was_noted(
    length: int, data: st.DataObject
) -> None:
    shelf, heads = chain(length)
    del shelf.entries[data.draw(st.sampled_from(sorted(shelf.entries)))]
    assert "missing" in codes(shelf.entries, heads[-1:])


@given(length=lengths, data=st.data())
def test_two_entries_that_change_places_show(length: int, data: st.DataObject) -> None:
    shelf, heads = chain(length)
    pair = st.lists(st.sampled_from(sorted(shelf.entries)), min_size=2, max_size=2, unique=True)
    one, other = data.draw(pair)
    found = shelf.entries
    found[one], found[other] = found[other], found[one]
    assert "reordered" in codes(found, heads[-1:])


@given(length=lengths, data=st.data())
def test_fork_shows_beside_an_entry_noted_elsewhere(length: int, data: st.DataObject) -> None:
    shelf, heads = chain(length)
    keep = data.draw(st.integers(min_value=0, max_value=length - 1))
    shelf.entries = {entry_name(n): shelf.entries[entry_name(n)] for n in range(1, keep + 1)}
    for _ in range(length - keep):
        append(shelf, act("another"))
    assert codes(shelf.entries, heads[-1:]) == {"replaced"}


@given(length=st.integers(min_value=3, max_value=12), data=st.data())
def test_entry_of_another_line_in_the_middle_shows_by_itself(
    length: int, data: st.DataObject
) -> None:
    shelf, _ = chain(length)
    n = data.draw(st.integers(min_value=1, max_value=length - 1))
    told = json.loads(shelf.entries[entry_name(n)])
    shelf.entries[entry_name(n)] = canonical_json({**told, "id": "another"})
    assert "changed" in codes(shelf.entries, [])


def test_entry_that_follows_a_later_or_earlier_one_is_a_fork() -> None:
    shelf, _ = chain(4)
    told = json.loads(shelf.entries[entry_name(4)])
    told["before"] = sha256_hex(shelf.entries[entry_name(2)])
    shelf.entries[entry_name(4)] = canonical_json(told)
    assert codes(shelf.entries, []) == {"forked"}


def test_a_gap_is_never_filled_by_a_writer() -> None:
    shelf, _ = chain(5)
    del shelf.entries[entry_name(3)]
    assert append(shelf, act()).n == 6


def test_writers_at_once_each_get_a_number_and_the_chain_is_sound() -> None:
    shelf = Shelf()
    heads: list[Head] = []

    def write() -> None:
        heads.extend(append(shelf, act()) for _ in range(25))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert sorted(head.n for head in heads) == list(range(1, 101))
    assert not codes(shelf.entries, heads)


class Forgetful(Shelf):
    """Its answers to puts get lost now and then, after the put."""

    def __init__(self, answered: list[bool]) -> None:
        super().__init__()
        self._answered = answered

    def put_once(self, n: int, content: bytes) -> bool:
        return super().put_once(n, content) and self._answered[n - 1]


@given(answered=st.lists(st.booleans(), min_size=10, max_size=10))
def test_put_whose_answer_was_lost_is_not_written_twice(answered: list[bool]) -> None:
    shelf = Forgetful(answered)
    heads = [append(shelf, act()) for _ in range(10)]
    assert [head.n for head in heads] == list(range(1, 11))
    assert len(shelf.entries) == 10


def test_intent_without_an_end_is_told() -> None:
    shelf, _ = chain(2)
    append(shelf, act(intent=1))
    entries = [parsed_entry(content) for content in shelf.entries.values()]
    assert [entry.n for entry in unended(entries)] == [2]


@pytest.mark.parametrize(
    "name",
    ["1.json", "0000000001.json.bak", "notes.txt", "0000000000.json", "10000000000.json",
     "\N{ARABIC-INDIC DIGIT ONE}" * 10 + ".json"],
)  # fmt: skip
def test_stray_file_among_the_entries_shows(name: str) -> None:
    shelf, _ = chain(2)
    shelf.entries[name] = b"{}"
    assert codes(shelf.entries, []) == {"unexpected"}


@pytest.mark.parametrize(
    "forged",
    [
        {"facts": []}, {"facts": None}, {"before": {}}, {"n": "1"}, {"n": None}, {"at": 5},
        {"phase": "other"}, {"phase": []}, {"intent": "1"}, {"id": None},
    ],
    ids=str,
)  # fmt: skip
def test_entry_of_other_types_is_a_fault_and_stops_nobody(forged: dict[str, object]) -> None:
    shelf, _ = chain(2)
    told = json.loads(shelf.entries[entry_name(2)])
    shelf.entries[entry_name(2)] = canonical_json(told | forged)
    with pytest.raises(EntryInvalid):
        parsed_entry(shelf.entries[entry_name(2)])
    assert codes(shelf.entries, []) == {"changed"}


def test_entry_that_is_nested_too_deep_to_be_read_is_a_fault_and_stops_nobody() -> None:
    shelf, _ = chain(2)
    shelf.entries[entry_name(2)] = b"[" * 200_000
    assert append(shelf, act()).n == 3
    assert codes(shelf.entries, []) == {"changed"}


def test_sweep_is_chained_past_an_entry_that_was_altered() -> None:
    quiet = QuietWorld()
    shelf, _ = chain(3)
    args = (quiet.world, shelf, quiet.study, "sweep-1", "2026-03-11T09:00:00+00:00")
    first = chain_sweep(*args, complete=True)
    shelf.entries[entry_name(5)] = b"{}"
    assert chain_sweep(*args, complete=True) == first
