"""``wearline redrive``: try dead letters again, counted by cause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import click
from rich.table import Table

from wearline.aws.dead_letters import SqsDeadLetters, dead_letter_queues, queue_url
from wearline.core.dead_letters import Route, route
from wearline.flow.redrive import Routing, Unroutable, causes_of, redrive, tried_again
from wearline_cli.auditing import audited
from wearline_cli.catalog_commands import start_sweep
from wearline_cli.environments import Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json


@click.command("redrive")
@click.option("--dry-run", is_flag=True, help="Count them and leave them where they are.")
@env_option
@json_option
def redrive_letters(dry_run: bool, env: str, as_json: bool) -> None:
    """Try every dead letter of an environment again."""
    there = environment(env)
    _ = there.outputs  # no queue at all is no environment
    found = _counted(there) if dry_run else _redriven_audited(there)
    if as_json:
        print_json({queue: dict(causes) for queue, causes in found.items()})
    elif not found:
        console.print("There are no dead letters.")
    else:
        console.print(_table(found))
        done = "would be tried again" if dry_run else "are tried again"
        console.print(f"{sum(map(tried_again, found.values()))} messages {done}.")


def _counted(there: Environment) -> dict[str, Counter[str]]:
    found = {name: causes_of(*source) for name, source in _sources(there)}
    return {name: causes for name, causes in found.items() if causes}


def _redriven_audited(there: Environment) -> dict[str, Counter[str]]:
    """What was sent on is told even when something stops it half-way."""
    found: dict[str, Counter[str]] = {}
    resubmit, now_ms = _Resubmit(there), time.time() * 1000
    with audited(there, None, "redrive") as told:
        try:
            for name, source in _sources(there):
                redrive(*source, resubmit, found.setdefault(name, Counter()), now_ms)
        finally:
            found = {name: causes for name, causes in found.items() if causes}
            told |= {queue: tried_again(causes) for queue, causes in found.items()}
    return found


def _sources(there: Environment) -> Iterator[tuple[str, tuple[SqsDeadLetters, Routing]]]:
    """Each queue of dead letters by its name, and where its letters go."""
    for name, url in dead_letter_queues(there.sqs, there.name):
        yield name, (SqsDeadLetters(there.sqs, url), partial(route, there.name, name))


class _Resubmit:
    """Sends a letter on; a sweep that several letters ask for is started once."""

    def __init__(self, there: Environment) -> None:
        self._there = there
        self._swept: set[str] = set()
        self._urls: dict[str, str] = {}

    def __call__(self, found: Route) -> None:
        if found.queue is not None:
            self._there.sqs.send_message(QueueUrl=self._url(found.queue), MessageBody=found.body)
            return
        for study in [found.sweep] if found.sweep else self._studies():
            if study not in self._swept:
                start_sweep(self._there, study)
                self._swept.add(study)

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            try:
                self._urls[queue] = queue_url(self._there.sqs, self._there.name, queue)
            except self._there.sqs.exceptions.QueueDoesNotExist as gone:
                raise Unroutable(f"the queue {queue} is gone") from gone
        return self._urls[queue]

    def _studies(self) -> list[str]:
        return [row.study for row in self._there.ledger.studies()]


def _table(found: dict[str, Counter[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("messages", justify="right")
    table.add_column("queue")
    table.add_column("cause", overflow="fold")
    for queue, causes in found.items():
        for cause, count in causes.most_common():
            table.add_row(str(count), queue, cause)
    return table
