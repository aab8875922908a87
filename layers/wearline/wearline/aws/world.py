"""The world of a function, from its environment variables."""

from __future__ import annotations

import os
from functools import cache

import boto3

from wearline.aws.audit import S3AuditChain
from wearline.aws.ledger import DynamoLedger, Tables
from wearline.aws.services import Queues, StepFunctions, StoredConfigurations, SystemClock
from wearline.aws.store import AccessRoles, S3Store
from wearline.ports import QueueName, World

_QUEUES: dict[QueueName, str] = {
    "evaluation": "EVALUATION_QUEUE_URL",
    "data_backlog": "DATA_BACKLOG_QUEUE_URL",
    "metadata_backlog": "METADATA_BACKLOG_QUEUE_URL",
    "died_executions": "DIED_EXECUTIONS_QUEUE_URL",
    "problems": "PROBLEMS_QUEUE_URL",
}


@cache
def world() -> World:
    """Made once for each execution environment, so that connections are used again.

    A function is given only the names that it needs; what it lacks fails at its use.
    """
    named = os.environ.get
    tables = Tables(
        objects=named("OBJECTS_TABLE", ""),
        runs=named("RUNS_TABLE", ""),
        requirements=named("REQUIREMENTS_TABLE", ""),
        metadata=named("METADATA_TABLE", ""),
        problems=named("PROBLEMS_TABLE", ""),
        studies=named("STUDIES_TABLE", ""),
    )
    urls = {queue: os.environ[name] for queue, name in _QUEUES.items() if name in os.environ}
    return World(
        ledger=DynamoLedger(boto3.client("dynamodb"), tables),
        store=S3Store(AccessRoles().client),
        configurations=StoredConfigurations(boto3.client("s3"), named("CONFIGURATION_BUCKET", "")),
        executions=StepFunctions(
            boto3.client("stepfunctions"), named("PROCESSING_MACHINE_ARN", "")
        ),
        messages=Queues(boto3.client("sqs"), urls),
        clock=SystemClock(),
    )


def audit_chain(study: str) -> S3AuditChain:
    """The chain of a study's audit trail."""
    return S3AuditChain.of_study(boto3.client("s3"), os.environ["CONFIGURATION_BUCKET"], study)
