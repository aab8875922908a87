"""``python -m wearline_local.docker COMMAND...``: builds the images, and COMMAND has the engine.

``--can`` tries whether an engine can be had here, and says what is lacking if not; exit status
0 or 3.
"""

import os
import signal
import subprocess
import sys

from wearline_local.docker import engine, images
from wearline_local.launcher import ROOT

FOLDER = ROOT / "build" / "docker"
NONE = 3


def main(arguments: list[str]) -> int:
    if arguments == ["--can"]:
        return _can()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the engine ends with us
    try:
        with engine.engine(FOLDER) as docker:
            FOLDER.mkdir(parents=True, exist_ok=True)
            images.build_all(docker, FOLDER, os.environ.get("RELEASE", "skdh-0.17.18"))
            told = docker.environment() | {"WEARLINE_IMAGES": str(FOLDER / "images.json")}
            return subprocess.run(arguments, env=told, check=False).returncode
    except (engine.DockerMissing, engine.DockerDied) as refused:
        print(refused, file=sys.stderr)
        return NONE


def _can() -> int:
    try:
        with engine.engine(FOLDER):
            return 0
    except (engine.DockerMissing, engine.DockerDied) as refused:
        print(refused)
    except subprocess.CalledProcessError as failed:
        print(engine.DockerMissing(str(failed)))
    return NONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
