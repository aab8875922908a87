"""What each role may do is what it was seen to do, or what docs/permissions.md explains."""

from __future__ import annotations

import re

import pytest

from gates.permissions import PAGE, Permission, grants, page_with, recorded, rows, unseen


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_every_permission_stands_in_exactly_one_table_of_the_page_and_no_other(page: str) -> None:
    allowed = {grant.permission for grant in grants()}
    seen, explained = rows(page, recorded=True), rows(page, recorded=False)
    assert allowed - seen - explained == set(), "allowed, and neither recorded nor explained"
    assert (seen | explained) - allowed == set(), "in the page, and not allowed"
    assert seen & explained == set(), "explained, although it was recorded"


def test_every_permission_that_cannot_be_checked_names_its_page_of_aws(page: str) -> None:
    unchecked = page.partition("## What the embedded AWS cannot check")[2].partition("\n## ")[0]
    reasons = re.findall(r"^\| [^|]+ \| `[^|]+` \| [^|]+ \| ([^|]+) \|$", unchecked, re.MULTILINE)
    assert len(reasons) > 20
    for reason in reasons:
        assert "https://docs.aws.amazon.com/" in reason or "the same" in reason


def test_a_recording_shows_the_permissions_that_its_calls_needed() -> None:
    runs = "arn:aws:dynamodb:us-east-1:000000000000:table/wearline-local-runs"
    lines = [
        f'["wearline-local-prepare-run", "dynamodb:PutItem", "{runs}"]',
        f'["wearline-local-sweep-bucket", "dynamodb:PutItem", "{runs}"]',
    ]
    found = recorded(lines, grants())
    assert [(each.role, each.action) for each in found] == [("prepare-run", "dynamodb:PutItem")]


def test_a_recording_in_which_a_permission_is_no_longer_used_is_told_from_the_page() -> None:
    runs = "arn:aws:dynamodb:us-east-1:000000000000:table/wearline-local-runs"
    line = f'["wearline-local-prepare-run", "dynamodb:PutItem", "{runs}"]'
    [used] = recorded([line], grants())
    idle = Permission("prepare-run", "dynamodb:GetItem", used.resource)
    page = page_with("", [used, idle])
    assert rows(page, recorded=True) == {used, idle}
    assert unseen([line], page) == {idle}
