"""One environment of Wearline, as its command sees it: the outputs of its stack, its ledger."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session as BotocoreSession

from wearline.aws.ledger import DynamoLedger, Tables
from wearline.aws.services import StoredConfigurations
from wearline.core.ledger import StudyRow
from wearline.core.study import StudyConfiguration
from wearline.ports import ConfigurationUnreadable
from wearline_cli.refusals import Refusal, next_step

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

    from wearline_local.launcher import Engine

ENVIRONMENTS = ("local", "dev", "stage", "prod")


class CommandError(click.ClickException):
    """What went wrong, to which object, and what to do; exit status 1."""

    exit_code = 1


class NotDeployed(CommandError):
    """The environment's stack is not there, or was never made whole."""

    def __init__(self, env: str, why: str) -> None:
        self.env = env
        deploy = f"{'make up, then ' if env == 'local' else ''}wearline deploy {env}"
        super().__init__(f"Environment {env} is not deployed ({why}). Run {deploy}.")


class StackUnreadable(CommandError):
    """AWS does not let the environment's stack be read, or not now: it may well be there."""

    def __init__(self, env: str, stack: str, refusal: Refusal) -> None:
        self.env, self.stack = env, stack
        super().__init__(
            f"Stack {stack} of environment {env} cannot be read ({refusal}). {next_step(refusal)}"
        )


class UnknownStudy(CommandError):
    """No such study is deployed in the environment."""

    def __init__(self, study: str, known: list[str], env: str) -> None:
        self.study, self.known = study, known
        there = f"Deployed are: {', '.join(sorted(known))}." if known else "None is deployed yet."
        super().__init__(
            f"Study {study} is not deployed in {env}. {there} Run wearline study deploy FILE."
        )


class StudyRemoved(CommandError):
    """The study was taken down; its data and results are still there."""

    def __init__(self, study: str, removed: str, env: str) -> None:
        self.study, self.removed = study, removed
        super().__init__(
            f"Study {study} was removed from {env} at {removed}; what it made can still be read."
            " To go on with it, run wearline study deploy FILE."
        )


@dataclass(frozen=True)
class Environment:
    """Clients and names of one environment. Nothing is asked of AWS before it is needed."""

    name: str
    session: boto3.Session
    endpoint: str | None = None

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the platform's stack. Raises NotDeployed and StackUnreadable."""
        try:
            [stack] = self.cloudformation.describe_stacks(StackName=self.stack_name)["Stacks"]
        except (ClientError, BotoCoreError) as refused:
            if "does not exist" in str(refused):
                raise NotDeployed(self.name, f"there is no stack {self.stack_name}") from refused
            raise StackUnreadable(self.name, self.stack_name, refused) from refused
        if not stack.get("Outputs"):
            # A stack that was begun and never made, or only reviewed.
            raise NotDeployed(self.name, f"its stack is in state {stack['StackStatus']}")
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    @property
    def stack_name(self) -> str:
        return f"wearline-{self.name}"

    @cached_property
    def ledger(self) -> DynamoLedger:
        return DynamoLedger(self.dynamodb, self.tables)

    @cached_property
    def tables(self) -> Tables:
        named = self.outputs
        return Tables(
            objects=named["ObjectsTable"],
            runs=named["RunsTable"],
            requirements=named["RequirementsTable"],
            metadata=named["MetadataTable"],
            problems=named["ProblemsTable"],
            studies=named["StudiesTable"],
        )

    def study(self, name: str) -> StudyRow:
        row = self.ledger.study(name)
        if row is None:
            known = [each.study for each in self.ledger.studies()]
            raise UnknownStudy(name, known, self.name)
        return row

    def working_study(self, name: str) -> StudyRow:
        """The study, to do something with it. Raises UnknownStudy and StudyRemoved."""
        row = self.study(name)
        if row.removed:
            raise StudyRemoved(name, row.removed, self.name)
        return row

    def configuration(self, row: StudyRow) -> StudyConfiguration:
        try:
            stored = StoredConfigurations(self.s3, self.outputs["ConfigurationBucket"])
            return stored.load(row)
        except ConfigurationUnreadable as unreadable:
            raise CommandError(f"{unreadable} Deploy the study again.") from unreadable

    @cached_property
    def caller(self) -> str:
        """The ARN of whoever acts."""
        client = self.session.client("sts", endpoint_url=self.endpoint)
        return client.get_caller_identity()["Arn"]

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        return self.session.client("cloudformation", endpoint_url=self.endpoint)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self.session.client("dynamodb", endpoint_url=self.endpoint)

    @cached_property
    def s3(self) -> S3Client:
        return self.session.client("s3", endpoint_url=self.endpoint)

    @cached_property
    def sqs(self) -> SQSClient:
        return self.session.client("sqs", endpoint_url=self.endpoint)

    @cached_property
    def kms(self) -> KMSClient:
        return self.session.client("kms", endpoint_url=self.endpoint)

    @cached_property
    def ecr(self) -> ECRClient:
        return self.session.client("ecr", endpoint_url=self.endpoint)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        return self.session.client("logs", endpoint_url=self.endpoint)

    @cached_property
    def stepfunctions(self) -> SFNClient:
        return self.session.client("stepfunctions", endpoint_url=self.endpoint)


def environment(name: str) -> Environment:
    """The environment of this name; ``local`` is the embedded AWS of a folder.

    The folder is `.wearline` of the checkout, or what ``WEARLINE_FOLDER`` names. Where
    ``AWS_ENDPOINT_URL`` is set, it wins over both.
    """
    if name != "local" or os.environ.get("AWS_ENDPOINT_URL"):
        # The AWS CLI heeds AWS_REGION before all else, boto3 not at all.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        return Environment(name, session, os.environ.get("AWS_ENDPOINT_URL"))
    engine = local_engine()
    if engine is None:
        raise NotDeployed(name, "the embedded AWS is not running")
    return environment_at(engine)


def local_engine() -> Engine | None:
    """The embedded AWS of this checkout, or of the folder that ``WEARLINE_FOLDER`` names."""
    from wearline_local import launcher

    folder = os.environ.get("WEARLINE_FOLDER")
    return launcher.find(Path(folder).resolve() if folder else launcher.Settings.folder)


def environment_at(engine: Engine) -> Environment:
    """The environment that an embedded AWS holds."""
    given = engine.environment()
    # A profile of the shell is for AWS, and may not be on this machine.
    unprofiled = BotocoreSession(session_vars={"profile": (None, None, None, None)})
    session = boto3.Session(
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        region_name=given["AWS_DEFAULT_REGION"],
        botocore_session=unprofiled,
    )
    return Environment("local", session, given["AWS_ENDPOINT_URL"])
