"""Where no Docker engine can be had, a sentence says what is lacking."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import pytest

from wearline_local.docker import __main__ as command
from wearline_local.docker import engine


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without Docker, with root, on Linux."""
    monkeypatch.setattr(engine, "found", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return monkeypatch


def test_without_root_it_says_so_and_ends_with_3(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setattr(os, "geteuid", lambda: 1000)
    assert command.main(["--can"]) == 3
    assert "it needs root" in capsys.readouterr().out
    assert command.main(["true"]) == 3
    assert "Start Docker, or name one by DOCKER_HOST" in capsys.readouterr().err


def test_without_debians_tools_they_are_named(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(shutil, "which", lambda name: None if name == "apt-get" else f"/usr/bin/{name}")
    assert engine.lacking() == "it needs apt-get, as Debian has them"


def test_an_engine_that_answers_is_taken_as_it_is(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = engine.Docker({"DOCKER_HOST": "tcp://192.0.2.1:2375"})
    bare.setattr(engine, "found", lambda: there)
    with engine.engine(tmp_path) as docker:
        assert docker is there
    assert not list(tmp_path.iterdir())
