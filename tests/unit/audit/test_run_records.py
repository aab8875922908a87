"""Run records of a copy are held to what the sweeps of the trail listed."""

from hypothesis import given
from hypothesis import strategies as st

from wearline.core.audit import Entry, Fault
from wearline.core.ledger import ResultRow
from wearline.core.plans import sha256_hex
from wearline.core.run_records import REMOVAL, digest, list_key, record_faults, records_list

PREFIX = "biomarkers/"


class Copy:
    """A study's results with some runs, and the entries of its sweeps."""

    def __init__(self, runs: int) -> None:
        self.files: dict[str, bytes] = {}
        self.rows: list[ResultRow] = []
        self.entries: list[Entry] = []
        for n in range(runs):
            self.add(f"{n:040x}")

    def add(self, run_id: str) -> str:
        key, content = f"runs/{run_id}/attempts/1.1/run.json", run_id.encode()
        self.files[key] = content
        self.rows.append(
            ResultRow(
                "gait", run_id, "b", PREFIX + key, "etag", len(content), 1, sha256_hex(content)
            )
        )
        return key

    def sweep(self, lists: int = 2) -> None:
        n, parts = len(self.entries) + 1, []
        for part in range(lists):
            content = records_list(self.rows[part::lists], PREFIX)
            self.files[list_key(f"s{n}", content)] = content
            parts.append(sha256_hex(content))
        facts = {"sweep": f"s{n}", "lists": parts, "digest": digest(parts), "complete": True}
        self.entries.append(self.entry("sweep", facts))

    def entry(self, action: str, facts: dict[str, object]) -> Entry:
        n = len(self.entries) + 1
        return Entry("study gait", n, None, "id", "2026", "a", action, "sweep", facts)

    def faults(self) -> list[Fault]:
        return list(record_faults(self.entries, self.files.get))


runs = st.integers(min_value=1, max_value=9)


@given(runs=runs, sweeps=st.integers(min_value=1, max_value=3))
def test_untouched_copy_is_sound_and_newer_runs_are_no_fault(runs: int, sweeps: int) -> None:
    copy = Copy(runs)
    for each in range(sweeps):
        copy.sweep()
        copy.add(f"{99 + each:040x}")
    assert not copy.faults()


@given(runs=runs, data=st.data())
def test_changed_or_missing_file_shows_whichever_it_is(runs: int, data: st.DataObject) -> None:
    copy = Copy(runs)
    copy.sweep()
    key = data.draw(st.sampled_from(sorted(copy.files)))
    if data.draw(st.booleans()):
        del copy.files[key]
    else:
        copy.files[key] = copy.files[key][:-1] + b"!"
    assert {fault.about for fault in copy.faults()} >= {key}


def test_run_that_a_later_sweep_no_longer_lists_shows() -> None:
    copy = Copy(3)
    copy.sweep()
    gone = copy.rows.pop()
    copy.sweep()
    [fault] = copy.faults()
    assert fault.code == "dropped"
    assert gone.run_id in fault.about


def test_run_that_is_no_longer_listed_is_told_once_however_many_sweeps_follow() -> None:
    copy = Copy(3)
    copy.sweep()
    copy.rows.pop()
    for _ in range(3):
        copy.sweep()
    assert [fault.code for fault in copy.faults()] == ["dropped"]


def test_run_of_a_subject_who_withdrew_may_be_gone() -> None:
    copy = Copy(3)
    copy.sweep()
    gone = copy.rows.pop()
    del copy.files[gone.key.removeprefix(PREFIX)]
    copy.entries.append(copy.entry(REMOVAL, {"removed_runs": [gone.run_id]}))
    copy.sweep()
    assert not copy.faults()


def test_record_replaced_between_two_sweeps_shows() -> None:
    copy = Copy(1)
    copy.sweep()
    row = copy.rows.pop()
    copy.files[row.key.removeprefix(PREFIX)] = b"other"
    copy.rows.append(ResultRow("gait", row.run_id, "b", row.key, "e", 5, 1, sha256_hex(b"other")))
    copy.sweep()
    assert "contradicted" in {fault.code for fault in copy.faults()}


def test_withdrawal_and_list_of_other_types_are_no_crash() -> None:
    copy = Copy(1)
    copy.sweep()
    copy.entries.append(copy.entry(REMOVAL, {"removed_runs": 5}))
    content = b'[["no run", 1]]'
    copy.files[f"catalog/records/s9/{sha256_hex(content)}.json"] = content
    parts = [sha256_hex(content)]
    facts = {"sweep": "s9", "lists": parts, "digest": digest(parts), "complete": False}
    copy.entries.append(copy.entry("sweep", facts))
    assert [fault.code for fault in copy.faults()] == ["changed"]


def test_intent_to_withdraw_excuses_no_record() -> None:
    copy = Copy(2)
    copy.sweep()
    gone = copy.rows.pop()
    copy.entries.append(copy.entry("withdraw", {"removed_runs": [gone.run_id]}))
    copy.sweep()
    assert [fault.code for fault in copy.faults()] == ["dropped"]
