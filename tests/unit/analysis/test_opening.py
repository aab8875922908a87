"""What keeps a study from being opened is a sentence, as for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from wearline_analysis import open_study
from wearline_cli.environments import CommandError


def test_no_region_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CommandError, match=r"No AWS region is chosen\. Set AWS_REGION"):
        open_study("gait-01", env="dev")
