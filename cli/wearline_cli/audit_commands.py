"""``wearline audit``: the trail of what people and administrators did, and its verification."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from wearline.core.audit import (
    Entry,
    EntryInvalid,
    Fault,
    Head,
    chain_end,
    chain_faults,
    entry_name,
    entry_number,
    entry_numbers,
    parsed_entry,
    unended,
)
from wearline.core.plans import sha256_hex
from wearline.core.run_records import record_faults
from wearline_cli.auditing import environment_chain, study_chain
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, counted, env_option, json_option, print_json

TRAIL = "audit"
REPORTS = "catalog/reports/"
SHOWN = 20
study_argument = click.argument("study", required=False)


class NothingToVerify(CommandError):
    """Neither a study nor a copy was named, or the copy holds no trail."""


class KeyLeadsOut(CommandError):
    """An object's key would be written outside the folder of a copy."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"The object {key} would be written outside the folder, and nothing was written of it:"
            " Wearline puts no such key; find out who did, and remove it."
        )


@dataclass(frozen=True)
class Evidence:
    """A chain's entries by name; and what lies below the results' prefix, where it has any."""

    entries: dict[str, bytes]
    read: Callable[[str], bytes | None]
    reports: list[str]

    def parsed(self) -> Iterator[Entry]:
        for name in sorted(self.entries):
            if entry_number(name) is not None:
                try:
                    yield parsed_entry(self.entries[name])
                except EntryInvalid:
                    continue

    def noted(self) -> Iterator[Head | Fault]:
        """The entries that reports of sweeps name; a fault for a report that cannot be read."""
        for key in self.reports:
            try:
                told = json.loads(self.read(key) or b"{}").get("audit")
                if told:
                    yield Head(int(told["n"]), str(told["sha256"]))
            except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
                sentence = f"{key} is no report of a sweep, so no entry is held to it."
                yield Fault("unreadable", key, sentence)

    @property
    def head(self) -> Head:
        """The last entry. Raises NothingToVerify where there is none."""
        last = chain_end(entry_numbers(self.entries))
        if not last:
            raise NothingToVerify("There is no audit trail here: name a study, or --folder COPY.")
        return Head(last, sha256_hex(self.entries[entry_name(last)]))


@click.group()
def audit() -> None:
    """Show and verify the trail of what people and administrators did."""


@audit.command()
@study_argument
@env_option
@json_option
def show(study: str | None, env: str, as_json: bool) -> None:
    """Show what was done to STUDY, or to the environment where none is named."""
    entries = list(_deployed(environment(env), study).parsed())
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("n", "at", "action", "phase", "by", "facts"):
        table.add_column(column, overflow="fold")
    for each in entries:
        facts = ", ".join(f"{name}={_short(value)}" for name, value in each.facts.items())
        cells = (str(each.n), each.at, each.action, each.phase, each.by, facts)
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


@audit.command()
@study_argument
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy, as wearline audit copy makes it: nothing is asked of AWS.",
)
@click.option("--head", "noted", multiple=True, metavar="N:SHA256", help="An entry noted before.")
@env_option
@json_option
def verify(
    study: str | None, folder: Path | None, noted: tuple[str, ...], env: str, as_json: bool
) -> None:
    """Verify the trail of STUDY and its run records, or those of a copy. Exit status 1: faults."""
    found = _copied(folder) if folder else _deployed(environment(env), study)
    head = found.head
    entries, told = list(found.parsed()), list(found.noted())
    heads = [each for each in told if isinstance(each, Head)]
    heads += [_head(each) for each in noted]
    faults = [*chain_faults(found.entries, heads), *record_faults(entries, found.read)]
    faults += [each for each in told if isinstance(each, Fault)]
    if not folder:
        faults += _overwritten(environment(env), study)
    if as_json:
        print_json({"head": asdict(head), "entries": len(entries), "faults": faults_json(faults)})
    else:
        _print(entries, faults, head)
    if faults:
        raise SystemExit(1)


@audit.command()
@click.argument("study")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@env_option
def copy(study: str, folder: Path, env: str) -> None:
    """Copy the trail of STUDY, its sweeps' lists and its run records to FOLDER."""
    there = environment(env)
    for name, content in study_chain(there, study).entries().items():
        _put(folder, f"{TRAIL}/{name}", content)
    results = there.configuration(there.study(study)).results
    count = 0
    for key in _keys(there, results.bucket, results.prefix):
        if key.startswith("catalog/") or key.endswith("/run.json"):
            answer = there.s3.get_object(Bucket=results.bucket, Key=f"{results.prefix}{key}")
            _put(folder, key, answer["Body"].read())
            count += key.endswith("/run.json")
    console.print(
        f"{counted(count, 'run record')}: wearline audit verify --folder {folder}", soft_wrap=True
    )


def faults_json(faults: list[Fault]) -> list[dict[str, str]]:
    return [asdict(fault) for fault in faults]


def _print(entries: list[Entry], faults: list[Fault], head: Head) -> None:
    for fault in faults[:SHOWN]:
        console.print(f"{fault.code}: {fault.sentence}", soft_wrap=True)
    if len(faults) > SHOWN:
        console.print(f"and {counted(len(faults) - SHOWN, 'fault')} more")
    for intent in unended(entries):
        console.print(f"Entry {intent.n}: {intent.action} was begun and its end is not told.")
    told = (counted(len(entries), "entry", "entries"), counted(len(faults), "fault"))
    console.print(f"{', '.join(told)}. The last entry is")
    console.print(f"  {head.n}:{head.sha256}", soft_wrap=True)
    console.print("Note it elsewhere: --head holds a later trail to it.")


def _deployed(there: Environment, study: str | None) -> Evidence:
    if study is None:
        return Evidence(environment_chain(there).entries(), lambda _: None, [])
    results = there.configuration(there.study(study)).results

    def read(key: str) -> bytes | None:
        try:
            answer = there.s3.get_object(Bucket=results.bucket, Key=f"{results.prefix}{key}")
        except there.s3.exceptions.NoSuchKey:
            return None
        return answer["Body"].read()

    reports = _keys(there, results.bucket, results.prefix, REPORTS)
    return Evidence(study_chain(there, study).entries(), read, list(reports))


def _copied(folder: Path) -> Evidence:
    def read(key: str) -> bytes | None:
        path = folder / key
        return path.read_bytes() if path.is_file() else None

    files = filter(Path.is_file, (folder / TRAIL).glob("*"))
    entries = {path.name: path.read_bytes() for path in files}
    reports = [path.relative_to(folder).as_posix() for path in (folder / REPORTS).glob("*.json")]
    return Evidence(entries, read, reports)


def _overwritten(there: Environment, study: str | None) -> Iterator[Fault]:
    chain = study_chain(there, study) if study else environment_chain(there)
    for name in chain.overwritten():
        sentence = f"{name} has more than one version: it was overwritten or deleted."
        yield Fault("overwritten", name, sentence)


def _keys(there: Environment, bucket: str, prefix: str, below: str = "") -> Iterator[str]:
    pages = there.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{prefix}{below}"
    )
    for page in pages:
        yield from (each["Key"].removeprefix(prefix) for each in page.get("Contents", []))


def _put(folder: Path, key: str, content: bytes) -> None:
    """Keys are data: one that leads out of the folder is written nowhere. Raises KeyLeadsOut."""
    path = (folder / key).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise KeyLeadsOut(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _head(text: str) -> Head:
    n, _, sha256 = text.partition(":")
    if not n.isdecimal() or not sha256:
        raise click.BadParameter(f"{text} is not N:SHA256, as wearline audit verify prints it.")
    return Head(int(n), sha256)


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} of them"
    text = str(value)
    return f"{text[:12]}…" if len(text) >= 40 else text
