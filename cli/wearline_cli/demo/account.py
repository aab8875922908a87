"""The demo's account: what was uploaded against what the ledger holds, to the last file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from wearline.core.ledger import ObjectRow
from wearline_cli.demo.uploads import EXPECTED, Upload


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of the ledger. ``lost`` are the uploaded keys that it does not know."""

    uploads: Counter[str]
    runs: Counter[str]
    unsettled: int
    lost: tuple[str, ...]

    @property
    def line(self) -> str:
        """The demo's last line."""
        kinds = " + ".join(
            f"{self.uploads[kind]} {kind}" for kind in ("data", "metadata", "ignored")
        )
        runs = self.runs
        return (
            f"demo: {self.uploads.total()} uploads = {kinds};"
            f" runs: {runs['succeeded']} succeeded, {runs['failed']} failed as expected,"
            f" {runs['waiting']} waiting, {runs['superseded']} superseded,"
            f" {runs['repeated']} repeated; {len(self.lost)} lost"
        )

    def faults(self, uploads: Iterable[Upload]) -> list[str]:
        """What is not as it must be, a sentence each."""
        uploaded = Counter(upload.kind for upload in uploads)
        found = [f"{key} is not in the ledger." for key in self.lost]
        found += [
            f"{count} {kind} uploads were made, and the ledger knows of {self.uploads[kind]}."
            for kind, count in uploaded.items()
            if self.uploads[kind] != count
        ]
        found += [
            f"{count} runs should be {name}, and {self.runs[name]} are."
            for name, count in EXPECTED.items()
            if self.runs[name] != count
        ]
        if self.unsettled:
            found.append(f"{self.unsettled} runs are neither succeeded nor failed nor waiting.")
        return found


def account(rows: Iterable[ObjectRow], uploads: Iterable[Upload]) -> Account:
    """Sum up the ledger's rows. Every upload is an object, a version of one, or a repeat."""
    kinds: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    known: set[str] = set()
    for row in rows:
        known.add(row.key)
        past = sum(len(pipeline.past) for pipeline in row.pipelines.values())
        kinds[row.kind] += 1 + past + len(row.repeats)
        runs["superseded"] += past
        runs["repeated"] += len(row.repeats)
        runs.update(pipeline.disposition for pipeline in row.pipelines.values())
    lost = tuple(sorted({upload.key for upload in uploads} - known))
    return Account(kinds, runs, runs["ready"] + runs["running"], lost)
