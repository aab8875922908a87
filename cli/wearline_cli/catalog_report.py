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
PIPELINE_TERMS = (*DISPOSITIONS, "handed_on")


def render(report: Mapping[str, Any]) -> RenderableType:
    """Both sums for each bucket and pattern, and the first of what does not fit."""
    parts: list[RenderableType] = [_sums(report["lines"])]
    parts += ["", _summary(report)]
    parts += ["", _misfits(report["misfits"])] if report.get("misfits") else []
    return Group(*parts)


def _sums(lines: list[dict[str, Any]]) -> Table:
    """Two lines for each: ``listed = data + ...``, and ``wanted = waiting + ...``."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, justify in (
        ("", "left"),
        ("all", "right"),
        ("are", "left"),
        ("unaccounted", "right"),
    ):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for line in lines:
        name = f"{line['bucket']} {line['pattern'] or 'no pattern'}"
        _add(table, f"{name}: objects", line["listed"], line, TERMS)
        pipelines = line["pipelines"]
        if pipelines["wanted"]:
            _add(table, "  pipelines of these", pipelines["wanted"], pipelines, PIPELINE_TERMS)
    return table


def _add(
    table: Table, name: str, everything: int, counts: Mapping[str, int], terms: tuple[str, ...]
) -> None:
    told = [f"{counts[term]} {term.replace('_', ' ')}" for term in terms if counts[term]]
    left = counts["unaccounted"]
    style = "red" if left else "green"
    table.add_row(Text(name), str(everything), " + ".join(told), Text(str(left), style=style))


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
