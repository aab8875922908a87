"""Every reason that a failed run may have is one that people can look up."""

from __future__ import annotations

import re
from pathlib import Path

import wearline_processor

SOURCES = Path(wearline_processor.__file__).parent
DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_every_code_of_a_reason_is_documented() -> None:
    text = "".join((SOURCES / f"{name}.py").read_text() for name in ("errors", "child", "limits"))
    raised = r'(?:super\(\).__init__|ProcessorError)\(\s*"(\w+)",|^    "(\w+_limit)",$'
    codes = {code for pair in re.findall(raised, text, re.MULTILINE) for code in pair if code}
    assert {"plan_invalid", "time_limit", "output_limit", "gaps_too_long"} <= codes
    documented = set(re.findall(r"(?m)^\| .*?\|", (DOCS / "results.md").read_text()))
    words = set(re.findall(r"`(\w+)`", " ".join(documented)))
    assert codes <= words
