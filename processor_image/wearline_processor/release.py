"""Which release this processor is, and what a study may ask of it.

    python -m wearline_processor.release            writes the signatures that the checks read
    python -m wearline_processor.release --check    fails when they are not what it would write

The hash of a release covers its lock file, the algorithms that it registers, and the source of
the processor: two processors with one hash compute the same numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib import metadata
from inspect import signature
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent
RELEASES = SOURCE.parent / "releases"
SIGNATURES = SOURCE.parents[1] / "layers" / "wearline" / "wearline" / "releases"
DISTRIBUTION = "scikit-digital-health"
REGISTERED = "processes.json"


@cache
def installed() -> str:
    """The release that is installed here; of several, the one that registers most of what is.

    Raises LookupError when there is none.
    """
    present = {name.lower(): version for name, version in packages().items()}
    fitting = [
        (len(pins), name)
        for name, pins in _pins().items()
        if all(present.get(package) == version for package, version in pins.items())
    ]
    if not fitting:
        raise LookupError(f"No release in {RELEASES} pins what is installed here.")
    return max(fitting)[1]


def _pins() -> dict[str, dict[str, str]]:
    """What tells each release from the others: its SKDH, and the packages that it registers."""
    found = {}
    for path in sorted(RELEASES.glob("*/release.json")):
        about = json.loads(path.read_text("utf-8"))
        own = {name.lower(): version for name, version in about.get("packages", {}).items()}
        found[str(about["release"])] = {DISTRIBUTION: str(about["skdh"]), **own}
    return found


@cache
def release_hash(release: str) -> str:
    """SHA-256 over the files of the release and every source file of the processor."""
    digest = hashlib.sha256()
    for name, content in _hashed_files(release):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def packages() -> dict[str, str]:
    """Every installed distribution and its version, by name."""
    found = ((item.metadata["Name"], item.version) for item in metadata.distributions())
    return dict(sorted((name, version) for name, version in found if name))


def signatures(release: str) -> dict[str, Any]:
    """What `wearline study check` reads: formats, processes and their parameters, tables."""
    from wearline_processor.quality.catalogue import CATALOGUE
    from wearline_processor.readers import FORMATS
    from wearline_processor.registered import allowed

    about = json.loads((RELEASES / release / "release.json").read_text("utf-8"))
    return {
        "release": release,
        "skdh": about["skdh"],
        "python": about["python"],
        "engine_versions": about["engines"],
        "hash": release_hash(release),
        "formats": {name: {"provides": list(provides)} for name, provides in FORMATS.items()},
        "processes": {name: _process(process) for name, process in allowed().items()},
        "findings": sorted(code for code, kind in CATALOGUE.items() if not kind.unreadable),
    }


def _process(process: Any) -> dict[str, Any]:  # noqa: ANN401 - processes are imported late
    from wearline_processor.steps import defaults

    values = defaults(process)
    return {
        "module": process.module,
        "parameters": {
            name: {**_facts(process.parameters[name]), "default": default}
            for name, default in values.items()
        },
        "refused": dict(process.refused),
        "requires": list(process.requires),
        "provides": list(process.provides),
        "day_window": process.day_window,
        "tables": list(process.tables),
        **_saved(process),
    }


def _saved(process: Any) -> dict[str, Any]:  # noqa: ANN401
    """How SKDH writes the process into a saved pipeline, so that one can be read back.

    `saved_as` are parameters that it saves under another name than it takes, `saved_values` those
    that it saves as what they stand for.
    """
    from wearline_processor.steps import process_class

    written = process_class(process)()._kw  # noqa: SLF001 - what Pipeline.save writes
    names = set(signature(process_class(process)).parameters)
    strangers, absent = [name for name in written if name not in names], names - written.keys()
    saved_as = dict(zip(strangers, absent, strict=True))  # one at most in every release so far
    values = {"cutpoints": _cutpoints()} if "cutpoints" in process.parameters else {}
    return {"saved_defaults": _plain(written), "saved_as": saved_as, "saved_values": values}


def _cutpoints() -> dict[str, Any]:
    from skdh.activity.cutpoints import _base_cutpoints

    from wearline_processor.processes import CUTPOINTS

    return {name: _plain(_base_cutpoints[name]) for name in CUTPOINTS}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """As JSON has it: tuples become lists."""
    return json.loads(json.dumps(value))


def _facts(parameter: Any) -> dict[str, Any]:  # noqa: ANN401
    facts = asdict(parameter).items()
    return {name: value for name, value in facts if value is not None and value is not False}


def _hashed_files(release: str) -> Iterator[tuple[str, bytes]]:
    for name in ("requirements.lock", REGISTERED):
        path = RELEASES / release / name
        if path.exists():
            yield name, path.read_bytes()
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), path.read_bytes()


def main(arguments: list[str] | None = None) -> int:
    """Write or check the signatures of the installed release; 0 when they are current."""
    parser = argparse.ArgumentParser(prog="wearline_processor.release", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--folder", type=Path, default=SIGNATURES)
    options = parser.parse_args(arguments)
    release = installed()
    path = options.folder / f"{release}.json"
    text = json.dumps(signatures(release), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if not options.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return 0
    if path.exists() and path.read_text("utf-8") == text:
        return 0
    print(f"{path} is not current: run python -m wearline_processor.release", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
