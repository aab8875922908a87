"""The processor's image: who runs in it, what it may touch, what it is made of."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.docker.conftest import Image
from wearline.core.study_tasks import USER

# Run as the supervisor is, this starts a worker as the supervisor does; the worker then tries
# whatever it should not be able to do, and says what came of it.
SUPERVISOR = """
import os, subprocess, sys
from wearline_processor import child, supervisor
supervisor._hide_from_other_processes()
worker = [*child._AS_WORKER, sys.executable, "-c", sys.argv[1]]
os.chdir("/tmp")
sys.exit(subprocess.run(worker, env=child.environment(child.Path("/tmp"))).returncode)
"""
WORKER = """
import json, os, pathlib, signal, subprocess, sys

def tried(deed):
    try:
        return str(deed())
    except OSError as refused:
        return type(refused).__name__

mine, parent, first = os.getpid(), os.getppid(), 1
print(json.dumps({
    "uid": os.getuid(), "groups": os.getgroups(), "environment": dict(os.environ),
    "parent's environment": tried(lambda: pathlib.Path(f"/proc/{parent}/environ").read_bytes()),
    "first's environment": tried(lambda: pathlib.Path("/proc/1/environ").read_bytes()),
    "parent's memory": tried(lambda: open(f"/proc/{parent}/mem", "rb").read(1)),
    "parent's files": tried(lambda: os.listdir(f"/proc/{parent}/fd")),
    "end of parent": tried(lambda: os.kill(parent, signal.SIGTERM)),
    "becoming the supervisor": tried(lambda: subprocess.run(
        ["/opt/wearline/as-worker", "--reuid=10001", "id"], check=False)),
    "becoming root": tried(lambda: os.setuid(0)),
    "writing to the code": tried(lambda: open("/opt/wearline/processor/mine.py", "w")),
    "writing to the system": tried(lambda: open("/etc/mine", "w")),
}))
"""
REFUSED = {"PermissionError"}


def test_image_names_a_user_that_is_not_root_and_task_definitions_name_the_same(
    processor: Image,
) -> None:
    assert processor.inspected()["Config"]["User"] == USER
    assert processor.run("id", "-u").strip() == USER.partition(":")[0]


def test_worker_is_another_user_and_reaches_no_credentials(processor: Image, canary: str) -> None:
    secrets = [f"AWS_{name}={canary}" for name in ("SECRET_ACCESS_KEY", "SESSION_TOKEN")]
    secrets.append(f"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/{canary}")
    options = tuple(part for each in secrets for part in ("--env", each))
    said = replace(processor, options=options).run("python", "-c", SUPERVISOR, WORKER)
    assert canary not in said
    found = json.loads(said)
    assert found["uid"] == 10002
    assert found["groups"] == []
    assert not [name for name in found["environment"] if name.startswith("AWS")]
    for deed in (
        "parent's environment", "first's environment", "parent's memory", "parent's files",
        "end of parent", "becoming the supervisor", "becoming root",
    ):  # fmt: skip
        assert found[deed] in REFUSED, deed


def test_nothing_but_tmp_can_be_written(processor: Image) -> None:
    found = json.loads(processor.run("python", "-c", SUPERVISOR, WORKER))
    assert found["writing to the code"] == found["writing to the system"] == "OSError"
    assert processor.run("sh", "-c", "echo written > /tmp/mine && cat /tmp/mine") == "written\n"


def test_a_user_that_the_image_does_not_know_cannot_start_a_worker(processor: Image) -> None:
    stranger = replace(processor, user="65532:65532")
    said = stranger.run("sh", "-c", "$WEARLINE_AS_WORKER id 2>&1 || true")
    assert "Permission denied" in said


def test_nothing_that_a_start_imports_has_to_be_compiled(processor: Image) -> None:
    without_bytecode = (
        "import os, sys, skdh, wearline_processor.supervisor, wearline_processor.worker;"
        "files = [getattr(each, '__cached__', None) for each in sys.modules.values()];"
        "print([each for each in files if each and not os.path.exists(each)])"
    )
    assert processor.run("python", "-c", without_bytecode).strip() == "[]"


def test_image_lists_every_package_that_it_holds(processor: Image) -> None:
    list_packages = (
        "import json; from importlib.metadata import distributions;"
        "print(json.dumps(sorted((d.name.lower(), d.version) for d in distributions())))"
    )
    installed = json.loads(processor.run("python", "-c", list_packages))
    listed = json.loads(processor.run("cat", "/opt/wearline/sbom.cdx.json"))
    assert listed["bomFormat"] == "CycloneDX"
    named = {(each["name"].lower(), each["version"]) for each in listed["components"]}
    assert {tuple(each) for each in installed} == named
    debian = processor.run("cat", "/opt/wearline/sbom.debian.txt")
    assert "libgomp1" in debian
    assert not processor.run("sh", "-c", "ls /build 2>/dev/null || true")
