"""The study report in a real browser: safe, quiet, and usable without a mouse."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Opened
from tests.unit.report.made_up import known

Report = Callable[..., Opened]
VIEWS = ("attention", "matrix", "flow", "quality", "wear", "biomarkers", "recordings")
# What makes each view what it is, for its picture.
SHOWN = {
    "attention": "li", "matrix": "tbody .state", "flow": ".main-svg .bars", "quality": "tbody td",
    "wear": ".main-svg .bars", "biomarkers": ".main-svg .boxlayer path", "recordings": "tbody td",
}  # fmt: skip
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)<",
    "<!--<script>",
    "\u202egnol\u2066",
    "é" * 60,
    "👩🏽‍🦽🧪",
    "a'b\"c`d${alert(3)}",
    "x\u2028y\u2029z",
    "%{x}<b>{{alert(4)}}",
)


# Whether a chart is in view is told once a frame: the frame after next has been told of this one.
IN_VIEW = """element => new Promise(seen => {
  element.scrollIntoView({behavior: 'instant'});
  requestAnimationFrame(() => requestAnimationFrame(seen));
})"""


def scroll_through(page: Page) -> None:
    for view in VIEWS:
        page.locator(f"#{view}").evaluate(IN_VIEW)
    page.wait_for_selector("#biomarkers-chart .main-svg")


def harmless(errors: list[str]) -> bool:
    """Plotly's one inline style is refused by our policy, and nothing else ever is."""
    return all("inline style" in each for each in errors) and len(errors) <= 1


def test_hostile_names_are_shown_as_text_and_nothing_runs(open_report: Report) -> None:
    opened = open_report(known(70, subjects=HOSTILE))
    scroll_through(opened.page)
    shown = opened.page.locator("#matrix-table tbody th").all_text_contents()
    assert set(HOSTILE) <= set(shown)
    opened.page.locator("#recordings-tools input").fill("onerror")
    opened.page.locator("#recordings-table .link").first.click()
    assert HOSTILE[0] in (opened.page.locator("#recording h2").text_content() or "")
    assert harmless(opened.errors), opened.errors
    assert opened.page.locator("main img, main iframe, main script, b b").count() == 0


def test_no_request_ever_leaves_the_page(open_report: Report) -> None:
    opened = open_report(known(60))
    scroll_through(opened.page)
    opened.page.locator("#recordings-table .link").first.click()
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1


def test_policy_refuses_a_script_that_it_does_not_name(open_report: Report) -> None:
    opened = open_report(known(5))
    opened.page.evaluate(
        "() => { const s = document.createElement('script');"
        " s.textContent = 'document.title = \"taken over\"'; document.body.append(s); }"
    )
    assert "taken over" not in opened.page.title()
    assert any("Content Security Policy" in each for each in opened.errors)


def test_everything_is_reached_by_keyboard(open_report: Report) -> None:
    page = open_report(known(80)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.locator("#recordings-tools input").focus()
    page.keyboard.type("0003")
    first = page.locator("#recordings-table .link").first
    wanted = first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog[open] h2").inner_text() == wanted
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == wanted


def test_heads_sort_and_say_so(open_report: Report) -> None:
    page = open_report(known(80)).page
    head = page.locator("#recordings-table th", has_text="Since")
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    since = page.locator("#recordings-table tbody td:nth-child(5)").all_inner_texts()
    assert since == sorted(since)
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"


def test_lists_come_in_pages_and_can_be_filtered(open_report: Report) -> None:
    page = open_report(known(400)).page
    said = page.locator("#recordings-tools output")
    assert re.fullmatch("1 to 25 of 400 recordings", said.inner_text())
    page.locator("#recordings-tools button", has_text="Next").click()
    assert said.inner_text() == "26 to 50 of 400 recordings"
    page.locator("#recordings-tools select").select_option("failed")
    states = page.locator("#recordings-table tbody .state").all_inner_texts()
    assert states
    assert all("failed" in state for state in states)
    page.locator("#matrix-tools select").last.select_option("waiting")
    rows = page.locator("#matrix-table tbody tr").all()
    assert rows
    assert all("waiting" in row.inner_text() for row in rows)


def test_a_file_of_two_pipelines_is_one_recording_in_every_count(open_report: Report) -> None:
    made = known(60)
    rows = [
        replace(row, pipelines={**row.pipelines, "again": next(iter(row.pipelines.values()))})
        for row in made.rows
    ]
    shown = {}
    for name, study in (("once", made), ("twice", replace(made, rows=rows))):
        page = open_report(study).page
        scroll_through(page)
        shown[name] = [
            page.locator(f"#{part}").text_content()
            for part in ("quality-sites", "quality-devices", "quality-serials", "wear-rule",
                         "wear-table", "biomarkers-table", "outliers-table")
        ] + [page.locator(f"#{part}").get_attribute("aria-label")
             for part in ("wear-hours", "wear-days", "biomarkers-chart")]  # fmt: skip
    assert shown["twice"] == shown["once"]


def test_states_differ_by_letter_and_word_not_by_colour(open_report: Report) -> None:
    page = open_report(known(200)).page
    legend = page.locator("#matrix-legend .state").all_inner_texts()
    letters, words = zip(*(each.split("\n") for each in legend), strict=True)
    assert len(set(letters)) == len(set(words)) == len(legend)


def test_page_of_a_recording_shows_its_picture_or_says_where_it_lies(open_report: Report) -> None:
    made = known(40)
    run = next(run for run in made.runs.values() if run.summary and run.summary.pictures)
    assert run.summary
    opened = open_report(made, {f"{run.run_id}/{run.summary.pictures[0]}": png()})
    opened.page.locator("#recordings-tools input").fill(run.key)
    opened.page.locator("#recordings-table .link").first.click()
    picture = opened.page.locator("dialog img")
    assert picture.evaluate("e => e.naturalWidth") == 1
    opened.page.keyboard.press("Escape")
    other = next(
        each
        for each in made.runs.values()
        if each != run and each.summary and each.summary.pictures
    )
    opened.page.locator("#recordings-tools input").fill(other.key)
    opened.page.locator("#recordings-table .link").first.click()
    link = opened.page.locator("dialog a").get_attribute("href")
    assert other.summary
    assert link == f"runs/{other.run_id}/attempts/1.1/{other.summary.pictures[0]}"


def test_paper_gets_every_chart_and_more_than_a_page_of_each_list(open_report: Report) -> None:
    page = open_report(known(300)).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.wait_for_selector("#flow-chart .main-svg", state="attached")
    assert page.locator("#recordings-table tbody tr").count() == 300
    assert page.locator(".tools").first.is_hidden()
    for view in ("flow", "biomarkers"):
        assert page.locator(f"#{view}-chart .main-svg").first.evaluate("e => e.clientWidth") == 680
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#recordings-table tbody tr").count() == 25


def test_nothing_is_known_yet_and_the_page_says_so(open_report: Report) -> None:
    opened = open_report(known(0))
    assert "Nothing needs a person now." in opened.page.locator("#attention").inner_text()
    assert opened.errors == []


@pytest.mark.parametrize("with_dialog", [False, True])
def test_accessibility_rules_of_axe_hold(open_report: Report, with_dialog: bool) -> None:
    page = open_report(known(120, subjects=HOSTILE)).page
    scroll_through(page)
    if with_dialog:
        page.locator("#recordings-table .link").first.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_each_view_has_a_picture(open_report: Report, tmp_path: Path) -> None:
    """For people to look at: WEARLINE_SCREENSHOTS names a folder that keeps them."""
    folder = Path(os.environ.get("WEARLINE_SCREENSHOTS", tmp_path))
    page = open_report(known(300)).page
    scroll_through(page)
    pictures = []
    for view, shown in SHOWN.items():
        page.locator(f"#{view}").evaluate("e => e.scrollIntoView({behavior: 'instant'})")
        for part in ("h2", shown):
            assert in_sight(page.locator(f"#{view} {part}").first), f"{part} of {view}"
        pictures.append(page.screenshot(path=folder / f"{view}.png"))
    page.locator("#recordings-table .link").first.click()
    assert in_sight(page.locator("dialog h2"))
    pictures.append(page.screenshot(path=folder / "recording.png"))
    assert len(set(pictures)) == len(VIEWS) + 1


def in_sight(part: Locator) -> bool:
    """Whether its upper edge lies within the window, and it is larger than nothing."""
    box, window = part.bounding_box(), part.page.viewport_size
    assert window
    return bool(box and box["height"] and 0 <= box["y"] < window["height"])


def png() -> bytes:
    """One pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
