"""`python -m wearline_local up|down|status|run`: the embedded AWS from a shell."""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from wearline_local import launcher


def main() -> None:
    """Do as asked; errors are one sentence and exit status 1."""
    arguments = _parser().parse_args()
    try:
        {"up": up, "down": down, "status": status, "run": run}[arguments.command](arguments)
    except launcher.EngineError as error:
        sys.exit(str(error))


def up(arguments: argparse.Namespace) -> None:
    started = time.monotonic()
    engine = launcher.start(_settings(arguments))
    sys.stdout.write(f"embedded AWS at {engine.endpoint} ({time.monotonic() - started:.1f} s)\n")


def down(arguments: argparse.Namespace) -> None:
    engine = launcher.find(arguments.folder)
    if engine:
        launcher.stop(engine)
    if arguments.forget:
        shutil.rmtree(arguments.folder, ignore_errors=True)
    done = "stopped" if engine else "was not running"
    sys.stdout.write(f"embedded AWS of {arguments.folder} {done}\n")


def status(arguments: argparse.Namespace) -> None:
    engine = launcher.find(arguments.folder)
    if engine is None:
        sys.exit("embedded AWS is not running: make up starts it")
    sys.stdout.write(f"embedded AWS at {engine.endpoint}, process {engine.pid}, log {engine.log}\n")
    for name, value in engine.environment().items():
        sys.stdout.write(f"export {name}={value}\n")


def run(arguments: argparse.Namespace) -> None:
    launcher.run(_settings(arguments))


def _settings(arguments: argparse.Namespace) -> launcher.Settings:
    return launcher.Settings(
        folder=arguments.folder,
        port=arguments.port,
        task_slots=arguments.task_slots,
        docker=os.environ.get("WEARLINE_DOCKER") == "1",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wearline_local", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status", "run"])
    parser.add_argument("--folder", type=Path, default=launcher.Settings.folder, help="its state")
    parser.add_argument("--port", type=int, help="default: that of the last run, else a free one")
    parser.add_argument("--task-slots", type=int, help="tasks at once; default: one a core")
    parser.add_argument("--forget", action="store_true", help="down: delete the state too")
    return parser


if __name__ == "__main__":
    main()
