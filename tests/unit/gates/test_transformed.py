"""What the security tools of the gate are shown."""

from __future__ import annotations

from typing import Any

import pytest

from gates.transformed import decided, root_template


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ({"Fn::If": ["HasKey", "with", "without"]}, "with"),
        ({"Fn::If": ["HasBoundary", "with", "without"]}, "without"),
        ({"a": {"Fn::If": ["HasBoundary", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Fn::If": ["HasBoundary", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Ref": "KeyArn"}, "arn"),
        ({"Ref": "Other"}, {"Ref": "Other"}),
    ],
)
def test_conditions_are_decided_as_prod_decides_them(template: Any, shown: Any) -> None:
    assert decided(template, {"KeyArn": "arn"}) == shown


def test_functions_are_shown_as_what_sam_makes_of_them() -> None:
    types = {each["Type"] for each in root_template()["Resources"].values()}
    assert "AWS::Lambda::Function" in types
    assert not {each for each in types if each.startswith("AWS::Serverless")}
