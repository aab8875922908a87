"""The task that a try runs: size, limits and environment, for Step Functions to pass on."""

from __future__ import annotations

import os
from typing import Any

from wearline.core.compute import task_size, time_limit_s
from wearline.flow.processing import Order, Prepared
from wearline.flow.studies import DeployedStudy

CONTAINER = "processor"
# What the worker may use of the task's memory; the rest is the supervisor's.
SUPERVISOR_MIB = 512


def task(study: DeployedStudy, order: Order, prepared: Prepared) -> dict[str, Any]:
    """The arguments of RunTask, but for what is the same for every run."""
    identity = prepared.plan["identity"]
    size = task_size(identity["file"]["size"], prepared.out_of_memory)
    limit = time_limit_s(identity["file"]["size"])
    bucket = study.configuration.results.bucket
    variables = {
        "WEARLINE_PLAN": f"s3://{bucket}/{study.run_prefix(order.run_id)}plan.json",
        "WEARLINE_OUTPUT": f"s3://{bucket}/{study.attempt_prefix(order.run_id, order.name)}",
        "WEARLINE_RUN_ID": order.run_id,
        "WEARLINE_ATTEMPT": order.name,
        "WEARLINE_TIME_LIMIT_S": str(limit),
        "WEARLINE_MEMORY_LIMIT_MIB": str(size.memory_mib - SUPERVISOR_MIB),
    }
    return {
        "cluster": os.environ["CLUSTER_ARN"],
        "task_definition": study.row.releases[identity["processor"]["release"]].task_definition,
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
