"""The task or job that a try runs: size, limits and environment, for Step Functions to pass on."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from wearline.core.compute import TaskSize, task_size, time_limit_s
from wearline.core.ledger import Release
from wearline.flow.processing import Order, Prepared
from wearline.flow.studies import DeployedStudy

CONTAINER = "processor"
# The supervisor's (62 at rest, and what it uploads); the worker may use the rest of the task's.
SUPERVISOR_MIB = 256
# A try that would lose its host to Spot a third time runs on demand.
MOST_INTERRUPTIONS = 2


def task(study: DeployedStudy, order: Order, prepared: Prepared) -> dict[str, Any]:
    """The arguments of RunTask and RunJob, but for what is the same for every run.

    ``job`` is there where the environment has AWS Batch; the machine takes it for the
    backlog, and for what ECS has no room for.
    """
    identity = prepared.plan["identity"]
    size = task_size(identity, prepared.out_of_memory, prepared.header, prepared.rows)
    limit = time_limit_s(identity, prepared.header, prepared.rows)
    bucket = study.configuration.results.bucket
    variables = {
        "WEARLINE_PLAN": f"s3://{bucket}/{study.run_prefix(order.run_id)}plan.json",
        "WEARLINE_OUTPUT": f"s3://{bucket}/{study.attempt_prefix(order.run_id, order.name)}",
        "WEARLINE_RUN_ID": order.run_id,
        "WEARLINE_ATTEMPT": order.name,
        "WEARLINE_TIME_LIMIT_S": str(limit),
        "WEARLINE_MEMORY_LIMIT_MIB": str(size.memory_mib - SUPERVISOR_MIB),
    }
    release = study.row.releases[identity["processor"]["release"]]
    job = _job(release, order, size, prepared.interrupted)
    return {
        **({"job": job} if job else {}),
        "cluster": os.environ["CLUSTER_ARN"],
        "task_definition": release.task_definition,
        "subnets": os.environ["SUBNETS"].split(","),
        "security_groups": os.environ["SECURITY_GROUPS"].split(","),
        "assign_public_ip": "DISABLED",
        "container": CONTAINER,
        "cpu": str(size.cpu),
        "memory": str(size.memory_mib),
        "ephemeral_storage_gib": size.storage_gib,
        "environment": [{"Name": name, "Value": value} for name, value in variables.items()],
        "time_limit_s": limit,
    }


def _job(release: Release, order: Order, size: TaskSize, interrupted: int) -> dict[str, Any] | None:
    queue = "UNINTERRUPTED_QUEUE_ARN" if interrupted >= MOST_INTERRUPTIONS else "BACKLOG_QUEUE_ARN"
    if not os.environ.get(queue) or not release.jobs:
        return None
    fitting = [each for each in release.jobs if int(each) >= size.storage_gib]
    storage = min(fitting, key=int) if fitting else max(release.jobs, key=int)
    return {
        "name": f"wearline-{order.run_id}-{order.name.replace('.', '-')}",
        "queue": os.environ[queue],
        "definition": release.jobs[storage],
        "share": share_identifier(order.study),
        "vcpus": str(size.cpu // 1024),
    }


def share_identifier(study: str) -> str:
    """A study's share of the backlog. Batch takes letters and digits only.

    >>> share_identifier("gait-01")
    'gait013348b98b'
    """
    digest = hashlib.sha256(study.encode()).hexdigest()[:8]
    return "".join(filter(str.isalnum, study)) + digest
