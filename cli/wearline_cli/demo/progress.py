"""Live progress: a line whenever a file changes its state, until all is quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from rich.text import Text

from wearline.core.ledger import ObjectRow
from wearline_cli.environments import CommandError
from wearline_cli.options import console
from wearline_cli.standing import FileStanding, files
from wearline_cli.status_commands import STYLES

POLL_S = 0.5
GIVE_UP_S = 240


class NotQuiet(CommandError):
    """Something is on its way, and nothing has moved for long."""

    def __init__(self, waited_s: float) -> None:
        self.waited_s = waited_s
        super().__init__(
            f"Nothing has moved for {waited_s:.0f} s, and there is still work under way."
            " Run wearline status STUDY --files, and look at .wearline/demo/engine.log."
        )


class Progress:
    """Prints what is new since it last looked."""

    def __init__(self) -> None:
        self._began = self._moved = time.monotonic()
        self._known: dict[tuple[str, str | None, str | None], str] = {}

    def show(self, lines: Iterable[FileStanding]) -> None:
        for line in lines:
            name = (line.key, line.pipeline, line.run_id)
            if self._known.get(name) != line.state:
                self._known[name] = line.state
                self._moved = time.monotonic()
                self._print(line)

    @property
    def still_s(self) -> float:
        """Seconds since anything changed."""
        return time.monotonic() - self._moved

    def _print(self, line: FileStanding) -> None:
        elapsed = time.monotonic() - self._began
        text = Text(f"{elapsed:6.1f} s  ")
        text.append(f"{line.state:<15}", style=STYLES.get(line.state, ""))
        text.append(f" {line.key}")
        if line.pipeline:
            text.append(f"  {line.pipeline}", style="dim")
        if line.reason and line.state in ("waiting", "failed", "ignored", "partly accepted"):
            text.append(f"\n{' ' * 25}{line.reason}", style="dim")
        console.print(text, soft_wrap=True)


def follow(
    read: Callable[[], list[ObjectRow]],
    is_done: Callable[[list[ObjectRow]], bool],
    progress: Progress,
) -> list[ObjectRow]:
    """Show progress until it is done; the rows then. Raises NotQuiet."""
    while True:
        rows = read()
        progress.show(files(rows))
        if is_done(rows):
            return rows
        if progress.still_s > GIVE_UP_S:
            raise NotQuiet(progress.still_s)
        time.sleep(POLL_S)
