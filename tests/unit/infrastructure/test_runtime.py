"""Functions run on the newest Python that the SAM CLI of the lock knows."""

from __future__ import annotations

import re

import pytest

from .conftest import ROOT, Templates


def test_functions_and_their_layer_are_of_the_newest_python_that_sam_supports(
    templates: Templates,
) -> None:
    known = next(ROOT.glob(".venvs/sam/lib/python*/site-packages/samcli/lib/utils"), None)
    if known is None:
        pytest.skip("The SAM CLI is not set up; make setup installs it.")
    said = (known / "architecture.py").read_text()
    newest = max(int(minor) for minor in re.findall(r'"python3\.(\d+)"', said))
    document = templates.documents["template"]
    layer = document["Resources"]["WearlineLayer"]["Properties"]
    assert document["Globals"]["Function"]["Runtime"] == f"python3.{newest}"
    assert layer["CompatibleRuntimes"] == [f"python3.{newest}"]
    makefile = (ROOT / "layers" / "wearline" / "Makefile").read_text()
    assert set(re.findall(r"--python-version (\S+)", makefile)) == {f"3.{newest}"}
