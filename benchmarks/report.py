"""The study report of 5,000 recordings: made from rows, opened, and filtered in Chromium."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.unit.report.made_up import known

from benchmarks.results import Result
from wearline.report.model import report_model
from wearline.report.page import page

RECORDINGS = 5_000
TIMES = 5


def measure() -> Iterator[Result]:
    """Seconds by the clock are the median of some; those of the browser hold all that it does."""
    made = known(RECORDINGS)
    began = time.process_time()
    model = report_model(made)
    html = page(model)
    yield Result("5,000 recordings, made from rows", round(time.process_time() - began, 2), "CPU s")
    yield Result("5,000 recordings, size", round(len(html.encode()) / 1e6, 1), "MB")
    yield Result("no recording, size", round(len(page(report_model(known(0)))) / 1e6, 1), "MB")
    if CHROMIUM.exists():
        with tempfile.TemporaryDirectory(prefix="wearline-bench-") as folder:
            file = Path(folder) / "report.html"
            file.write_text(html, "utf-8")
            yield from _in_browser(file)


def _in_browser(file: Path) -> Iterator[Result]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        opened: list[float] = []
        for _ in range(TIMES):
            tab = browser.new_page()
            opened.append(_took(lambda tab=tab: _open(tab, file)))  # type: ignore[misc]
        yield Result("5,000 recordings, until all is drawn", _median(opened), "s")
        search = tab.locator("#recordings-tools input")
        filtered = [_took(lambda: search.fill(f"00{n}")) for n in range(TIMES)]  # noqa: B023
        yield Result("5,000 recordings, a filter", _median(filtered), "s")
        picture = _took(lambda: _first_chart(tab))
        yield Result("5,000 recordings, the first chart after scrolling to it", picture, "s")
        browser.close()


def _open(tab: Page, file: Path) -> None:
    tab.goto(file.as_uri())
    tab.wait_for_selector("html[data-drawn=yes]")


def _first_chart(tab: Page) -> None:
    tab.locator("#flow").evaluate("e => e.scrollIntoView({behavior: 'instant'})")
    tab.wait_for_selector("#flow-chart .main-svg")


def _took(action: Callable[[], Any]) -> float:
    began = time.monotonic()
    action()
    return round(time.monotonic() - began, 2)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
