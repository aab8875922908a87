"""What the embedded AWS lacks, at the boundary: quotas, endpoints, images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from wearline_cli.doctor import quotas as quotas_of
from wearline_cli.doctor import studies as studies_of
from wearline_cli.doctor.command import LOOKS
from wearline_cli.doctor.findings import Finding, examine, ill, is_ill, warning, well
from wearline_cli.environments import Environment, NotDeployed


class Stubbed:
    """A session whose clients are stubbed, one of each service."""

    region_name = "eu-west-1"

    def __init__(self) -> None:
        real: Any = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
        )
        names = ("service-quotas", "events", "ec2", "lambda")
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


def test_an_endpoint_that_is_missing_is_named(session: Stubbed, prod: Environment) -> None:
    session.stubs["lambda"].add_response(
        "get_function_configuration", {"Environment": {"Variables": {"SUBNETS": "subnet-1"}}}
    )
    session.stubs["ec2"].add_response("describe_subnets", {"Subnets": [{"VpcId": "vpc-1"}]})
    there = [
        {"ServiceName": f"com.amazonaws.eu-west-1.{name}", "State": state}
        for name, state in (("s3", "available"), ("dynamodb", "available"), ("logs", "available"),
                            ("ecr.api", "pending"))
    ]  # fmt: skip
    session.stubs["ec2"].add_response("describe_vpc_endpoints", {"VpcEndpoints": there})
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
        raise NotDeployed("prod", "no stack")

    found = [*examine(prod, {"quotas": quotas_of.quotas, "studies": missing})]
    assert [each.state for each in found] == ["unknown", "ill"]
    assert "AccessDeniedException" in found[0].what
    assert "wearline deploy prod" in found[1].what


def test_only_what_is_bad_makes_the_exit_status_bad() -> None:
    assert is_ill([well("a"), ill("b", "c")])
    assert not is_ill([well("a"), warning("b", "c"), Finding("unknown", "d")])


def test_the_environments_differ_in_one_table_with_the_same_settings() -> None:
    local, *others = (quotas_of.settings(env) for env in ("local", "dev", "stage", "prod"))
    assert all(other.keys() == local.keys() for other in others)


def test_doctor_looks_at_everything_it_promises() -> None:
    assert set(LOOKS) == {
        "versions", "credentials", "stack", "quotas", "images", "endpoints", "buckets", "studies",
    }  # fmt: skip
