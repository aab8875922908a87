"""The stack that is generated for a study."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_all
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.compute import JOB_STORAGE_GIB
from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration
from wearline.core.study_roles import bucket_ids, bucket_names
from wearline.core.study_stack import (
    LONGEST_PATTERN,
    event_pattern,
    job_definitions,
    releases_of,
    study_stack,
    task_definitions,
)
from wearline.core.study_tasks import ImageUnknown, stack_name

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]


def changed(study: StudyConfiguration, **parts: Any) -> StudyConfiguration:
    return StudyConfiguration.model_validate_json(json.dumps(study.model_dump(mode="json") | parts))


def data(key: str, **options: Any) -> Json:
    return {
        "kind": "data", "key": key, "format": {"type": "axivity"}, "pipelines": ["look"], **options
    }  # fmt: skip


def keys_of(pattern: Json) -> list[Any] | None:
    found: list[Any] | None = pattern["detail"].get("object", {}).get("key")
    return found


def resources(stack: Json, kind: str) -> list[Json]:
    return [each["Properties"] for each in stack["Resources"].values() if each["Type"] == kind]


# ---- the whole


@pytest.mark.parametrize("makes", [True, False])
def test_the_stack_is_a_template_that_cloudformation_takes(
    configuration: StudyConfiguration, platform: Platform, makes: bool
) -> None:
    made = bucket_ids(bucket_names(configuration)) if makes else {}
    stack = study_stack(configuration, platform, made_buckets=made, makes_log=makes)
    found = lint_all(json.dumps(stack))
    assert [str(each) for each in found if each.rule.severity != "informational"] == []


def test_the_same_configuration_makes_the_same_stack(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    again = changed(configuration)
    assert json.dumps(study_stack(again, platform)) == json.dumps(
        study_stack(configuration, platform)
    )


def test_the_longest_study_name_fits_every_name(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(configuration, platform)
    named = resources(stack, "AWS::Events::Rule") + resources(stack, "AWS::Scheduler::Schedule")
    assert max(len(each["Name"]) for each in named) <= 64
    assert len(stack_name("stage", configuration.study)) <= 128


def test_buckets_that_exist_are_left_alone_unless_asked_for(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    assert resources(study_stack(configuration, platform), "AWS::S3::Bucket") == []
    made = resources(
        study_stack(configuration, platform, made_buckets=bucket_ids(bucket_names(configuration))),
        "AWS::S3::Bucket",
    )
    assert [each["BucketName"] for each in made] == ["results", "site-uploads"]
    for each in made:
        assert each["NotificationConfiguration"] == {
            "EventBridgeConfiguration": {"EventBridgeEnabled": True}
        }


def test_results_under_a_lock_are_kept_in_governance_mode_and_uploads_are_not(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    locked = changed(configuration, results={"bucket": "results", "prefix": "b/", "lock_days": 90})
    made = resources(
        study_stack(locked, platform, made_buckets=bucket_ids(bucket_names(configuration))),
        "AWS::S3::Bucket",
    )
    by_name = {each["BucketName"]: each for each in made}
    assert by_name["results"]["ObjectLockEnabled"] is True
    rule = by_name["results"]["ObjectLockConfiguration"]["Rule"]
    assert rule["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 90}
    assert "ObjectLockEnabled" not in by_name["site-uploads"]


def test_no_role_of_a_study_may_bypass_a_lock(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    text = json.dumps(
        study_stack(configuration, platform, made_buckets=bucket_ids(bucket_names(configuration)))
    )
    assert "s3:BypassGovernanceRetention" not in text
    assert "s3:Delete" not in text


def test_a_laptop_has_no_tls_to_insist_on(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    local = replace(platform, environment="local")
    stack = study_stack(configuration, local, made_buckets=bucket_ids(bucket_names(configuration)))
    assert resources(stack, "AWS::S3::BucketPolicy") == []


def test_what_guards_or_records_data_stays_when_the_stack_goes(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    made = bucket_ids(bucket_names(configuration))
    stack = study_stack(configuration, platform, made_buckets=made)["Resources"]
    kinds = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::Logs::LogGroup")
    staying = [each for each in stack.values() if each["Type"] in kinds]
    assert len(staying) == 5
    assert {each["DeletionPolicy"] for each in staying} == {"RetainExceptOnCreate"}
    assert {each["UpdateReplacePolicy"] for each in staying} == {"Retain"}


def test_a_bucket_keeps_its_logical_id_whatever_bucket_comes_beside_it() -> None:
    first = bucket_ids(["m", "z"])
    assert first == {"Bucket1": "m", "Bucket2": "z"}
    assert bucket_ids(["a", "m", "z"], held=first) == first | {"Bucket3": "a"}
    assert bucket_ids(["a"], held={"Bucket2": "z"}) == {"Bucket1": "a", "Bucket2": "z"}


# ---- events


def test_uploads_and_deletions_reach_the_queue_with_the_name_of_the_study(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    rule = study_stack(configuration, platform)["Resources"]["DataRule"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {
            "bucket": {"name": ["site-uploads"]},
            "object": {"key": [{"wildcard": "raw/*_wrist.cwa"}]},
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == platform.data_queue_arn
    template = target["InputTransformer"]["InputTemplate"]
    event = {"detail": {"object": {"key": 'a "b" 100%25+c.csv'}}}
    message = json.loads(template.replace("<aws.events.event.json>", json.dumps(event)))
    assert message == {"study": configuration.study, "event": event}


def test_decisions_come_with_the_metadata(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    files = configuration.model_dump(mode="json")["files"]
    files["decisions"] = {"kind": "decisions", "key": "clinical/decisions_{date:%Y%m%d}.csv"}
    stack = study_stack(changed(configuration, files=files), platform)
    rule = stack["Resources"]["MetadataRule"]["Properties"]
    assert rule["Targets"][0]["Arn"] == platform.metadata_queue_arn
    assert keys_of(rule["EventPattern"]) == [
        {"wildcard": "clinical/demographics_*.csv"},
        {"wildcard": "clinical/decisions_*.csv"},
    ]


def test_a_study_without_metadata_has_no_rule_for_it(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    files = {"wrist": configuration.model_dump(mode="json")["files"]["wrist"]}
    stack = study_stack(changed(configuration, files=files), platform)
    assert "MetadataRule" not in stack["Resources"]


def test_more_patterns_than_a_rule_bears_open_it_to_the_whole_bucket(
    configuration: StudyConfiguration,
) -> None:
    study = changed(
        configuration, files={f"f{n}": data(f"raw/{n}/{{subject}}.cwa") for n in range(5)}
    )
    assert keys_of(event_pattern(study, study.data_files().values())) is None


def test_an_open_rule_still_spares_us_our_own_results(configuration: StudyConfiguration) -> None:
    study = changed(
        configuration,
        buckets=[{"name": "results"}],
        files={f"f{n}": data(f"raw/{n}/{{subject}}.cwa") for n in range(5)},
    )
    assert keys_of(event_pattern(study, study.data_files().values())) == [
        {"anything-but": {"prefix": "bio/"}}
    ]


def test_a_rule_names_the_buckets_of_its_patterns_only(configuration: StudyConfiguration) -> None:
    study = changed(
        configuration,
        buckets=[{"name": "uploads"}, {"name": "clinical"}],
        files={"wrist": data("{subject}.cwa", bucket="uploads")},
    )
    pattern = event_pattern(study, study.data_files().values())
    assert pattern["detail"]["bucket"] == {"name": ["uploads"]}


@given(st.lists(st.integers(min_value=1, max_value=900), min_size=1, max_size=4))
def test_no_pattern_is_longer_than_eventbridge_takes(lengths: list[int]) -> None:
    study = StudyConfiguration.model_validate_json(
        json.dumps(
            {
                "study": "s",
                "timezone": {"default": "UTC"},
                "buckets": [{"name": "uploads"}],
                "results": {"bucket": "results", "prefix": "bio/"},
                "files": {
                    f"f{n}": data(f"{n}/{'x' * length}/{{subject}}.cwa")
                    for n, length in enumerate(lengths)
                },
                "pipelines": {"look": {"skdh": "0.17.18", "steps": []}},
            }
        )
    )
    pattern = event_pattern(study, study.data_files().values())
    assert len(json.dumps(pattern)) <= LONGEST_PATTERN


# ---- roles


def allowed(role: Json) -> Mapping[str, Json]:
    return {each["Sid"]: each for each in role["Policies"][0]["PolicyDocument"]["Statement"]}


def test_a_task_reads_its_study_and_writes_only_attempts(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    role = study_stack(configuration, platform)["Resources"]["TaskRole"]["Properties"]
    statements = allowed(role)
    assert statements["Read"]["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::results/*"},
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::site-uploads/*"},
    ]
    assert statements["PutResults"]["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::results/bio/runs/*/attempts/*"}
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "ecs-tasks.amazonaws.com"
    }


def test_functions_list_and_read_the_study_and_write_only_plans_and_reports(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    role = study_stack(configuration, platform)["Resources"]["AccessRole"]["Properties"]
    statements = allowed(role)
    assert set(statements) == {"List", "Read", "PutPlansAndReports"}
    assert statements["PutPlansAndReports"]["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::results/bio/runs/*/plan.json"},
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::results/bio/catalog/*.json"},
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::results/bio/report.html"},
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] == {
        "ArnLike": {
            "aws:PrincipalArn": [
                {
                    "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
                    "role/wearline/stage/functions/*"
                }
            ]
        }
    }


def test_a_results_prefix_is_taken_literally_by_iam(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    study = changed(configuration, results={"bucket": "results", "prefix": "a*b?${c}/"})
    role = study_stack(study, platform)["Resources"]["TaskRole"]["Properties"]
    (resource,) = allowed(role)["PutResults"]["Resource"]
    # Fn::Sub turns ${! into ${, and IAM reads ${*} as a star.
    assert resource["Fn::Sub"].replace("${!", "${").endswith("a${*}b${?}${$}{c}/runs/*/attempts/*")


# ---- tasks


def test_each_release_that_is_used_has_one_task_definition(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    study = changed(
        configuration,
        pipelines={
            "look": {"skdh": "0.17.18", "steps": []},
            "again": {"skdh": "0.17.18", "steps": []},
            "own": {"skdh": "0.17.18", "release": "own-2", "steps": []},
        },
    )
    assert releases_of(study) == ("own-2", "skdh-0.17.18")
    images = {"own-2": "own:own-2", "skdh-0.17.18": "processor:skdh-0.17.18"}
    stack = study_stack(study, replace(platform, images=images))
    images_used = [
        each["ContainerDefinitions"][0]["Image"]
        for each in resources(stack, "AWS::ECS::TaskDefinition")
    ]
    assert images_used == ["own:own-2", "processor:skdh-0.17.18"]
    told = stack["Outputs"]["TaskDefinitions"]["Value"]["Fn::Sub"]
    assert task_definitions({"TaskDefinitions": told}) == {
        "own-2": "${TaskDefinition1}",
        "skdh-0.17.18": "${TaskDefinition2}",
    }


def test_a_release_without_an_image_is_refused_with_those_that_have_one(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    with pytest.raises(ImageUnknown, match=r"skdh-0\.17\.18 \(it has: other\)") as refused:
        study_stack(configuration, replace(platform, images={"other": "image"}))
    assert (refused.value.release, refused.value.known) == ("skdh-0.17.18", ("other",))


def test_the_container_runs_as_the_one_user_of_the_image_that_may_become_its_worker(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    dockerfile = (ROOT / "processor_image" / "Dockerfile").read_text()
    (user,) = re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE)
    stack = study_stack(configuration, platform)
    (definition,) = resources(stack, "AWS::ECS::TaskDefinition")
    assert definition["ContainerDefinitions"][0]["User"] == user
    assert f"groupadd --gid {user.partition(':')[2]} supervisor" in dockerfile


def test_the_container_is_nobody_and_writes_only_to_its_scratch_volume(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(configuration, platform)
    (definition,) = resources(stack, "AWS::ECS::TaskDefinition")
    (container,) = definition["ContainerDefinitions"]
    assert not container["User"].startswith(("0:", "root"))
    assert container["ReadonlyRootFilesystem"] is True
    assert [each["ContainerPath"] for each in container["MountPoints"]] == ["/tmp"]  # noqa: S108
    assert definition["Volumes"] == [{"Name": "scratch"}]
    assert container["Command"] == ["python", "-m", "wearline_processor.supervisor"]


def test_a_pinned_image_tells_its_digest_to_the_run(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    (pinned,) = resources(study_stack(configuration, platform), "AWS::ECS::TaskDefinition")
    assert pinned["ContainerDefinitions"][0]["Environment"] == [
        {"Name": "WEARLINE_IMAGE_DIGEST", "Value": "sha256:" + "a" * 64}
    ]
    tagged = replace(platform, images={"skdh-0.17.18": "processor:skdh-0.17.18"})
    (loose,) = resources(study_stack(configuration, tagged), "AWS::ECS::TaskDefinition")
    assert loose["ContainerDefinitions"][0]["Environment"] == []


def test_logs_of_tasks_are_kept_as_long_as_the_environment_says(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    (group,) = resources(study_stack(configuration, platform), "AWS::Logs::LogGroup")
    assert group["LogGroupName"] == f"/wearline/stage/study/{configuration.study}"
    assert group["RetentionInDays"] == 90


# ---- the sweep


def test_the_catalog_starts_as_often_as_the_study_says(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    study = changed(configuration, catalog={"rate": "6 hours"})
    (schedule,) = resources(study_stack(study, platform), "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(6 hours)"
    assert json.loads(schedule["Target"]["Input"]) == {"study": study.study}
    assert schedule["Target"]["Arn"] == platform.catalog_machine_arn


def test_a_platform_is_read_from_its_stacks_outputs(platform: Platform) -> None:
    outputs = {
        "DataQueueArn": platform.data_queue_arn,
        "MetadataQueueArn": platform.metadata_queue_arn,
        "RuleDeadLettersArn": platform.rule_dead_letters_arn,
        "CatalogMachineArn": platform.catalog_machine_arn,
        "SchedulerRoleArn": platform.scheduler_role_arn,
        "ExecutionRoleArn": platform.execution_role_arn,
        "LogDays": "90",
        "HasBacklog": "true",
    }
    assert Platform.of("stage", outputs, platform.images) == platform


# ---- jobs


def test_an_environment_without_batch_has_no_jobs(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(configuration, replace(platform, has_backlog=False))
    assert resources(stack, "AWS::Batch::JobDefinition") == []
    assert job_definitions({"TaskDefinitions": "{}"}) == {}


def test_a_job_is_the_task_in_all_that_could_change_a_result_or_its_rights(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(configuration, platform)
    (definition,) = resources(stack, "AWS::ECS::TaskDefinition")
    (container,) = definition["ContainerDefinitions"]
    jobs = resources(stack, "AWS::Batch::JobDefinition")
    assert len(jobs) == len(JOB_STORAGE_GIB)
    for job in (each["ContainerProperties"] for each in jobs):
        for same in ("Image", "Command", "Environment", "User", "ReadonlyRootFilesystem",
                     "MountPoints", "LogConfiguration"):  # fmt: skip
            assert job[same] == container[same]
        assert job["JobRoleArn"] == definition["TaskRoleArn"]
        assert job["ExecutionRoleArn"] == definition["ExecutionRoleArn"]
        assert job["RuntimePlatform"] == definition["RuntimePlatform"]
        assert job["NetworkConfiguration"] == {"AssignPublicIp": "DISABLED"}


def test_jobs_differ_in_the_one_size_that_a_submission_cannot_override(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(configuration, platform)
    told = job_definitions(
        {"JobDefinitions": stack["Outputs"]["JobDefinitions"]["Value"]["Fn::Sub"]}
    )
    sizes = {
        storage: stack["Resources"][name.strip("${}")]["Properties"]["ContainerProperties"]
        for storage, name in told["skdh-0.17.18"].items()
    }
    assert {storage: each["EphemeralStorage"]["SizeInGiB"] for storage, each in sizes.items()} == {
        str(each): each for each in JOB_STORAGE_GIB
    }


def test_batch_repeats_no_job_by_itself(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    """A second container under one attempt would write over the first one's results."""
    for job in resources(study_stack(configuration, platform), "AWS::Batch::JobDefinition"):
        assert job["RetryStrategy"] == {"Attempts": 1}


# ---- keys

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a"


def test_buckets_that_the_stack_makes_have_the_environments_key(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    stack = study_stack(
        configuration,
        replace(platform, key_arn=KEY),
        made_buckets=bucket_ids(bucket_names(configuration)),
    )
    for bucket in resources(stack, "AWS::S3::Bucket"):
        assert KEY in str(bucket["BucketEncryption"])
    (group,) = resources(stack, "AWS::Logs::LogGroup")
    assert group["KmsKeyId"] == KEY


def test_a_customers_key_of_a_bucket_is_used_through_s3_and_for_results_also_to_encrypt(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    uploads, results = f"{KEY}b", f"{KEY}c"
    stack = study_stack(
        configuration, platform, bucket_keys={"site-uploads": uploads, "results": results}
    )
    for name in ("TaskRole", "AccessRole"):
        statements = allowed(stack["Resources"][name]["Properties"])
        assert statements["DecryptObjects"]["Resource"] == [uploads, results]
        assert statements["EncryptResults"]["Resource"] == [results]
        for sid in ("DecryptObjects", "EncryptResults"):
            assert "s3." in str(statements[sid]["Condition"])


def test_buckets_without_a_key_of_their_own_need_no_right_to_one(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    for name in ("TaskRole", "AccessRole"):
        role = study_stack(configuration, platform)["Resources"][name]["Properties"]
        assert "kms:" not in json.dumps(role)
