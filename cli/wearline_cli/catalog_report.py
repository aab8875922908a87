"""A sweep's report as a person reads it: two sums that close, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wearline.core.account import TERMS
from wearline.core.ledger import DISPOSITIONS

SHOWN = 20
PIPELINE_TERMS = (*DISPOSITIONS, "handed_on", "unaccounted")


def render(report: Mapping[str, Any]) -> RenderableType:
    """Both sums for each bucket and pattern, and the first of what does not fit."""
    parts: list[RenderableType] = [_objects(report["lines"])]
    with_pipelines = [line for line in report["lines"] if line["pipelines"]["wanted"]]
    if with_pipelines:
        parts += ["", _pipelines(with_pipelines)]
    parts += ["", _summary(report)]
    parts += [_misfits(report["misfits"])] if report.get("misfits") else []
    return Group(*parts)


def _objects(lines: list[dict[str, Any]]) -> Table:
    columns = ("listed", *TERMS, "unaccounted")
    table = _table("objects of", columns)
    for line in lines:
        _add(table, line, [line[name] for name in columns])
    return table


def _pipelines(lines: list[dict[str, Any]]) -> Table:
    columns = ("wanted", *PIPELINE_TERMS)
    table = _table("pipelines of", columns)
    for line in lines:
        _add(table, line, [line["pipelines"][name] for name in columns])
    return table


def _table(first: str, columns: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    return table


def _add(table: Table, line: Mapping[str, Any], counts: list[int]) -> None:
    """A line whose last count, what is unaccounted, should be zero."""
    *told, unaccounted = (str(count or "") for count in counts)
    name = Text(f"{line['bucket']} {line['pattern'] or 'no pattern'}")
    table.add_row(name, *told, Text(unaccounted or "0", style="red" if unaccounted else "green"))


def _summary(report: Mapping[str, Any]) -> Text:
    text = Text(f"{report['study']}: {report['listed']} objects listed, ", style="bold")
    text.append(f"{report['recovered']} recovered, {report['handed_on']} handed on, ")
    text.append(f"{report['unaccounted']} unaccounted, {report['stale']} stale")
    for bucket in report["unreadable"]:
        text.append(f"\n{bucket} could not be read and was not swept.", style="red")
    return text


def _misfits(misfits: list[dict[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what did not fit")
    table.add_column("object", overflow="fold")
    for each in misfits[:SHOWN]:
        table.add_row(each["finding"], Text(f"s3://{each['bucket']}/{each['key']}"))
    if len(misfits) > SHOWN:
        table.add_row("", f"and {len(misfits) - SHOWN} more, in the report")
    return table
