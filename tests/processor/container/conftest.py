"""A real S3 on loopback, and tasks as the control plane starts them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from wearline_processor.plan import run_id

ROOT = Path(__file__).resolve().parents[3]
MINISTACK = ROOT / ".venvs" / "aws" / "bin" / "ministack"
BUCKET = "parkinson-data"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not MINISTACK.exists():
        pytest.skip("the embedded AWS is not installed: run make setup")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("ministack")),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    log = tmp_path_factory.mktemp("log") / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen([str(MINISTACK)], env=settings, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        await_answer(f"{url}/_ministack/health", process, log)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - loopback
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the embedded AWS did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def credentials(endpoint: str) -> dict[str, str]:
    """What a task role gives a container."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "task",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture(scope="session")
def s3(endpoint: str, credentials: dict[str, str]) -> Any:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@dataclass
class Task:
    """One attempt, set up in S3 and not yet started."""

    s3: Any
    environment: dict[str, str]
    prefix: str

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "wearline_processor.supervisor"]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self) -> tuple[int, str]:
        process = self.start()
        output, errors = process.communicate(timeout=120)
        return process.returncode, output + errors

    def names(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        return {item["Key"].removeprefix(self.prefix) for item in listed.get("Contents", [])}

    def get(self, name: str) -> bytes:
        answer = self.s3.get_object(Bucket=BUCKET, Key=self.prefix + name)
        return bytes(answer["Body"].read())

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.get("run.json"))
        return document


@pytest.fixture(scope="session")
def task(
    s3: Any, credentials: dict[str, str], document: Callable[..., dict[str, Any]]
) -> Callable[..., Task]:
    """task(content, steps=..., attempt="1.1"): an attempt at a run over an uploaded file."""

    def make(content: bytes, *, attempt: str = "1.1", **given: Any) -> Task:
        key = "raw/US01-007/V1 wrist+ü%20.cwa"
        stored = s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        file = {
            "bucket": BUCKET,
            "key": key,
            "version_id": stored["VersionId"],
            "etag": stored["ETag"].strip('"'),
            "size": len(content),
        }
        settings = {name: given.pop(name) for name in list(given) if name.startswith("WEARLINE_")}
        plan = document(**{"file": file, **given})
        run = run_id(plan["identity"])
        s3.put_object(Bucket=BUCKET, Key=f"out/runs/{run}/plan.json", Body=json.dumps(plan))
        prefix = f"out/runs/{run}/attempts/{attempt}/"
        environment = {
            "PATH": os.environ["PATH"],
            **credentials,
            "WEARLINE_PLAN": f"s3://{BUCKET}/out/runs/{run}/plan.json",
            "WEARLINE_OUTPUT": f"s3://{BUCKET}/{prefix}",
            "WEARLINE_RUN_ID": run,
            "WEARLINE_ATTEMPT": attempt,
            "WEARLINE_TIME_LIMIT_S": "120",
            "WEARLINE_MEMORY_LIMIT_MIB": "4096",
            "WEARLINE_IMAGE_DIGEST": "sha256:" + "a" * 64,
            **settings,
        }
        return Task(s3, environment, prefix)

    return make
