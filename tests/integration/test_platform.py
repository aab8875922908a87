"""The platform as the SAM CLI builds and deploys it."""

import json
from pathlib import Path

import boto3
import pytest

from wearline_local import deployment, launcher

MEBIBYTE = 2**20
# Of Plotly the layer holds only the file that the report embeds, and nothing that it imports.
ONLY_IMPORTED_BY_PLOTLY = {"narwhals", "packaging"}
FUNCTIONS = sorted(path.name for path in (launcher.ROOT / "functions").iterdir())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_finds_all_that_it_imports(
    deployed: dict[str, str], aws: boto3.Session, function: str
) -> None:
    name = f"wearline-local-{function.replace('_', '-')}"
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b'{"Records": []}')
    failed = json.loads(answer["Payload"].read() or b"{}") or {}
    said = str(failed.get("errorMessage", "")) if isinstance(failed, dict) else ""
    assert not said.startswith(("Worker init failed", "Worker process exited")), said


def test_layer_is_exactly_its_lock_and_the_library(deployed: dict[str, str], build: Path) -> None:
    packages = build / "WearlineLayer" / "python"
    held = {path.name.partition("-")[0].lower() for path in packages.glob("*.dist-info")}
    lock = (launcher.ROOT / "layers" / "wearline" / "requirements.txt").read_text()
    locked = {line.partition("==")[0] for line in lock.splitlines() if "==" in line}
    assert held == {name.replace("-", "_") for name in locked} - ONLY_IMPORTED_BY_PLOTLY
    assert (packages / "wearline" / "core").is_dir()


def test_layer_is_small_and_brings_neither_sdk_nor_tests(
    deployed: dict[str, str], build: Path
) -> None:
    packages = build / "WearlineLayer" / "python"
    assert not {"boto3", "botocore", "s3transfer"} & {path.name for path in packages.iterdir()}
    assert not list(packages.rglob("tests"))
    sources = [path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in sources) < 25 * MEBIBYTE


def test_second_deployment_keeps_tables_and_their_rows(
    deployed: dict[str, str], engine: launcher.Engine, aws: boto3.Session, build: Path
) -> None:
    problems = aws.resource("dynamodb").Table(deployed["ProblemsTable"])
    problems.put_item(Item={"pk": "kept", "sk": "kept"})
    deployment.deploy(engine, build.with_name("second-build"))
    assert problems.get_item(Key={"pk": "kept", "sk": "kept"}, ConsistentRead=True)["Item"]
