"""What alarms and dashboard watch of Wearline's own metrics, as the templates say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.unit.infrastructure.conftest import CloudFormationLoader

INFRA = Path(__file__).resolve().parents[1] / "infra"
OURS = "Wearline/${Environment}"
SEARCHED = re.compile(r"SEARCH\('\{([^,]+),([^}]+)\} MetricName=\"(\w+)\"")

Watched = tuple[str, frozenset[str]]


def watched() -> set[Watched]:
    """Each metric's name, with the names of its dimensions: CloudWatch keeps those apart."""
    alarms = {each for path in INFRA.glob("*alarms.yaml") for each in _alarmed(_read(path))}
    return alarms | set(_shown(_read(INFRA / "dashboard.yaml")))


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(), CloudFormationLoader)  # noqa: S506


def _alarmed(found: Any) -> Iterator[Watched]:
    if isinstance(found, list):
        for each in found:
            yield from _alarmed(each)
    if isinstance(found, dict):
        if found.get("Namespace") == {"Fn::Sub": OURS}:
            names = frozenset(each["Name"] for each in found["Dimensions"])
            yield found["MetricName"], names
        for each in found.values():
            yield from _alarmed(each)


def _shown(template: Any) -> Iterator[Watched]:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for widget in json.loads(body)["widgets"]:
        before: list[str] = []
        for metric in widget["properties"]["metrics"]:
            searched = isinstance(metric[0], dict) and SEARCHED.match(metric[0]["expression"])
            if searched and searched[1] == OURS:
                yield searched[3], frozenset(searched[2].split(","))
            told = [each for each in metric if isinstance(each, str)]
            if told[:1] == ["..."]:  # as the one before, but for what follows
                told = before[: len(before) - len(told) + 1] + told[1:]
            before = [before[n] if each == "." else each for n, each in enumerate(told)]
            if before and before[0] == OURS:
                yield before[1], frozenset(before[2::2])
