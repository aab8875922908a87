"""What a study's stack holds is seen, or the study is not deployed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from wearline.core.study import StudyConfiguration
from wearline.core.study_file import read_study
from wearline_cli.environments import Environment
from wearline_cli.study_holdings import Unseen, holdings, keep_as_long

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "parkinson-gait" / "study.yaml"
STACK = "wearline-dev-study-one"


@pytest.fixture(scope="module")
def study() -> StudyConfiguration:
    return read_study(EXAMPLE).study


@pytest.fixture
def there() -> Environment:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
    )
    return Environment("dev", session)


@pytest.fixture
def stubs(there: Environment) -> Iterator[dict[str, Stubber]]:
    clients = {"cloudformation": there.cloudformation, "s3": there.s3, "logs": there.logs}
    stubs = {name: Stubber(client) for name, client in clients.items()}
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def test_a_stack_that_could_not_be_looked_at_does_not_count_as_missing(
    there: Environment, study: StudyConfiguration, stubs: dict[str, Stubber]
) -> None:
    stubs["cloudformation"].add_client_error("describe_stacks", "Throttling", "Rate exceeded")
    with pytest.raises(Unseen, match="Nothing was changed"):
        holdings(there, study, STACK, create_buckets=False)


@pytest.mark.parametrize(("status", "made"), [("404", 1), ("403", 0), ("301", 0)])
def test_only_a_bucket_that_is_nobodys_is_made(
    there: Environment,
    study: StudyConfiguration,
    stubs: dict[str, Stubber],
    status: str,
    made: int,
) -> None:
    stubs["cloudformation"].add_client_error(
        "describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist"
    )
    stubs["s3"].add_client_error("head_bucket", status, http_status_code=int(status))
    stubs["logs"].add_response("describe_log_groups", {"logGroups": []})
    found = holdings(there, study, STACK, create_buckets=True)
    assert len(found.made) == made
    assert len(found.others) == 1 - made
    assert found.left_log is None


def test_a_bucket_that_may_not_be_looked_at_for_now_stops_the_deployment(
    there: Environment, study: StudyConfiguration, stubs: dict[str, Stubber]
) -> None:
    stubs["cloudformation"].add_client_error(
        "describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist"
    )
    stubs["s3"].add_client_error("head_bucket", "SlowDown", http_status_code=503)
    with pytest.raises(Unseen, match="SlowDown"):
        holdings(there, study, STACK, create_buckets=True)


def test_a_log_that_was_left_gets_the_environments_retention_and_key(
    there: Environment, stubs: dict[str, Stubber]
) -> None:
    there.__dict__["outputs"] = {"LogDays": "14", "KeyArn": "arn:aws:kms:eu-west-1:1:key/0a"}
    log = "/wearline/dev/study/one"
    stubs["logs"].add_response(
        "put_retention_policy", {}, {"logGroupName": log, "retentionInDays": 14}
    )
    stubs["logs"].add_response(
        "associate_kms_key",
        {},
        {"logGroupName": log, "kmsKeyId": "arn:aws:kms:eu-west-1:1:key/0a"},
    )
    keep_as_long(there, log)
