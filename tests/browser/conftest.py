"""Debian's Chromium, driven by Playwright; tests skip where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from wearline.report.model import Known, report_model
from wearline.report.page import page as report_page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Opened:
    """A report in the browser, and what it asked for and said meanwhile."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("There is no /usr/bin/chromium: on Debian, apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_report(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """open_report(known, pictures): the report of a study, drawn."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})

    def opened(known: Known, pictures: dict[str, bytes] | None = None) -> Opened:
        file = tmp_path / "report.html"
        file.write_text(report_page(report_model(known), pictures), "utf-8")
        found = Opened(context.new_page())

        def asked(request: Request) -> None:
            found.requests.append(request.url)

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                found.errors.append(message.text)

        found.page.on("request", asked)
        found.page.on("console", said)
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on("dialog", lambda dialog: found.errors.append(f"dialog: {dialog.message}"))
        found.page.goto(file.as_uri())
        found.page.wait_for_selector("html[data-drawn=yes]")
        return found

    yield opened
    context.close()
