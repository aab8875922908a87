"""Rules of our own, held over every template and over the stack of a study."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration
from wearline.core.study_stack import study_stack

from .conftest import ROOT, Resource, Templates

Json = dict[str, Any]
TextOf = Callable[[Any], str]
FUNCTION = "AWS::Serverless::Function"
NO_VALUE = {"Ref": "AWS::NoValue"}
# What must get through when the first key cannot be used.
UNDELIVERED = ("RuleDeadLetters", "WakeDeadLetters")
ENDPOINTS = ("S3", "DynamoDb", "EcrApi", "EcrDocker", "Logs")


def with_key(then: Any, otherwise: Any) -> Json:
    """What a property is where the environment has keys of its own, and where not."""
    return {"Fn::If": ["HasKey", then, otherwise]}


def slug(name: str) -> str:
    """`DataArrived` as it stands in names: `data-arrived`."""
    return re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()


# ---- templates


def test_no_template_is_longer_than_300_lines(template_files: list[Path]) -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in template_files}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_nested_templates_need_no_transform(templates: Templates) -> None:
    """The embedded AWS expands macros in the root template only."""
    nested = [name for name in templates.documents if name != "template"]
    assert [name for name in nested if "Transform" in templates[name]] == []


def test_all_that_differs_between_environments_stands_in_one_table(templates: Templates) -> None:
    root = templates["template"]
    settings = root["Mappings"]["Settings"]
    assert set(settings) == set(root["Parameters"]["Environment"]["AllowedValues"])
    assert len({frozenset(each) for each in settings.values()}) == 1
    for name, document in templates.documents.items():
        conditions = str(document.get("Conditions", {}))
        assert not re.search(r"\b(dev|stage|prod)\b", conditions), name


def test_each_environment_has_its_settings_for_the_sam_cli(templates: Templates) -> None:
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for environment in templates["template"]["Mappings"]["Settings"]:
        deploy = configured[environment]["deploy"]["parameters"]
        assert deploy["stack_name"] == f"wearline-{environment}"
        assert deploy["parameter_overrides"] == f"Environment={environment}"


# ---- queues and events


def queues(templates: Templates) -> list[Resource]:
    return templates.resources("AWS::SQS::Queue")


def test_a_queue_has_a_dead_letter_queue(templates: Templates) -> None:
    for each in queues(templates):
        if not each.name.endswith("DeadLetters"):
            redrive = each.properties["RedrivePolicy"]
            assert redrive["deadLetterTargetArn"] == {
                "Fn::GetAtt": [f"{each.name}DeadLetters", "Arn"]
            }
            assert redrive["maxReceiveCount"] == 5


def test_dead_letters_are_kept_for_14_days_and_raise_an_alarm(templates: Templates) -> None:
    alarmed = {
        dimension["Value"]["Fn::Sub"]
        for alarm in templates.resources("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", [])
        if alarm.properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    parked = [each.properties for each in queues(templates) if each.name.endswith("DeadLetters")]
    assert {each["QueueName"]["Fn::Sub"] for each in parked} == alarmed
    assert {each["MessageRetentionPeriod"] for each in parked} == {14 * 24 * 3600}


def test_queues_are_encrypted_and_refuse_plain_http(templates: Templates) -> None:
    for each in queues(templates):
        own = "FallbackKeyArn" if each.name in UNDELIVERED else "KeyArn"
        assert each.properties["KmsMasterKeyId"] == with_key({"Ref": own}, NO_VALUE)
        assert each.properties["SqsManagedSseEnabled"] == with_key(NO_VALUE, True)
    policies = templates.resources("AWS::SQS::QueuePolicy")
    guarded = [queue["Ref"] for policy in policies for queue in policy.properties["Queues"]]
    assert sorted(guarded) == sorted(each.name for each in queues(templates))
    for policy in policies:
        assert "aws:SecureTransport" in str(policy.properties["PolicyDocument"])


def test_an_event_target_has_a_dead_letter_queue(templates: Templates) -> None:
    rules = templates.resources("AWS::Events::Rule")
    assert len(rules) == 3
    targets = [target for rule in rules for target in rule.properties["Targets"]]
    targets += [
        each.properties["Target"] for each in templates.resources("AWS::Scheduler::Schedule")
    ]
    assert all("DeadLetterConfig" in target for target in targets)


def test_the_queues_let_every_rule_in_and_no_other_environment(
    templates: Templates, text_of: TextOf
) -> None:
    policy = templates.named("queues", "RuleTargetPolicy").properties["PolicyDocument"]
    allowed = policy["Statement"][0]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    pattern = text_of(allowed["Condition"]["ArnLike"]["aws:SourceArn"])
    for rule in templates.resources("AWS::Events::Rule"):
        name = text_of(rule.properties["Name"])
        assert fnmatchcase(f"arn:aws:events:eu-west-1:123456789012:rule/{name}", pattern)
    assert not fnmatchcase(
        "arn:aws:events:eu-west-1:123456789012:rule/wearline-prod-gait-data", pattern
    )


def mappings(templates: Templates, kind: str) -> Iterator[tuple[Resource, Json]]:
    for function in templates.resources(FUNCTION):
        for event in function.properties.get("Events", {}).values():
            if event["Type"] == kind:
                yield function, event["Properties"]


def test_a_function_on_a_queue_reports_what_failed(templates: Templates) -> None:
    found = [*mappings(templates, "SQS"), *mappings(templates, "DynamoDB")]
    assert len(found) == 7
    for _, mapping in found:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(
    templates: Templates,
) -> None:
    usual = templates["template"]["Globals"]["Function"]["Timeout"]
    for function, mapping in mappings(templates, "SQS"):
        _, output = mapping["Queue"]["Fn::GetAtt"]
        queue = templates.named("queues", output.removeprefix("Outputs.").removesuffix("Arn"))
        limit = function.properties.get("Timeout", usual)
        assert queue.properties["VisibilityTimeout"] >= 6 * limit, str(queue)


def test_a_stream_never_stands_still_behind_a_poison_record(templates: Templates) -> None:
    found = list(mappings(templates, "DynamoDB"))
    assert found
    for _, mapping in found:
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] == 5
        assert mapping["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_every_way_of_dying_reaches_record_run(templates: Templates) -> None:
    rule = templates.named("queues", "DiedExecutionsRule").properties
    detail = rule["EventPattern"]["detail"]
    assert detail["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    (machine,) = detail["stateMachineArn"]
    name = templates.named("template", "Processing").properties["StateMachineName"]["Fn::Sub"]
    assert machine["Fn::Sub"].endswith(f":stateMachine:{name}")
    assert [function.name for function, mapping in mappings(templates, "SQS")
            if "DiedExecutions" in str(mapping)] == ["RecordRun"]  # fmt: skip


# ---- functions


def test_a_function_is_named_for_its_folder_and_is_packaged_as_it_is(templates: Templates) -> None:
    for each in templates.resources(FUNCTION):
        assert each.properties["CodeUri"] == f"functions/{slug(each.name).replace('-', '_')}"
        assert each.whole["Metadata"] == {"SkipBuild": True}
        assert (ROOT / each.properties["CodeUri"] / "app.py").is_file()


def test_a_function_has_a_role_of_its_own_and_a_log_group_with_retention(
    templates: Templates,
) -> None:
    roles = {each.name for each in templates.resources("AWS::IAM::Role")}
    groups = {
        each.properties["LogGroupName"]["Fn::Sub"]: each.properties["RetentionInDays"]
        for each in templates.resources("AWS::Logs::LogGroup")
        if each.template == "logs"
    }
    for each in templates.resources(FUNCTION):
        name = f"wearline-${{Environment}}-{slug(each.name)}"
        assert each.properties["FunctionName"] == {"Fn::Sub": name}
        assert each.properties["Role"] == {"Fn::GetAtt": ["Roles", f"Outputs.{each.name}Arn"]}
        assert each.name in roles
        assert groups[f"/aws/lambda/{name}"]
    assert "logs:CreateLogGroup" not in actions(templates)


def test_a_function_is_given_every_name_that_the_library_asks_for(templates: Templates) -> None:
    asked = set()
    for path in (ROOT / "layers/wearline/wearline/aws").glob("*.py"):
        asked |= set(
            re.findall(r'"([A-Z_]+(?:_TABLE|_URL|_ARN|_BUCKET|SUBNETS|_GROUPS))"', path.read_text())
        )
    usual = templates["template"]["Globals"]["Function"]["Environment"]["Variables"]
    given = set(usual).union(
        *(
            each.properties.get("Environment", {}).get("Variables", {})
            for each in templates.resources(FUNCTION)
        )
    )
    assert asked <= given


# ---- permissions


def statements(templates: Templates) -> Iterator[tuple[Resource, Json]]:
    """Every statement of a policy that allows something."""
    for each in templates.resources():
        documents = [
            each.properties[key]
            for key in ("PolicyDocument", "KeyPolicy")
            if key in each.properties
        ]
        documents += [inline["PolicyDocument"] for inline in each.properties.get("Policies", [])]
        for document in documents:
            for found in document["Statement"]:
                statement = found["Fn::If"][1] if "Fn::If" in found else found
                if statement["Effect"] == "Allow":
                    yield each, statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(templates: Templates) -> set[str]:
    return {each for _, statement in statements(templates) for each in listed(statement["Action"])}


def test_a_star_for_a_resource_has_a_reason(templates: Templates) -> None:
    starred = {
        str(each): each.whole.get("Metadata", {}).get("Reason")
        for each, statement in statements(templates)
        if "*" in listed(statement["Resource"])
    }
    assert starred
    assert [where for where, reason in starred.items() if not reason] == []


def test_no_action_is_a_wildcard_but_for_a_keys_owner_and_endpoints(
    templates: Templates,
) -> None:
    wide = {
        (str(each), action)
        for each, statement in statements(templates)
        for action in listed(statement["Action"])
        if "*" in action
    }
    assert wide == {
        ("keys: Key", "kms:*"),
        ("keys: FallbackKey", "kms:*"),
        *((f"network: {name}Endpoint", "*") for name in ENDPOINTS),
    }


def test_the_machine_runs_tasks_and_passes_roles_of_its_environments_studies_only(
    templates: Templates, text_of: TextOf
) -> None:
    role = templates.named("machine-roles", "Processing")
    by_sid = {
        each["Sid"]: each for each in role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    }
    definition = templates.named("study", "TaskDefinition1").properties
    family = f"arn:aws:ecs:eu-west-1:123456789012:task-definition/{definition['Family']}:3"
    assert fnmatchcase(family, text_of(by_sid["RunTasksOfStudies"]["Resource"]))
    assert not fnmatchcase(
        family.replace("stage", "prod"), text_of(by_sid["RunTasksOfStudies"]["Resource"])
    )
    passed = by_sid["PassRolesOfStudies"]
    assert passed["Condition"] == {
        "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    }
    path = templates.named("study", "TaskRole").properties["Path"]
    assert fnmatchcase(f"arn:aws:iam::123456789012:role{path}name", text_of(passed["Resource"][1]))


def test_functions_may_assume_access_roles_of_their_environments_studies_only(
    templates: Templates, text_of: TextOf
) -> None:
    study = templates.named("function-policies", "Study").properties["PolicyDocument"]["Statement"]
    pattern = next(
        text_of(each["Resource"]) for each in study if each["Action"] == "sts:AssumeRole"
    )
    path = templates.named("study", "AccessRole").properties["Path"]
    assert fnmatchcase(f"arn:aws:iam::123456789012:role{path}name", pattern)
    assert not fnmatchcase(
        f"arn:aws:iam::123456789012:role{path}name".replace("stage", "prod"), pattern
    )
    assert not fnmatchcase("arn:aws:iam::123456789012:role/wearline/stage/study-task/name", pattern)


def test_every_role_can_be_bounded(
    templates: Templates, configuration: StudyConfiguration, platform: Platform
) -> None:
    for each in templates.resources("AWS::IAM::Role"):
        if each.template != "study":
            assert "PermissionsBoundary" in each.properties, str(each)


# ---- what holds data, and the way out


def test_tables_are_restorable_encrypted_and_outlive_their_stack(templates: Templates) -> None:
    tables = templates.resources("AWS::DynamoDB::Table")
    assert len(tables) == 6
    for each in tables:
        assert each.properties["BillingMode"] == "PAY_PER_REQUEST"
        own = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "KeyArn"}}
        assert each.properties["SSESpecification"] == with_key(own, {"SSEEnabled": True})
        assert each.properties["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True
        }
        assert each.properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert each.whole["DeletionPolicy"] == "RetainExceptOnCreate"
        assert each.whole["UpdateReplacePolicy"] == "Retain"


def test_the_ledger_may_be_deleted_on_a_laptop_and_in_dev_only(templates: Templates) -> None:
    settings = templates["template"]["Mappings"]["Settings"]
    unprotected = {name for name, each in settings.items() if each["DeletionProtection"] == "false"}
    assert unprotected == {"local", "dev"}


def test_buckets_are_versioned_encrypted_private_and_kept(templates: Templates) -> None:
    buckets = templates.resources("AWS::S3::Bucket")
    guarded = {
        (each.template, each.properties["Bucket"]["Ref"])
        for each in templates.resources("AWS::S3::BucketPolicy")
    }
    for each in buckets:
        assert each.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert each.properties["BucketEncryption"]
        assert set(each.properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert each.whole["DeletionPolicy"] == "RetainExceptOnCreate"
        assert (each.template, each.name) in guarded


def test_nothing_leads_out_of_the_network(templates: Templates) -> None:
    types = {each.type for each in templates.resources()}
    assert not types & {
        "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route",
        "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::EIP",
    }  # fmt: skip


def test_endpoints_serve_this_account_alone(templates: Templates) -> None:
    endpoints = templates.resources("AWS::EC2::VPCEndpoint")
    assert {each.name.removesuffix("Endpoint") for each in endpoints} == set(ENDPOINTS)
    for each in endpoints:
        first = each.properties["PolicyDocument"]["Statement"][0]
        (condition,) = first["Condition"]["StringEquals"]
        assert condition in ("aws:PrincipalAccount", "aws:ResourceAccount")


def test_buckets_of_other_accounts_are_reached_only_where_they_are_named(
    templates: Templates,
) -> None:
    endpoint = templates.named("network", "S3Endpoint").properties["PolicyDocument"]
    condition, elsewhere, nothing = endpoint["Statement"][1]["Fn::If"]
    assert (condition, nothing) == ("BucketsElsewhere", NO_VALUE)
    assert elsewhere["Condition"]["StringEquals"] == {
        "aws:ResourceAccount": {"Ref": "OtherAccounts"},
        "aws:PrincipalAccount": {"Ref": "AWS::AccountId"},
    }


# ---- keys


def test_every_environment_but_a_laptop_has_keys_of_its_own(templates: Templates) -> None:
    settings = templates["template"]["Mappings"]["Settings"]
    assert {name for name, each in settings.items() if each["Encryption"] == "aws"} == {"local"}
    for each in templates.resources("AWS::KMS::Key"):
        assert each.properties["EnableKeyRotation"] is True
        assert each.whole["DeletionPolicy"] == "RetainExceptOnCreate"


def test_whatever_is_kept_or_carried_is_encrypted_with_the_environments_key(
    templates: Templates,
) -> None:
    """Queues and tables have tests of their own above."""
    for each in templates.resources("AWS::Logs::LogGroup"):
        if each.template != "study":
            assert each.properties["KmsKeyId"] == with_key({"Ref": "KeyArn"}, NO_VALUE), str(each)
    for each in templates.resources("AWS::StepFunctions::StateMachine"):
        condition, encrypted, _ = each.properties["EncryptionConfiguration"]["Fn::If"]
        assert (condition, encrypted["Type"]) == ("HasKeys", "CUSTOMER_MANAGED_KMS_KEY")
    bucket = templates.named("ledger", "Configuration").properties["BucketEncryption"]
    assert "aws:kms" in str(bucket)
    images = templates.named("compute", "ProcessorImages").properties["EncryptionConfiguration"]
    assert "KMS" in str(images)


SERVICES = {
    "Key": {
        "EventsToQueues": "events.amazonaws.com",
        "LogGroups": "logs.${AWS::Region}.amazonaws.com",
        "LogsOfMachines": "delivery.logs.amazonaws.com",
    },
    "FallbackKey": {
        "EventsToQueues": "events.amazonaws.com",
        "AlarmsToTheirTopic": "cloudwatch.amazonaws.com",
    },
}


def test_a_key_serves_the_services_that_act_in_their_own_name_and_no_other(
    templates: Templates,
) -> None:
    for key, services in SERVICES.items():
        statements = templates.named("keys", key).properties["KeyPolicy"]["Statement"]
        found = {each["Sid"]: each["Principal"].get("Service") for each in statements}
        assert found.pop("ByTheirOwnPolicies") is None
        named = {
            sid: who["Fn::Sub"] if isinstance(who, dict) else who for sid, who in found.items()
        }
        assert named == services


def test_undelivered_events_and_alarms_do_not_hang_on_the_first_key(templates: Templates) -> None:
    topic = templates.named("alarms", "Topic").properties
    assert topic["KmsMasterKeyId"] == with_key({"Ref": "FallbackKeyArn"}, NO_VALUE)


def test_what_executions_hold_goes_to_no_log(templates: Templates) -> None:
    for each in templates.resources("AWS::StepFunctions::StateMachine"):
        assert each.properties["LoggingConfiguration"]["IncludeExecutionData"] is False


# ---- alarms


def test_an_alarm_says_when_it_begins_and_when_it_ends(templates: Templates) -> None:
    for each in templates.resources("AWS::CloudWatch::Alarm"):
        assert each.properties["AlarmActions"] == each.properties["OKActions"], str(each)
        assert len(each.properties["AlarmActions"]) == 1


def test_silence_is_an_alarm_only_where_it_is_bad(templates: Templates) -> None:
    breaching = {
        each.name
        for each in templates.resources("AWS::CloudWatch::Alarm")
        if each.properties["TreatMissingData"] == "breaching"
    }
    assert breaching == {"NoSweep"}


def test_the_stack_of_a_study_can_be_bounded_too(
    configuration: StudyConfiguration, platform: Platform
) -> None:
    bounded = study_stack(configuration, replace(platform, permissions_boundary="arn:boundary"))
    for name in ("TaskRole", "AccessRole"):
        properties = bounded["Resources"][name]["Properties"]
        assert properties["PermissionsBoundary"] == "arn:boundary"


def test_the_boundary_of_studies_allows_what_their_roles_do_and_no_more(
    templates: Templates,
) -> None:
    policy = templates.named("function-policies", "StudyBoundary").properties["PolicyDocument"]
    allowed = {
        action
        for each in policy["Statement"]
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
    }
    used = {
        action
        for each, statement in statements(templates)
        if each.template == "study" and each.type == "AWS::IAM::Role"
        for action in listed(statement["Action"])
    }
    assert used - {"sts:AssumeRole"} <= allowed
    assert {action.partition(":")[0] for action in allowed} == {"s3", "kms"}
    assert not any(word in action for action in allowed for word in ("Delete", "Acl", "Policy"))


def test_environments_differ_in_the_settings_alone() -> None:
    """But for `local`, which has no TLS, no template and no module asks which one it is."""
    sources = [ROOT / "template.yaml", *(ROOT / "infra").glob("*.yaml")]
    sources += (ROOT / "statemachines").glob("*.yaml")
    asked = re.compile(r"!Equals \[!Ref Environment, (\w+)\]")
    for source in sources:
        assert set(asked.findall(source.read_text())) <= {"local"}, source.name
    for source in (ROOT / "layers" / "wearline" / "wearline").rglob("*.py"):
        assert not re.search(r"[=!]= \"(dev|stage|prod)\"", source.read_text()), source.name
