"""The study report as one HTML file that asks nothing of any network.

All data lie in JSON script blocks, and only scripts whose hashes the page's own policy names
run over them: https://www.w3.org/TR/CSP3/. What a stranger wrote is shown by ``textContent``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER = Path(__file__).parent
# In the order in which they build on each other.
SCRIPTS = ("words", "elements", "paging", "matrix", "attention", "charts", "recording", "start")
# Plotly makes an empty style element and fills it by the CSSOM, which no policy hinders.
_EMPTY = ""


def page(model: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> str:
    """The report. ``pictures`` are PNG files to embed, by ``run id/name``."""
    style, script, library = _read("page.css"), _script(), charts_library()
    hashes = {
        "scripts": " ".join(_hash(text) for text in (script, library) if text),
        "styles": f"{_hash(style)} {_hash(_EMPTY)}",
    }
    embedded = {name: base64.b64encode(png).decode() for name, png in (pictures or {}).items()}
    return (
        _templates()
        .get_template("page.html")
        .render(
            study=model["study"],
            made=model["made"],
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own files
            library=Markup(library),  # noqa: S704  of the installed package
            model=json_in_script(model),
            pictures=json_in_script(embedded),
            **hashes,
        )
    )


def json_in_script(value: object) -> Markup:
    """JSON that no HTML parser finds the end of a script or a comment in.

    >>> str(json_in_script("</script><!--"))
    '"\\\\u003c/script\\\\u003e\\\\u003c!--"'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    escaped = re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text)
    return Markup(escaped)  # noqa: S704  escaped just now


@cache
def charts_library() -> str:
    """Plotly's own file from its installed package; empty where the package is not there."""
    spec = find_spec("plotly")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.exists():
            return path.read_text("utf-8").replace("</script", "<\\/script")
    return ""


def _script() -> str:
    parts = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();'


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
