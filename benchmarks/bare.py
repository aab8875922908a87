"""The bare path: rule, queue, function, table. What any platform on them costs at least."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.platform import Platform

TEMPLATE = Path(__file__).with_name("bare.yaml")
BUCKET, TABLE = "bare-data", "bare"


class BarePath:
    """Deployed beside the platform, on the same engine."""

    def __init__(self, platform: Platform) -> None:
        self._table: Any = platform.client("dynamodb")
        stacks = platform.client("cloudformation")
        stacks.create_stack(
            StackName="bare", TemplateBody=TEMPLATE.read_text(), Capabilities=["CAPABILITY_IAM"]
        )
        stacks.get_waiter("stack_create_complete").wait(StackName="bare", WaiterConfig={"Delay": 1})

    def written(self) -> dict[str, float]:
        """When each key's item was written, in unix seconds."""
        pages = self._table.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        return {item["pk"]["S"]: float(item["at"]["N"]) for item in items}
