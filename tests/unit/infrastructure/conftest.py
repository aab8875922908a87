"""The project's templates as plain values, and its state machines to be executed."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration
from wearline.core.study_roles import bucket_ids, bucket_names
from wearline.core.study_stack import study_stack

ROOT = Path(__file__).resolve().parents[3]
DRIVER = Path(__file__).with_name("machine_driver.py")
ENGINE = ROOT / ".venvs" / "aws" / "bin" / "python"
RELEASE = "skdh-0.17.18"

Json = dict[str, Any]


class CloudFormationLoader(yaml.SafeLoader):
    """Reads the short forms of intrinsic functions as their long forms."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Json:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


CloudFormationLoader.add_multi_constructor("!", _intrinsic)


@dataclass(frozen=True)
class Resource:
    """A resource of a template: where it stands and what it says."""

    template: str
    name: str
    type: str
    properties: Json
    whole: Json

    def __str__(self) -> str:
        return f"{self.template}: {self.name}"


@dataclass(frozen=True)
class Templates:
    """The root template, what it nests, and the stack of a study."""

    documents: Mapping[str, Json]

    def __getitem__(self, name: str) -> Json:
        return self.documents[name]

    def resources(self, *types: str) -> list[Resource]:
        return [each for each in self._all() if not types or each.type in types]

    def named(self, template: str, name: str) -> Resource:
        return next(each for each in self._all() if (each.template, each.name) == (template, name))

    def _all(self) -> Iterator[Resource]:
        for template, document in self.documents.items():
            for name, resource in document["Resources"].items():
                properties = resource.get("Properties", {})
                yield Resource(template, name, resource["Type"], properties, resource)


def read(path: Path) -> Json:
    document: Json = yaml.load(path.read_text(), CloudFormationLoader)  # noqa: S506 - a SafeLoader
    return document


@pytest.fixture(scope="session")
def template_files() -> list[Path]:
    return [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]


@pytest.fixture(scope="session")
def configuration() -> StudyConfiguration:
    """A study whose name is as long as a name may be."""
    return StudyConfiguration.model_validate_json(
        json.dumps(
            {
                "study": "s" * 40,
                "timezone": {"default": "America/New_York"},
                "buckets": [{"name": "site-uploads"}],
                "results": {"bucket": "results", "prefix": "bio/"},
                "files": {
                    "wrist": {
                        "kind": "data",
                        "key": "raw/{subject}/{visit}_wrist.cwa",
                        "format": {"type": "axivity"},
                        "pipelines": ["look"],
                    },
                    "demographics": {
                        "kind": "metadata",
                        "key": "clinical/demographics_{date:%Y%m%d}.csv",
                        "entity": {"subject": {"column": "SUBJECT"}},
                        "values": {"height": {"column": "HEIGHT", "unit": "cm"}},
                    },
                },
                "pipelines": {"look": {"skdh": "0.17.18", "steps": []}},
            }
        )
    )


@pytest.fixture(scope="session")
def platform() -> Platform:
    return Platform(
        environment="stage",
        data_queue_arn="arn:aws:sqs:eu-west-1:123456789012:wearline-stage-data",
        metadata_queue_arn="arn:aws:sqs:eu-west-1:123456789012:wearline-stage-metadata",
        rule_dead_letters_arn="arn:aws:sqs:eu-west-1:123456789012:wearline-stage-rule-dead-letters",
        catalog_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:wearline-stage-catalog",
        scheduler_role_arn="arn:aws:iam::123456789012:role/wearline/stage/machines/wearline-stage-scheduler",
        execution_role_arn="arn:aws:iam::123456789012:role/wearline/stage/wearline-stage-task-execution",
        log_days=90,
        has_backlog=True,
        images={
            RELEASE: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/wearline@sha256:" + "a" * 64
        },
    )


@pytest.fixture(scope="session")
def templates(
    template_files: list[Path], configuration: StudyConfiguration, platform: Platform
) -> Templates:
    documents = {path.stem: read(path) for path in template_files}
    documents["study"] = study_stack(
        configuration, platform, made_buckets=bucket_ids(bucket_names(configuration))
    )
    return Templates(documents)


@pytest.fixture(scope="session")
def machines() -> Mapping[str, Json]:
    """The definitions of the state machines, by name."""
    paths = (ROOT / "statemachines").glob("*.asl.yaml")
    return {path.name.partition(".")[0]: yaml.safe_load(path.read_text()) for path in paths}


@dataclass(frozen=True)
class Execution:
    """What an execution came to, and what it asked of its services."""

    status: str
    states: list[str]
    output: Any
    calls: list[Json]
    waits: list[float]

    def payloads(self, state: str) -> list[Json]:
        return [call["arguments"]["Payload"] for call in self.calls if call["state"] == state]

    def called(self, state: str) -> list[Json]:
        return [call for call in self.calls if call["state"] == state]


@dataclass(frozen=True)
class Machine:
    """A state machine that can be executed with scripted answers."""

    definition: Json

    def run(self, given: Json, **answers: list[Json]) -> Execution:
        """Execute; `answers` are those of each task state, as `machine_driver` takes them."""
        scenario = {
            "definition": self.definition,
            "input": given,
            "name": "execution-name",
            "answers": answers,
        }
        done = subprocess.run(
            [str(ENGINE), str(DRIVER)],
            input=json.dumps(scenario),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Execution(**json.loads(done.stdout))


@pytest.fixture
def processing(machines: Mapping[str, Json]) -> Machine:
    return Machine(machines["processing"])


@pytest.fixture
def catalog(machines: Mapping[str, Json]) -> Machine:
    return Machine(machines["catalog"])


def text_of(value: Any) -> str:
    """A value with its Fn::Sub texts as they stand, pseudo parameters filled in."""
    text = value["Fn::Sub"] if isinstance(value, dict) else str(value)
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}
    known["Environment"] = "stage"
    return re.sub(r"\$\{([\w:]+)\}", lambda found: known.get(found[1], found[0]), text)


@pytest.fixture(scope="session", name="text_of")
def _text_of() -> Any:
    return text_of
