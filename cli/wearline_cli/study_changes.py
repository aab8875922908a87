"""What deploying a study would change, found without changing anything that runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from wearline.core.cloudformation import Template
from wearline.core.release_signatures import release_signature
from wearline.core.study import StudyConfiguration
from wearline.core.study_stack import releases_of
from wearline_cli.change_sets import shown_changes
from wearline_cli.environments import Environment
from wearline_cli.notifications import kept_notifications, sends_events
from wearline_cli.readiness import stack_state

CAPABILITIES: Any = ["CAPABILITY_NAMED_IAM"]


def stack_changes(there: Environment, name: str, template: Template) -> Iterator[str]:
    """A line for each resource that would be made, changed or removed.

    Of a stack that is there, CloudFormation says so by a change set, which is deleted again.
    """
    if stack_state(there.cloudformation, name) is None:
        types = Counter(each["Type"] for each in template["Resources"].values())
        yield f"stack {name} would be made:"
        yield from (f"  + {count} {kind}" for kind, count in sorted(types.items()))
        return
    changes = shown_changes(
        there.cloudformation, name, TemplateBody=json.dumps(template), Capabilities=CAPABILITIES
    )
    yield f"stack {name} " + ("would change:" if changes else "would not change")
    yield from changes


def bucket_changes(there: Environment, buckets: Iterable[str]) -> Iterator[str]:
    """What would become of the events of each bucket that exists."""
    for bucket in buckets:
        try:
            sends = sends_events(there.s3, bucket)
            kept = kept_notifications(there.s3, bucket)
        except ClientError as refused:
            yield f"bucket {bucket} cannot be looked at: {refused}"
            continue
        if sends:
            yield f"bucket {bucket} sends its events to EventBridge already"
        else:
            also = f", beside its {kept} other notifications, which stay" if kept else ""
            yield f"bucket {bucket} would send its events to EventBridge{also}"


def row_changes(there: Environment, study: StudyConfiguration, sha256: str) -> Iterator[str]:
    """What would become of the configuration and the frozen releases."""
    row = there.ledger.study(study.study)
    if row is None:
        yield "the configuration would be stored for the first time"
    elif row.configuration_sha256 == sha256:
        yield "the configuration is the one that is deployed"
    else:
        yield "the configuration would replace the deployed one; its versions stay"
    if row is not None and row.removed:
        yield f"the study, removed at {row.removed}, would go on"
    for release in releases_of(study):
        new = release_signature(release).hash
        old = row.releases[release].hash if row and release in row.releases else None
        if old != new:
            yield f"processor {release} would be frozen as {new[:12]}" + (
                f" instead of {old[:12]}" if old else ""
            )
