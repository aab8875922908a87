"""What an environment of the platform tells those who build on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """What a study's stack needs of its environment: outputs of the platform's stack.

    ``images`` maps each processor release to the image that runs it, pinned by digest on AWS.
    ``key_arn`` is the environment's own KMS key, where it has one.
    """

    environment: str
    data_queue_arn: str
    metadata_queue_arn: str
    rule_dead_letters_arn: str
    catalog_machine_arn: str
    scheduler_role_arn: str
    execution_role_arn: str
    log_days: int
    images: Mapping[str, str]
    permissions_boundary: str | None = None
    has_backlog: bool = False
    key_arn: str | None = None

    @classmethod
    def of(
        cls, environment: str, outputs: Mapping[str, str], images: Mapping[str, str]
    ) -> Platform:
        """From the outputs of the stack ``wearline-{environment}``. Raises KeyError."""
        return cls(
            environment=environment,
            data_queue_arn=outputs["DataQueueArn"],
            metadata_queue_arn=outputs["MetadataQueueArn"],
            rule_dead_letters_arn=outputs["RuleDeadLettersArn"],
            catalog_machine_arn=outputs["CatalogMachineArn"],
            scheduler_role_arn=outputs["SchedulerRoleArn"],
            execution_role_arn=outputs["ExecutionRoleArn"],
            log_days=int(outputs["LogDays"]),
            images=images,
            permissions_boundary=outputs.get("StudyBoundary"),
            has_backlog=outputs.get("HasBacklog") == "true",
            key_arn=outputs.get("KeyArn"),
        )
