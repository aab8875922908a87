"""The layer holds what the functions import, and nothing that none of them does."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from wearline_local.launcher import ROOT

LAYER = ROOT / "layers" / "wearline"
# Data: what zoneinfo finds by itself, and the charts that the study report embeds.
NEVER_IMPORTED = {"tzdata", "plotly"}
# Of the Lambda runtime.
RUNTIME = {"boto3", "botocore"}


def test_every_package_of_the_layer_is_imported_by_what_some_function_imports() -> None:
    wanted = re.findall(r"^[\w-]+", (LAYER / "requirements.in").read_text(), re.MULTILINE)
    assert set(wanted) - NEVER_IMPORTED == distributions(packages()) - RUNTIME


def packages() -> set[str]:
    """The packages of others that any function imports, at its start or later."""
    left = list((ROOT / "functions").glob("*/app.py"))
    seen: set[Path] = set()
    found: set[str] = set()
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imported(path):
            module = module_of(name)
            if module is not None:
                left.append(module)
            elif name.partition(".")[0] not in sys.stdlib_module_names | {"wearline"}:
                found.add(name.partition(".")[0])
    return found


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports when it runs, and every name that may be one."""
    for node in running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under this one, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from running(child)


def module_of(name: str) -> Path | None:
    """The file of a module of the library."""
    base = LAYER.joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.exists()), None)


def distributions(names: set[str]) -> set[str]:
    by_package = metadata.packages_distributions()
    return {by_package[name][0].lower().replace("_", "-") for name in names}
