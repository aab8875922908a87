"""The engine itself: runs in the virtual environment of ministack, mended before it starts."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the launcher decided."""

    port: int
    releases: Path
    tasks: Path
    layers: Path
    task_slots: int
    task_quota: int | None
    environments: int
    docker: bool
    owner: int | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        cores = os.cpu_count() or 1
        quota = environment.get("WEARLINE_TASK_QUOTA")
        return cls(
            port=int(environment["GATEWAY_PORT"]),
            releases=Path(environment["WEARLINE_RELEASES"]),
            tasks=Path(environment["WEARLINE_TASKS"]),
            layers=Path(environment["WEARLINE_LAYERS"]),
            task_slots=int(environment.get("WEARLINE_TASK_SLOTS") or cores),
            task_quota=int(quota) if quota else None,
            environments=int(environment.get("WEARLINE_FUNCTION_ENVIRONMENTS") or max(2, cores)),
            docker=environment.get("WEARLINE_DOCKER") == "1",
            owner=int(environment["WEARLINE_OWNER"]) if "WEARLINE_OWNER" in environment else None,
        )


def main() -> None:
    """Mend ministack and serve until SIGTERM."""
    settings = Settings.of(os.environ)
    os.environ.pop("PYTHONPATH", None)  # functions inherit this environment; our path is not theirs

    from ministack import app

    from wearline_local.containers import Containers
    from wearline_local.layers import UnpackedLayers
    from wearline_local.mends import (
        athena,
        cloudformation,
        dynamodb,
        dynamodb_streams,
        ecs,
        functions,
        permissions,
        stepfunctions,
    )
    from wearline_local.processes import Processes, Releases

    endings = ecs.mend_endings()
    stepfunctions.mend(endings)
    functions.mend(settings.environments, UnpackedLayers(settings.layers))
    dynamodb.mend()
    dynamodb_streams.mend()
    cloudformation.mend()
    permissions.mend()
    athena.mend()
    runner: Processes | Containers
    if settings.docker:
        runner = Containers(ecs.docker_client())
    else:
        runner = Processes(Releases(settings.releases), settings.tasks)
    end = ecs.mend_containers(runner, settings.task_slots, settings.task_quota, settings.port)
    if settings.owner:
        threading.Thread(target=_end_with, args=[settings.owner], daemon=True).start()
    sys.argv = ["ministack"]
    try:
        app.main()
    finally:
        end()
    # The state is saved. Threads of functions and executions that are still at work would keep
    # the process until it is killed, and nothing that they do from here on is kept.
    sys.stdout.flush()
    os._exit(0)


def _end_with(owner: int) -> None:
    """End gracefully once that process is gone, however it went."""
    with suppress(ProcessLookupError):
        while True:
            os.kill(owner, 0)
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
