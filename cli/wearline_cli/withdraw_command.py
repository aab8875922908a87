"""``wearline withdraw``: a person has withdrawn; remove what was made of them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from wearline.core.assignments import is_device
from wearline.core.places import Places, subjects_of_object
from wearline.core.study import StudyConfiguration
from wearline.core.withdrawal import WITHDRAWN
from wearline.flow.known_metadata import known_metadata
from wearline.ports import Ledger
from wearline_cli.environments import CommandError, environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows
from wearline_cli.withdrawal import Inventory, inventory, still_kept, withdraw


class NoReason(CommandError):
    """A withdrawal is recorded with its reason."""


@click.command("withdraw")
@click.argument("study")
@click.argument("subject")
@click.option("--confirm", is_flag=True, help="Do it. Without this, only show what would be done.")
@click.option("--reason", help="Why, for the record; without personal data.")
@env_option
@json_option
def withdraw_subject(
    study: str, subject: str, confirm: bool, reason: str | None, env: str, as_json: bool
) -> None:
    """Remove every result, plan and value of SUBJECT from STUDY, for ever."""
    there = environment(env)
    row = there.study(study)
    configuration = there.configuration(row)
    if not confirm:
        found = inventory(there, row, configuration, subject)
        kept = still_kept(found, [])
        if as_json:
            print_json({"would_remove": found.counts, "kept": kept})
            return
        _print("Would be removed", found.counts, kept)
        if _is_empty(found):
            console.print(of_nobody(there.ledger, configuration, subject), soft_wrap=True)
        console.print("Nothing was changed. To do it: add --confirm --reason TEXT")
        return
    if not reason:
        raise NoReason("A withdrawal is recorded with its reason: add --reason TEXT.")
    unknown = _is_empty(inventory(there, row, configuration, subject))
    record = withdraw(there, row, configuration, subject, reason)
    if as_json:
        print_json(record)
    else:
        _print("Removed", record["removed"], record["kept"])
        if unknown:
            console.print(of_nobody(there.ledger, configuration, subject), soft_wrap=True)
        console.print(
            "Run the same command without --confirm in some minutes: it should find nothing."
            " What a function wrote that was at work meanwhile is removed by running this again."
        )


def _is_empty(found: Inventory) -> bool:
    """Nothing is to be removed, and no file of the subject was ever forgotten."""
    return not any(found.counts.values()) and not found.files


def of_nobody(ledger: Ledger, configuration: StudyConfiguration, subject: str) -> str:
    """That nobody is named so, and who is named almost so: a misspelled withdrawal is none."""
    from wearline_cli.spelling import nearest_subject

    objects = [row for row in rows(ledger, configuration) if row.reason != WITHDRAWN]
    metadata = known_metadata(ledger, objects)
    places = Places(configuration, metadata)
    known = {who for row in objects for who in subjects_of_object(configuration, places, row)}
    known |= {row.subject for row in metadata if not is_device(row.subject)}
    near = nearest_subject(subject, {who for who in known if who})
    meant = f" Did you mean {near}?" if near else ""
    return f"No file and no metadata of {configuration.study} is of {subject}.{meant}"


def _print(title: str, counts: Mapping[str, int], kept: list[str]) -> None:
    console.print(f"{title}:")
    for name, count in counts.items():
        console.print(f"  {count:>6} {name}")
    console.print("Kept all the same:")
    for sentence in kept:
        console.print(f"  {sentence}", soft_wrap=True)
