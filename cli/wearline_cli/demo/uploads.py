"""What the sites upload in the demo, in which order, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["data", "metadata", "ignored"]

EARLY_HEIGHTS = """USUBJID,VISIT,HEIGHT_CM
parkinson-gait-01-US01-S101,BASELINE,171.5
parkinson-gait-01-UK01-S 07+é%,BASELINE,182
parkinson-gait-01-US01-S105,BASELINE,165
parkinson-gait-01-UK01-S106,BASELINE,176
"""
LATE_HEIGHTS = """USUBJID,VISIT,HEIGHT_CM
parkinson-gait-01-US01-S102,BASELINE,168
parkinson-gait-01-US01-S109,BASELINE,17 feet
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """One object as a site puts it. ``content`` is text, or the name of a recording."""

    key: str
    content: str
    kind: Kind
    shows: str
    lost: bool = False

    def body(self, recordings: Path) -> bytes:
        recording = recordings / self.content
        return recording.read_bytes() if "\n" not in self.content else self.content.encode()


@dataclass(frozen=True, slots=True)
class Stage:
    """Uploads that go together; the next stage begins when all is quiet."""

    title: str
    uploads: tuple[Upload, ...]


S101 = "raw/US01/S101/V1_left_wrist_2024-03-11.cwa"
S105 = "raw/US01/S105/V1_lumbar_2024-03-11.csv"

STAGES = (
    Stage(
        "The sites upload: heights of some subjects first, then recordings",
        (
            Upload("clinical/demographics_20240301.csv", EARLY_HEIGHTS, "metadata",
                   "metadata before data"),
            Upload("notes/read me.txt", "Call the site in UK.\n", "ignored",
                   "a file that no pattern matches"),
            Upload(S101, "wrist_1.cwa", "data", "a wrist, a day and a half"),
            Upload("raw/UK01/S103/V1_right_wrist_2024-03-30.cwa", "wrist_3.cwa", "data",
                   "a wrist over the night when British clocks change"),
            Upload("raw/US01/S104/V1_left_wrist_2024-03-11.bin", "wrist_4.bin", "data",
                   "another device"),
            Upload("raw/US01/S102/V1_left_wrist_2024-03-11.cwa", "broken.cwa", "data",
                   "a broken recording"),
            Upload("raw/US01/S101/V1_lumbar_2024-03-11.csv", "lumbar_1.csv", "data",
                   "a walk at the clinic"),
            Upload("raw/UK01/S 07+é%/V1_lumbar_2024-03-11.csv", "lumbar_2.csv", "data",
                   "a key with spaces, +, % and an accent"),
            Upload("raw/US01/S102/V1_lumbar_2024-03-11.csv", "lumbar_3.csv", "data",
                   "data before metadata: it waits"),
            Upload(S105, "lumbar_4.csv", "data", "will be replaced"),
        ),
    ),
    Stage(
        "The missing height comes, beside a row that nobody can read; files come again",
        (
            Upload("clinical/demographics_20240315.csv", LATE_HEIGHTS, "metadata",
                   "one bad row among good ones"),
            Upload(S101, "wrist_1.cwa", "data", "the same file again"),
            Upload(S105, "lumbar_5.csv", "data", "a new version of a file"),
            Upload("raw/UK01/S106/V1_lumbar_2024-03-11.csv", "lumbar_6.csv", "data",
                   "its event is lost", lost=True),
        ),
    ),
)  # fmt: skip

EXPECTED = {"succeeded": 8, "failed": 1, "waiting": 0, "superseded": 1, "repeated": 1}
