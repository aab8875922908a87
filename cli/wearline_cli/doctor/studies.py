"""Deployed studies beside this checkout, and the way of their tasks to AWS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from wearline.core.ledger import StudyRow
from wearline.core.release_signatures import release_signature
from wearline.core.study_stack import releases_of
from wearline.core.study_tasks import stack_name
from wearline_cli.doctor.findings import Finding, deployed_again, examine, ill, warning, well
from wearline_cli.doctor.quotas import settings
from wearline_cli.environments import Environment
from wearline_cli.processor_images import releases
from wearline_cli.readiness import stack_state

GATEWAYS = ("s3", "dynamodb")
ENDPOINTS = ("s3", "dynamodb", "ecr.api", "ecr.dkr", "logs")


def studies(there: Environment) -> Iterator[Finding]:
    rows = there.ledger.studies()
    yield from examine(there, {f"study {row.study}": partial(_study, row) for row in rows})


def _study(row: StudyRow, there: Environment) -> Iterator[Finding]:
    if row.removed:
        yield well(f"study {row.study} was removed at {row.removed}")
        return
    faults = [*_faults(there, row)]
    yield from faults or [well(f"study {row.study}, deployed at {row.deployed}")]


def _faults(there: Environment, row: StudyRow) -> Iterator[Finding]:
    again = deployed_again(row.study, there)
    state = stack_state(there.cloudformation, stack_name(there.name, row.study))
    if state is None or "FAILED" in state or "ROLLBACK" in state:
        yield ill(f"study {row.study}: its stack is in state {state or 'missing'}", again)
    for release in releases_of(there.configuration(row)):
        if release not in row.releases:
            yield ill(f"study {row.study}: processor {release} is not deployed", again)
        elif release not in releases():
            yield warning(
                f"study {row.study}: this checkout has no processor {release}; deploy from one",
                f"git log --all --oneline -- processor_image/releases/{release}",
            )
        elif row.releases[release].hash != release_signature(release).hash:
            frozen, ours = row.releases[release].hash[:12], release_signature(release).hash[:12]
            differs = f"is frozen as {frozen}, and this checkout has {ours}"
            yield warning(f"study {row.study}: processor {release} {differs}", again)


def endpoints(there: Environment) -> Iterator[Finding]:
    """Without a way to the internet, tasks reach AWS by the endpoints of their network alone.

    A network that was given may have another way, and its endpoints are its owner's.
    """
    if settings(there.name)["Endpoints"] != "true":
        return
    ec2: Any = there.session.client("ec2", endpoint_url=there.endpoint)
    vpc = _vpc(there, ec2)
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    states = {each["ServiceName"]: each["State"] for each in found["VpcEndpoints"]}
    given = _is_given(there)
    for service in ENDPOINTS:
        name = f"com.amazonaws.{there.session.region_name}.{service}"
        state = states.get(name, "missing")
        if state.lower() == "available":
            yield well(f"endpoint {name}")
        elif given:
            kind = "Gateway" if service in GATEWAYS else "Interface"
            yield warning(
                f"endpoint {name} of {vpc} is {state}; without a NAT gateway, tasks need it",
                f"aws ec2 create-vpc-endpoint --vpc-id {vpc} --service-name {name}"
                f" --vpc-endpoint-type {kind}",
            )
        else:
            yield ill(f"endpoint {name} of {vpc} is {state}", f"wearline deploy {there.name}")


def _is_given(there: Environment) -> bool:
    """Whether the environment was deployed into a network that was there."""
    [stack] = there.cloudformation.describe_stacks(StackName=there.stack_name)["Stacks"]
    chosen = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    return bool(chosen.get("VpcId"))


def _vpc(there: Environment, ec2: Any) -> str:  # noqa: ANN401
    """The network of the environment's tasks, as PrepareRun knows it."""
    client: Any = there.session.client("lambda", endpoint_url=there.endpoint)
    name = f"wearline-{there.name}-prepare-run"
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    subnet = variables["SUBNETS"].split(",")[0]
    vpc: str = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    return vpc
