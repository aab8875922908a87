"""`python -m wearline_recordings`."""

from pathlib import Path

import actfast
import pytest

from wearline_recordings.__main__ import FORMATS, main

SHORT = ["--hours", "0.1", "--hz", "50"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["wrist", "lumbar", "lumbar-day"])
def test_every_format_of_every_kind_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    out = tmp_path / f"a.{name.partition('-')[0]}"
    assert main([str(out), "--kind", kind, "--format", name, *SHORT]) == 0
    assert "18,000 samples" in capsys.readouterr().out
    assert out.suffix == ".csv" or actfast.read(out)["warnings"] == []


def test_the_suffix_says_the_format(tmp_path: Path) -> None:
    assert main([str(tmp_path / "A.CWA"), *SHORT]) == 0
    assert (tmp_path / "A.CWA").read_bytes()[:2] == b"MD"


def test_a_fault_damages_what_was_written(tmp_path: Path) -> None:
    for name, fault in (("good", []), ("bad", ["--fault", "truncated-tail"])):
        assert main([str(tmp_path / f"{name}.cwa"), *SHORT, *fault]) == 0
    good, bad = (tmp_path / f"{name}.cwa" for name in ("good", "bad"))
    assert bad.read_bytes() == good.read_bytes()[:-700]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.dat"], "say its format"),
        (["a.cwa", "--hz", "60"], "does not sample at 60 Hz"),
        (["a.csv", "--fault", "restarted"], "A csv has no fault restarted"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    name, *rest = arguments
    assert main([str(tmp_path / name), "--hours", "0.05", *rest]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
