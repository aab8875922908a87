"""What the embedded AWS lacks, at the boundary: quotas, endpoints, images."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner

from wearline_cli.doctor import buckets as buckets_of
from wearline_cli.doctor import quotas as quotas_of
from wearline_cli.doctor import studies as studies_of
from wearline_cli.doctor import tools as tools_of
from wearline_cli.doctor.command import FIRST, THEN
from wearline_cli.doctor.findings import (
    Finding,
    deployed_again,
    examine,
    ill,
    is_ill,
    warning,
    well,
)
from wearline_cli.environments import CommandError, Environment
from wearline_cli.main import main


class Stubbed:
    """A session whose clients are stubbed, one of each service."""

    region_name = "eu-west-1"

    def __init__(self) -> None:
        real: Any = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
        )
        names = ("service-quotas", "events", "ec2", "lambda", "cloudformation", "sts", "s3")
        self._clients: dict[str, Any] = {name: real.client(name) for name in names}
        self.stubs = {name: Stubber(client) for name, client in self._clients.items()}

    def client(self, name: str, **_options: Any) -> Any:
        return self._clients[name]


@pytest.fixture
def session() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    for stub in stubbed.stubs.values():
        stub.activate()
    yield stubbed
    for stub in stubbed.stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def prod(session: Stubbed) -> Environment:
    anything: Any = session
    return Environment("prod", anything)


def grant(session: Stubbed, value: float | None, default: float = 0) -> None:
    """The next quota; None where only AWS's default is listed."""
    stub = session.stubs["service-quotas"]
    if value is None:
        stub.add_client_error("get_service_quota", "NoSuchResourceException")
        stub.add_response("get_aws_default_service_quota", {"Quota": {"Value": default}})
    else:
        stub.add_response("get_service_quota", {"Quota": {"Value": value}})


def rules(session: Stubbed, count: int) -> None:
    session.stubs["events"].add_response(
        "list_rules", {"Rules": [{"Name": f"rule-{n}"} for n in range(count)]}
    )


def test_a_quota_that_is_too_small_comes_with_the_request_that_raises_it(
    session: Stubbed, prod: Environment
) -> None:
    grant(session, 6.0)
    grant(session, 4000.0)
    grant(session, None, default=1000.0)
    rules(session, 10)
    grant(session, 300.0)
    found = [*quotas_of.quotas(prod)]
    assert [each.state for each in found] == ["ill", "well", "well", "well"]
    needed = int(quotas_of.settings("prod")["OnDemandVcpus"]) + quotas_of.LIVE_VCPUS
    assert found[0].mend == (
        "aws service-quotas request-service-quota-increase --service-code fargate"
        f" --quota-code L-3032A538 --desired-value {needed}"
    )


@pytest.mark.parametrize(("used", "state"), [(10, "well"), (250, "warning"), (299, "ill")])
def test_rules_of_the_bus_are_counted_before_a_study_finds_none_left(
    session: Stubbed, prod: Environment, used: int, state: str
) -> None:
    for _ in range(3):
        grant(session, 4000.0)
    rules(session, used)
    grant(session, 300.0)
    assert [*quotas_of.quotas(prod)][-1].state == state


def deployed_into(session: Stubbed, vpc: str) -> None:
    stack = {
        "StackName": "wearline-prod",
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": datetime.now(UTC),
        "Parameters": [{"ParameterKey": "VpcId", "ParameterValue": vpc}],
    }
    session.stubs["cloudformation"].add_response("describe_stacks", {"Stacks": [stack]})


def endpoints_are(session: Stubbed, *there: tuple[str, str]) -> None:
    session.stubs["lambda"].add_response(
        "get_function_configuration", {"Environment": {"Variables": {"SUBNETS": "subnet-1"}}}
    )
    session.stubs["ec2"].add_response("describe_subnets", {"Subnets": [{"VpcId": "vpc-1"}]})
    told = [
        {"ServiceName": f"com.amazonaws.eu-west-1.{name}", "State": state} for name, state in there
    ]
    session.stubs["ec2"].add_response("describe_vpc_endpoints", {"VpcEndpoints": told})


def test_a_network_that_was_given_may_have_another_way_to_aws(
    session: Stubbed, prod: Environment
) -> None:
    endpoints_are(session, ("s3", "available"))
    deployed_into(session, "vpc-1")
    found = [*studies_of.endpoints(prod)]
    assert not is_ill(found)
    assert [each.mend for each in found if each.state == "warning"][:2] == [
        (
            "aws ec2 create-vpc-endpoint --vpc-id vpc-1"
            " --service-name com.amazonaws.eu-west-1.dynamodb --vpc-endpoint-type Gateway"
        ),
        (
            "aws ec2 create-vpc-endpoint --vpc-id vpc-1"
            " --service-name com.amazonaws.eu-west-1.ecr.api --vpc-endpoint-type Interface"
        ),
    ]


def test_an_endpoint_that_is_missing_is_named(session: Stubbed, prod: Environment) -> None:
    available = [(name, "available") for name in ("s3", "dynamodb", "logs")]
    endpoints_are(session, *available, ("ecr.api", "pending"))
    deployed_into(session, "")
    found = {each.what: each for each in studies_of.endpoints(prod)}
    bad = [what for what, each in found.items() if each.state == "ill"]
    assert bad == [
        "endpoint com.amazonaws.eu-west-1.ecr.api of vpc-1 is pending",
        "endpoint com.amazonaws.eu-west-1.ecr.dkr of vpc-1 is missing",
    ]


def test_what_may_not_be_looked_at_is_said_and_the_rest_goes_on(
    session: Stubbed, prod: Environment
) -> None:
    session.stubs["service-quotas"].add_client_error("get_service_quota", "AccessDeniedException")

    def missing(_there: Environment) -> Iterator[Finding]:
        yield from ()
        raise CommandError("The studies are hidden.")

    found = [*examine(prod, {"quotas": quotas_of.quotas, "studies": missing})]
    assert [each.state for each in found] == ["unknown", "ill"]
    assert "AccessDeniedException" in found[0].what
    assert found[1].what == "studies: The studies are hidden."


def test_an_environment_that_is_not_deployed_is_said_once(
    session: Stubbed, prod: Environment
) -> None:
    for _ in range(2):
        session.stubs["cloudformation"].add_client_error(
            "describe_stacks", "ValidationError", "Stack with id wearline-prod does not exist"
        )

    def buckets(there: Environment) -> Iterator[Finding]:
        yield well(there.outputs["ConfigurationBucket"])

    [found] = examine(prod, {"stack": tools_of.stack, "buckets": buckets})
    assert (found.state, found.mend) == ("ill", "wearline deploy prod")


def test_only_what_is_bad_makes_the_exit_status_bad() -> None:
    assert is_ill([well("a"), ill("b", "c")])
    assert not is_ill([well("a"), warning("b", "c"), Finding("unknown", "d")])


def test_the_environments_differ_in_one_table_with_the_same_settings() -> None:
    local, *others = (quotas_of.settings(env) for env in ("local", "dev", "stage", "prod"))
    assert all(other.keys() == local.keys() for other in others)


def test_doctor_looks_at_everything_it_promises() -> None:
    assert {*FIRST, *THEN} == {
        "versions", "credentials", "stack", "quotas", "images", "endpoints", "buckets", "studies",
    }  # fmt: skip


def test_without_credentials_that_is_what_is_said_and_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    done = CliRunner().invoke(main, ["doctor", "--env", "dev", "--json"])
    last = json.loads(done.output)[-1]
    assert done.exit_code == 1
    assert last["what"].startswith("AWS takes no credentials here")
    assert last["mend"] == "aws sso login"
    assert "wearline deploy" not in str(last)


@pytest.mark.parametrize(
    ("code", "said", "mend"),
    [
        (
            "404",
            "bucket b-1 is not there",
            (
                "aws s3api create-bucket --bucket b-1 --region eu-west-1"
                " --create-bucket-configuration LocationConstraint=eu-west-1"
            ),
        ),
        (
            "403",
            "bucket b-1 cannot be reached (403): its owner must let you",
            "aws s3api get-bucket-policy --bucket b-1",
        ),
    ],
)
def test_a_bucket_that_cannot_be_used_comes_with_a_command_that_can_be_run(
    session: Stubbed, prod: Environment, code: str, said: str, mend: str
) -> None:
    session.stubs["s3"].add_client_error("head_bucket", code, http_status_code=int(code))
    [found] = buckets_of._settings(prod.s3, "b-1")
    assert (found.state, found.what, found.mend) == ("ill", said, mend)


def test_every_setting_that_is_advised_is_a_whole_command(
    session: Stubbed, prod: Environment
) -> None:
    s3 = session.stubs["s3"]
    s3.add_response("head_bucket", {})
    s3.add_response("get_bucket_versioning", {})
    s3.add_client_error("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    s3.add_client_error("get_public_access_block", "NoSuchPublicAccessBlockConfiguration")
    mends = [str(each.mend) for each in buckets_of._settings(prod.s3, "b-1")]
    assert len(mends) == 3
    for mend in mends:
        words = shlex.split(mend)
        assert words[:2] == ["aws", "s3api"]
        model = prod.s3.meta.service_model.operation_model(
            "".join(part.title() for part in words[2].split("-"))
        )
        needed = {re.sub(r"(?<!^)(?=[A-Z])", "-", each).lower() for each in _required(model)}
        assert needed <= {word[2:] for word in words if word.startswith("--")}


def _required(model: Any) -> list[str]:
    found: list[str] = model.input_shape.required_members
    return found


def test_check_of_the_deployment_is_mended_by_the_deployment(prod: Environment) -> None:
    assert deployed_again("deployment-check", prod) == "wearline deploy prod"
    assert deployed_again("gait-01", prod) == "wearline study deploy FILE --env prod"
