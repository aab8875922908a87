#!/usr/bin/python3 -IS
"""Stands where the processor stands, and takes no time: fetches the plan, writes a run.json.

It imports nothing beyond the standard library, and little of that: a process of 2 s would hide
what the platform costs.
"""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import os

SERVICE, ALGORITHM = "s3", "AWS4-HMAC-SHA256"


def main() -> None:
    plan = call("GET", os.environ["WEARLINE_PLAN"])
    prefix = os.environ["WEARLINE_OUTPUT"]
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    record = {
        "schema": "wearline.run/1",
        "run_id": os.environ["WEARLINE_RUN_ID"],
        "attempt": os.environ["WEARLINE_ATTEMPT"],
        "verdict": "succeeded",
        "reason": None,
        "plan": json.loads(plan),
        "quality": None,
        "warnings": [],
        "steps": [],
        "cost": {"cpu_s": 0.0, "wall_s": 0.0, "peak_memory_mib": 0.0},
        "started": now,
        "finished": now,
        "outputs": [],
    }
    call("PUT", prefix + "run.json", json.dumps(record).encode())


def call(method: str, address: str, body: bytes = b"") -> bytes:
    """One request to S3 with the credentials of the task. Raises RuntimeError when refused."""
    path = "/" + address.removeprefix("s3://")
    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    connection.request(method, path, body or None, signed(method, host, path, body))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
    return content


def signed(method: str, host: str, path: str, body: bytes) -> dict[str, str]:
    """Signature version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    region = os.environ["AWS_REGION"]
    headers = {
        "host": host,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": now,
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join([method, path, "", lines, names, headers["x-amz-content-sha256"]])
    scope = f"{now[:8]}/{region}/{SERVICE}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"{ALGORITHM}\n{now}\n{scope}\n{digest}".encode(), "sha256").hex()
    identity = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    authorization = (
        f"{ALGORITHM} Credential={identity}, SignedHeaders={names}, Signature={signature}"
    )
    return headers | {"Authorization": authorization}


if __name__ == "__main__":
    main()
