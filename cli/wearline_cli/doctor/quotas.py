"""Quotas of the account, beside what the environment may use of them.

Codes: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html (Fargate),
https://docs.aws.amazon.com/general/latest/gr/lambda-service.html,
https://docs.aws.amazon.com/general/latest/gr/ev.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from wearline_cli.doctor.findings import Finding, ill, warning, well
from wearline_cli.environments import Environment
from wearline_local.launcher import ROOT

# A live task has up to 4 vCPU: room for four beside what the backlog may take.
LIVE_VCPUS = 16
RULES_OF_A_STUDY = 2
NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota, and how much of it the environment needs."""

    name: str
    service: str
    code: str
    needed: int

    def mend(self) -> str:
        return (
            "aws service-quotas request-service-quota-increase"
            f" --service-code {self.service} --quota-code {self.code}"
            f" --desired-value {self.needed}"
        )


def quotas(there: Environment) -> Iterator[Finding]:
    """The embedded AWS has none."""
    if there.name == "local":
        return
    client: Any = there.session.client("service-quotas", endpoint_url=there.endpoint)
    for quota in _needed(settings(there.name)):
        value = _value(client, quota)
        said = f"{quota.name}: {value:g}"
        if value < quota.needed:
            yield ill(f"{said}, and {quota.needed} are needed", quota.mend())
        else:
            yield well(said)
    yield _rules(there, client)


def _needed(chosen: dict[str, Any]) -> Iterator[Quota]:
    on_demand = int(chosen["OnDemandVcpus"]) + LIVE_VCPUS
    spot, pollers = int(chosen["SpotVcpus"]), int(chosen["Pollers"]) + int(chosen["BacklogPollers"])
    yield Quota("Fargate vCPU on demand", "fargate", "L-3032A538", on_demand)
    yield Quota("Fargate vCPU on Spot", "fargate", "L-36FBB829", spot)
    yield Quota("Lambda concurrent executions", "lambda", "L-B99A9384", 2 * pollers)


def _rules(there: Environment, client: Any) -> Finding:  # noqa: ANN401
    events = there.session.client("events", endpoint_url=there.endpoint)
    pages = events.get_paginator("list_rules").paginate()
    used = sum(len(page["Rules"]) for page in pages)
    quota = Quota("EventBridge rules of the bus", "events", "L-244521F2", used * 2)
    value = _value(client, quota)
    said = f"{quota.name}: {used} of {value:g}"
    if used + RULES_OF_A_STUDY > value:
        return ill(f"{said}; a study needs {RULES_OF_A_STUDY}", quota.mend())
    return warning(said, quota.mend()) if used > NEARLY * value else well(said)


def _value(client: Any, quota: Quota) -> float:  # noqa: ANN401
    """What was granted, else AWS's default; some quotas are listed only there."""
    asked = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        found = client.get_service_quota(**asked)
    except client.exceptions.NoSuchResourceException:
        found = client.get_aws_default_service_quota(**asked)
    return float(found["Quota"]["Value"])


class _Plain(yaml.SafeLoader):
    """Reads a template without its functions."""


_Plain.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def settings(env: str) -> dict[str, Any]:
    """What template.yaml says of an environment, in the table where all of them differ."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _Plain)  # noqa: S506  a SafeLoader
    found: dict[str, Any] = template["Mappings"]["Settings"][env]
    return found
