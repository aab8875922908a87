"""How a study's runs start: a task definition for each release, and its jobs for the backlog.

Both hold the same container and the same two roles, so a run is the same run in either lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wearline.core.attempts import LOG_PREFIX
from wearline.core.cloudformation import KEPT, Template, attribute, resource
from wearline.core.compute import JOB_STORAGE_GIB, SMALLEST_STORAGE_GIB
from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration

CONTAINER: Final = "processor"
# `supervisor` of the image: the only user that may become its worker. It owns nothing in it.
USER: Final = "10001:10001"
# SKDH has no wheels for ARM.
RUNTIME: Final = {"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"}
# What a task has unless prepare_run says otherwise: the smallest of Fargate that a run may get.
SMALLEST_VCPUS: Final = 1
SMALLEST_MEMORY_MIB: Final = 4096


class ImageUnknown(LookupError):
    """A pipeline names a processor release that the environment has no image of."""

    def __init__(self, release: str, known: Iterable[str]) -> None:
        self.release = release
        self.known = tuple(sorted(known))
        has = ", ".join(self.known) or "none"
        super().__init__(
            f"The environment has no image of the processor release {release} (it has: {has}). "
            "Deploy the environment with that release, or choose another in the pipeline."
        )


def stack_name(environment: str, study: str) -> str:
    """The name of a study's stack.

    >>> stack_name("dev", "gait-01")
    'wearline-dev-study-gait-01'
    """
    return f"wearline-{environment}-study-{study}"


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job definition of a study's stack, and what it is for."""

    name: str
    release: str
    storage_gib: int
    resource: Template


def log_group(environment: str, study: str) -> str:
    """The name of the one log group of a study's tasks and jobs.

    >>> log_group("dev", "gait-01")
    '/wearline/dev/study/gait-01'
    """
    return f"/wearline/{environment}/study/{study}"


def study_log(study: StudyConfiguration, platform: Platform) -> Template:
    """The log group, kept as long as the environment says, whatever becomes of the stack."""
    return (
        resource(
            "AWS::Logs::LogGroup",
            LogGroupName=log_group(platform.environment, study.study),
            RetentionInDays=platform.log_days,
            **({"KmsKeyId": platform.key_arn} if platform.key_arn else {}),
        )
        | KEPT
    )


def image_of(platform: Platform, release: str) -> str:
    """The image of a processor release. Raises ImageUnknown."""
    if release not in platform.images:
        raise ImageUnknown(release, platform.images)
    return platform.images[release]


def _family(study: StudyConfiguration, platform: Platform, release: str) -> str:
    """The machine's role names these definitions by their first words."""
    return f"{stack_name(platform.environment, study.study)}-{release.replace('.', '-')}"


def task_definition(study: StudyConfiguration, platform: Platform, release: str) -> Template:
    """The ECS task that runs a release for live uploads. Raises ImageUnknown."""
    return resource(
        "AWS::ECS::TaskDefinition",
        Family=_family(study, platform, release),
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        RuntimePlatform=RUNTIME,
        ExecutionRoleArn=platform.execution_role_arn,
        TaskRoleArn=attribute("TaskRole", "Arn"),
        Volumes=[{"Name": "scratch"}],
        ContainerDefinitions=[_container(study, platform, release)],
        Cpu=str(1024 * SMALLEST_VCPUS),
        Memory=str(SMALLEST_MEMORY_MIB),
        EphemeralStorage={"SizeInGiB": SMALLEST_STORAGE_GIB},
    )


def _container(study: StudyConfiguration, platform: Platform, release: str) -> Template:
    image = image_of(platform, release)
    _, pinned, digest = image.partition("@")
    variables = {"WEARLINE_IMAGE_DIGEST": digest} if pinned else {}
    return {
        "Name": CONTAINER,
        "Image": image,
        "Essential": True,
        "Command": ["python", "-m", "wearline_processor.supervisor"],
        "Environment": [{"Name": name, "Value": value} for name, value in variables.items()],
        "User": USER,
        "ReadonlyRootFilesystem": True,
        "MountPoints": [{"SourceVolume": "scratch", "ContainerPath": "/tmp", "ReadOnly": False}],  # noqa: S108
        # A first process that passes SIGTERM on, and as long as Fargate allows to heed it.
        "LinuxParameters": {"InitProcessEnabled": True},
        "StopTimeout": 120,
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": log_group(platform.environment, study.study),
                "awslogs-region": {"Ref": "AWS::Region"},
                "awslogs-stream-prefix": LOG_PREFIX,
            },
        },
    }


# ---- jobs


def study_jobs(
    study: StudyConfiguration, platform: Platform, releases: Iterable[str]
) -> list[JobDefinition]:
    """A job definition for each release and storage.

    Storage is the one size that a submission cannot override ("ContainerOverrides", AWS
    Batch API).
    """
    return [
        JobDefinition(
            name=f"JobDefinition{n}With{storage}GiB",
            release=release,
            storage_gib=storage,
            resource=_job_definition(study, platform, release, storage),
        )
        for n, release in enumerate(releases, start=1)
        for storage in JOB_STORAGE_GIB
    ]


def _job_definition(
    study: StudyConfiguration, platform: Platform, release: str, storage_gib: int
) -> Template:
    return resource(
        "AWS::Batch::JobDefinition",
        JobDefinitionName=f"{_family(study, platform, release)}-{storage_gib}",
        Type="container",
        PlatformCapabilities=["FARGATE"],
        # Within its study's share a job is like any other; Batch wants a number all the same.
        SchedulingPriority=1,
        # A try is ours to repeat: record_run reads its cause, and each has a prefix of its own.
        RetryStrategy={"Attempts": 1},
        ContainerProperties=_job_container(study, platform, release, storage_gib),
    )


def _job_container(
    study: StudyConfiguration, platform: Platform, release: str, storage_gib: int
) -> Template:
    told = _container(study, platform, release)
    same = ("Image", "Command", "Environment", "User", "ReadonlyRootFilesystem", "MountPoints")
    sizes = {"VCPU": str(SMALLEST_VCPUS), "MEMORY": str(SMALLEST_MEMORY_MIB)}
    return {name: told[name] for name in same} | {
        "JobRoleArn": attribute("TaskRole", "Arn"),
        "ExecutionRoleArn": platform.execution_role_arn,
        "ResourceRequirements": [{"Type": kind, "Value": size} for kind, size in sizes.items()],
        "EphemeralStorage": {"SizeInGiB": storage_gib},
        "Volumes": [{"Name": "scratch"}],
        "RuntimePlatform": RUNTIME,
        "NetworkConfiguration": {"AssignPublicIp": "DISABLED"},
        "FargatePlatformConfiguration": {"PlatformVersion": "LATEST"},
        "LinuxParameters": {"InitProcessEnabled": True},
        "LogConfiguration": told["LogConfiguration"],
    }
