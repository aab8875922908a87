"""Pieces of CloudFormation templates as plain values."""

from __future__ import annotations

from typing import Any, Final

Template = dict[str, Any]

# Of a resource that holds data, or guards it: it stays when its stack goes.
KEPT: Final[Template] = {
    "DeletionPolicy": "RetainExceptOnCreate",
    "UpdateReplacePolicy": "Retain",
}


def resource(kind: str, **properties: Any) -> Template:  # noqa: ANN401
    return {"Type": kind, "Properties": properties}


def attribute(name: str, wanted: str) -> Template:
    return {"Fn::GetAtt": [name, wanted]}


def policy(*statements: Template) -> Template:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: list[str], resources: list[Template]) -> Template:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def iam_arn(named: str) -> Template:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{named}"}


def bucket_arn(name: str) -> Template:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{name}"}


def objects_arn(bucket: str, prefix: str = "", below: str = "*") -> Template:
    """The objects below a prefix, which is taken literally: its * ? $ stand for themselves.

    "IAM JSON policy elements: Variables and tags": ``${*}`` is a star; ``${!`` is how
    ``Fn::Sub`` lets a ``${`` through.
    """
    literal = "".join(f"${{!{each}}}" if each in "*?$" else each for each in prefix)
    return bucket_arn(f"{bucket}/{literal}{below}")
