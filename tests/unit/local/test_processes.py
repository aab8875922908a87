"""A container is a process group with a folder, a log and an exit code of its own."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wearline_local.processes import ImageMissing, Processes, Releases

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/wearline-processor:probe@sha256:00"


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "processor-probe").symlink_to(sys.prefix)
    running = Processes(Releases(tmp_path / "releases"), tmp_path / "tasks")
    yield running
    running.stop_all()


def test_tag_of_the_image_names_the_environment(processes: Processes) -> None:
    container = processes.run(IMAGE, command=["python", "-c", "import sys; print(sys.prefix)"])
    assert container.wait() == {"StatusCode": 0}
    assert Path(next(container.logs()).decode()).name == "processor-probe"


def test_image_without_an_environment_is_said_with_its_name(processes: Processes) -> None:
    with pytest.raises(ImageMissing, match=r"skdh-9 has no processor release.*make setup"):
        processes.run("wearline-processor:skdh-9")


def test_signal_of_death_is_in_the_exit_code(processes: Processes) -> None:
    container = processes.run(IMAGE, command=["sh", "-c", "kill -9 $$"])
    assert container.wait() == {"StatusCode": 137}


def test_log_is_followed_line_by_line_to_its_end(processes: Processes) -> None:
    script = "printf 'one\\ntw'; sleep 0.2; printf 'o\\nthree'"
    container = processes.run(IMAGE, command=["sh", "-c", script], logged=True)
    assert list(container.logs()) == [b"one", b"two", b"three"]


def test_logged_container_has_not_exited_before_its_log_was_read(processes: Processes) -> None:
    container = processes.run(IMAGE, command=["sh", "-c", "echo out"], logged=True)
    lines = container.logs()
    next(lines)
    assert container.status == "running"
    assert list(lines) == []
    assert container.status == "exited"


def test_what_a_container_leaves_behind_ends_with_it(processes: Processes) -> None:
    script = "sleep 60 & echo $!"
    container = processes.run(IMAGE, command=["sh", "-c", script], logged=True)
    child = int(next(container.logs()))
    container.wait()
    for _ in range(500):  # the kernel takes its time to end a process
        if not _runs(child):
            break
        time.sleep(0.01)
    assert not _runs(child)


def test_containers_that_an_engine_left_are_ended_by_the_next(
    processes: Processes, tmp_path: Path
) -> None:
    container = processes.run(IMAGE, command=["sleep", "60"])
    Processes(Releases(tmp_path / "releases"), tmp_path / "tasks")
    assert container.wait() == {"StatusCode": 137}
    assert list((tmp_path / "tasks").iterdir()) == []


def test_environment_is_the_containers_own(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "1")
    container = processes.run(IMAGE, command=["env"], environment={"A": "1"}, logged=True)
    names = {line.partition(b"=")[0] for line in container.logs()}
    assert {b"A", b"HOME", b"TMPDIR", b"PATH"} <= names
    assert b"OURS" not in names


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
