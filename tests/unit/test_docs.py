"""The documentation names what is there, and nothing else."""

import re

import click

from wearline.core.problems import PROBLEM_KINDS
from wearline_cli.main import main
from wearline_local.launcher import ROOT

DOCS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def test_every_kind_of_problem_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "problems.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(PROBLEM_KINDS)


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    for page in DOCS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_that_the_documentation_shows_exists() -> None:
    for page in DOCS:
        for line in re.findall(r"`wearline ([a-z][a-z -]*)", page.read_text()):
            assert _resolves(line.split()), f"{page.name}: wearline {line}"


def _resolves(words: list[str]) -> bool:
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return True
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True
