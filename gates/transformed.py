"""Writes the templates as CloudFormation would get them, for tools that read no SAM.

`python -m gates.transformed FOLDER`: the root template with its transform applied, those it
nests, and the stack of the example study, each as prod has it: conditions are decided, since
such tools take an ``Fn::If`` for neither of its sides.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from wearline.core.platform import Platform
from wearline.core.study_file import read_study
from wearline.core.study_roles import bucket_ids, bucket_names
from wearline.core.study_stack import releases_of, study_stack

ROOT: Final = Path(__file__).resolve().parents[1]
EXAMPLE: Final = ROOT / "examples" / "parkinson-gait" / "study.yaml"
ENVIRONMENT: Final = "prod"
# All other conditions are true in prod as it is deployed without options.
FALSE: Final = {"BucketsElsewhere", "HasBoundary", "Mailed"}
ACCOUNT: Final = "eu-west-1:123456789012"
KEY: Final = f"arn:aws:kms:{ACCOUNT}:key/0a"
PACKAGED: Final = {"CodeUri", "ContentUri"}
NO_VALUE: Final = {"Ref": "AWS::NoValue"}


class NoManagedPolicies:
    """The transform asks for AWS's managed policies by name; our roles name none."""

    def load(self) -> dict[str, str]:
        return {}


def main() -> None:
    """Write them into the folder given."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write(folder / "template.json", root_template())
    _write(folder / "study.json", example_stack())
    for nested in (ROOT / "infra").glob("*.yaml"):
        _write(folder / f"{nested.stem}.json", yaml_parse(nested.read_text()))


def root_template() -> dict[str, Any]:
    """The root template without its transform."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    document = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in document["Resources"].values():
        for place in PACKAGED & set(resource["Properties"]):
            resource["Properties"][place] = "s3://packaged/by-sam"
    written: dict[str, Any] = transform(document, {"Environment": ENVIRONMENT}, NoManagedPolicies())
    return written


def example_stack() -> dict[str, Any]:
    """The example study's stack in that environment, its buckets made too."""
    study = read_study(EXAMPLE).study
    platform = Platform(
        environment=ENVIRONMENT,
        data_queue_arn=f"arn:aws:sqs:{ACCOUNT}:wearline-prod-data",
        metadata_queue_arn=f"arn:aws:sqs:{ACCOUNT}:wearline-prod-metadata",
        rule_dead_letters_arn=f"arn:aws:sqs:{ACCOUNT}:wearline-prod-rule-dead-letters",
        catalog_machine_arn=f"arn:aws:states:{ACCOUNT}:stateMachine:wearline-prod-catalog",
        scheduler_role_arn="arn:aws:iam::123456789012:role/wearline/prod/machines/scheduler",
        execution_role_arn="arn:aws:iam::123456789012:role/wearline/prod/task-execution",
        log_days=3653,
        images=dict.fromkeys(releases_of(study), f"images@sha256:{'a' * 64}"),
        has_backlog=True,
        key_arn=KEY,
    )
    return study_stack(study, platform, made_buckets=bucket_ids(bucket_names(study)))


def decided(value: Any, given: dict[str, Any]) -> Any:  # noqa: ANN401
    """A template with each ``Fn::If`` decided, and the parameters that are ``given`` filled in."""
    match value:
        case {"Fn::If": [condition, then, otherwise]}:
            return decided(otherwise if condition in FALSE else then, given)
        case {"Ref": name} if name in given:
            return given[name]
        case dict():
            chosen = {name: decided(each, given) for name, each in value.items()}
            return {name: each for name, each in chosen.items() if each != NO_VALUE}
        case list():
            items = [decided(each, given) for each in value]
            return [each for each in items if each != NO_VALUE]
    return value


def _write(path: Path, template: dict[str, Any]) -> None:
    root = yaml_parse((ROOT / "template.yaml").read_text())
    insights = root["Mappings"]["Settings"][ENVIRONMENT]["Insights"]
    given = {"ContainerInsights": insights, "KeyArn": KEY, "FallbackKeyArn": f"{KEY}b"}
    path.write_text(json.dumps(decided(template, given), indent=1, default=str))


if __name__ == "__main__":
    main()
