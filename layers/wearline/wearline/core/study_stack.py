"""The CloudFormation stack of one study, as a pure function of its configuration.

The platform runs studies; a study's stack holds what concerns that study alone: the rules that
bring its events to the platform's queues, its two roles, a task definition for each processor
release that it uses, and the schedule of its catalog. So a study can see only itself, and goes
without a trace in the platform.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from wearline.core.cloudformation import Template, attribute, resource
from wearline.core.file_patterns import DataFiles, SourceFiles
from wearline.core.key_events import event_key_filters
from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration
from wearline.core.study_roles import access_role, buckets, task_role
from wearline.core.study_tasks import JobDefinition, study_jobs, study_log, task_definition

TASK_DEFINITIONS: Final = "TaskDefinitions"
JOB_DEFINITIONS: Final = "JobDefinitions"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST_PATTERN: Final = 2048

Files = DataFiles | SourceFiles


def releases_of(study: StudyConfiguration) -> tuple[str, ...]:
    """The processor releases that the study's pipelines use, in order."""
    return tuple(sorted({each.processor_release for each in study.pipelines.values()}))


def task_definitions(outputs: Mapping[str, str]) -> dict[str, str]:
    """The ARN of each processor release's task definition, from a study stack's outputs."""
    found: dict[str, str] = json.loads(outputs[TASK_DEFINITIONS])
    return found


def job_definitions(outputs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The ARNs of each release's job definitions by their storage in GiB; none without Batch."""
    found: dict[str, dict[str, str]] = json.loads(outputs.get(JOB_DEFINITIONS, "{}"))
    return found


def study_stack(
    study: StudyConfiguration,
    platform: Platform,
    *,
    made_buckets: Mapping[str, str] | None = None,
    bucket_keys: Mapping[str, str] | None = None,
    makes_log: bool = True,
) -> Template:
    """The template of the study's stack.

    ``made_buckets`` are the buckets that the stack itself makes, by logical id (`bucket_ids`);
    they and the log group stay when the stack goes. Buckets that exist are never touched from
    here: ``bucket_keys`` are the ARNs of the KMS keys that they are encrypted with. A log group
    that an earlier stack left is used as it is, without ``makes_log``.

    Raises ImageUnknown.
    """
    numbered = {f"TaskDefinition{n}": each for n, each in enumerate(releases_of(study), start=1)}
    jobs = study_jobs(study, platform, releases_of(study)) if platform.has_backlog else []
    made = made_buckets or {}
    keys = _keys(made, platform) | dict(bucket_keys or {})
    resources = (
        buckets(study, platform, made)
        + _rules(study, platform)
        + [("TaskRole", task_role(study, platform, keys))]
        + [("AccessRole", access_role(study, platform, keys))]
        + ([("Log", study_log(study, platform))] if makes_log else [])
        + [(name, task_definition(study, platform, each)) for name, each in numbered.items()]
        + [(each.name, each.resource) for each in jobs]
        + [("CatalogSchedule", _schedule(study, platform))]
    )
    arns = {release: f"${{{name}}}" for name, release in numbered.items()}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Wearline: study {study.study}",
        "Resources": dict(resources),
        "Outputs": {
            "TaskRoleArn": {"Value": attribute("TaskRole", "Arn")},
            "AccessRoleArn": {"Value": attribute("AccessRole", "Arn")},
            TASK_DEFINITIONS: {"Value": {"Fn::Sub": json.dumps(arns)}},
            **({JOB_DEFINITIONS: {"Value": _by_release(jobs)}} if jobs else {}),
        },
    }


def _keys(made: Mapping[str, str], platform: Platform) -> dict[str, str]:
    """The keys of the buckets that the stack makes: the environment's, if it has one."""
    return dict.fromkeys(made.values(), platform.key_arn) if platform.key_arn else {}


def _by_release(jobs: Iterable[JobDefinition]) -> Template:
    found: dict[str, dict[str, str]] = {}
    for job in jobs:
        found.setdefault(job.release, {})[str(job.storage_gib)] = f"${{{job.name}}}"
    return {"Fn::Sub": json.dumps(found)}


# ---- events


def event_pattern(study: StudyConfiguration, files: Iterable[Files]) -> Template:
    """What EventBridge lets through for these file patterns: coarse, never too narrow.

    Keys are filtered as `event_key_filters` can; past its bounds or those of a pattern, every
    key of the buckets comes through and the function tells them apart.
    """
    chosen = list(files)
    buckets = sorted({bucket for each in chosen for bucket in study.buckets_of(each)})
    filters = event_key_filters(each.template for each in chosen)
    narrow = _pattern(buckets, filters if filters is not None else _but_results(study, buckets))
    return narrow if len(json.dumps(narrow)) <= LONGEST_PATTERN else _pattern(buckets, None)


def _but_results(study: StudyConfiguration, buckets: list[str]) -> list[Any] | None:
    """Every key of the one bucket but Wearline's own, each of which would be an event."""
    if buckets == [study.results.bucket]:
        return [{"anything-but": {"prefix": study.results.prefix}}]
    return None


def _pattern(buckets: list[str], keys: list[Any] | None) -> Template:
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": buckets}} | ({"object": {"key": keys}} if keys else {}),
    }


def _rules(study: StudyConfiguration, platform: Platform) -> list[tuple[str, Template]]:
    data = [each for each in study.files.values() if isinstance(each, DataFiles)]
    others = [each for each in study.files.values() if not isinstance(each, DataFiles)]
    rules: list[tuple[str, str, Sequence[Files], str]] = [
        ("DataRule", "data", data, platform.data_queue_arn),
        ("MetadataRule", "metadata", others, platform.metadata_queue_arn),
    ]
    return [
        (name, _rule(study, platform, kind, event_pattern(study, files), queue))
        for name, kind, files, queue in rules
        if files
    ]


def _rule(
    study: StudyConfiguration, platform: Platform, kind: str, pattern: Template, queue: str
) -> Template:
    named = json.dumps(study.study)
    target = {
        "Id": "queue",
        "Arn": queue,
        # The event as it came: its keys are literal, and nothing un-quotes them on the way.
        "InputTransformer": {
            "InputTemplate": f'{{"study": {named}, "event": <aws.events.event.json>}}'
        },
        "DeadLetterConfig": {"Arn": platform.rule_dead_letters_arn},
    }
    return resource(
        "AWS::Events::Rule",
        Name=f"wearline-{platform.environment}-{study.study}-{kind}",
        EventPattern=pattern,
        Targets=[target],
    )


def _schedule(study: StudyConfiguration, platform: Platform) -> Template:
    return resource(
        "AWS::Scheduler::Schedule",
        Name=f"wearline-{platform.environment}-{study.study}-catalog",
        ScheduleExpression=f"rate({study.catalog.rate})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": platform.catalog_machine_arn,
            "RoleArn": platform.scheduler_role_arn,
            "Input": json.dumps({"study": study.study}),
            "DeadLetterConfig": {"Arn": platform.rule_dead_letters_arn},
            "RetryPolicy": {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600},
        },
    )
