"""Functions fail, wait and see their layers and roles as on Lambda.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .conftest import Account, Json, zipped

COUNTING = """
import os
calls = 0
class Refused(Exception): pass
def handler(event, context):
    global calls
    calls += 1
    if event.get("fail"): raise Refused("not this one")
    return {"calls": calls, "pid": os.getpid()}
"""


def test_exception_is_named_and_the_environment_survives_it(account: Account) -> None:
    name = account.function(COUNTING)
    first = _invoke(account, name, {})
    failed = _invoke(account, name, {"fail": True})
    third = _invoke(account, name, {})
    assert (failed["errorType"], failed["errorMessage"]) == ("Refused", "not this one")
    assert third == {"calls": 3, "pid": first["pid"]}


def test_exception_is_the_error_of_the_state(account: Account) -> None:
    name = account.function(COUNTING)
    ended = account.run(account.machine(_invoking(name)), {"fail": True})
    assert (ended["status"], ended["error"]) == ("FAILED", "Refused")
    assert json.loads(ended["cause"])["errorMessage"] == "not this one"


def test_crowd_waits_for_a_bounded_number_of_environments(account: Account) -> None:
    name = account.function(f"import time\n{COUNTING}".replace("calls += 1", "time.sleep(0.2)"))
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda _: _invoke(account, name, {}), range(12)))
    assert len({answer["pid"] for answer in answers}) <= 2


def test_layer_is_on_the_path_of_the_function(account: Account) -> None:
    layer = account.client("lambda").publish_layer_version(
        LayerName="words", Content={"ZipFile": zipped({"python/words.py": "WORD = 'layered'"})}
    )
    source = "import words, sys\ndef handler(event, context): return [words.WORD, sys.path]"
    name = account.function(source, layers=(layer["LayerVersionArn"],))
    word, path = _invoke(account, name, {})
    assert word == "layered"
    assert not [entry for entry in path if entry.endswith("/local")]


def test_function_may_only_what_its_role_and_an_assumed_role_allow(account: Account) -> None:
    bucket, reader = account.bucket(), account.role("s3:ListBucket")
    source = f"""
import boto3
def handler(event, context):
    try:
        boto3.client("s3").list_objects_v2(Bucket={bucket!r})
    except Exception as denied:
        own = type(denied).__name__
    sts = boto3.client("sts")
    session = sts.assume_role(RoleArn={reader!r}, RoleSessionName="list")["Credentials"]
    assumed = boto3.client(
        "s3",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    listed = assumed.list_objects_v2(Bucket={bucket!r})["KeyCount"]
    try:
        assumed.put_object(Bucket={bucket!r}, Key="k", Body=b"")
    except Exception as denied:
        return [own, listed, type(denied).__name__]
"""
    name = account.function(source, "sts:AssumeRole")
    assert _invoke(account, name, {}) == ["AccessDenied", 0, "AccessDenied"]


def _invoke(account: Account, name: str, event: Json) -> Any:
    answer = account.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def _invoking(name: str) -> Json:
    arguments = {"FunctionName": name, "Payload": "{% $states.input %}"}
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": arguments,
        "End": True,
    }
    return {"StartAt": "Invoke", "States": {"Invoke": invoke}}


def test_batch_of_messages_needs_the_permission_for_one(account: Account) -> None:
    url, _ = account.queue()
    source = f"""
import boto3
def handler(event, context):
    entries = [{{"Id": "1", "MessageBody": '"sent"'}}]
    return boto3.client("sqs").send_message_batch(QueueUrl={url!r}, Entries=entries)["Successful"]
"""
    _invoke(account, account.function(source, "sqs:SendMessage"), {})
    assert account.received(url) == ["sent"]
    refused = _invoke(account, account.function(source, "sqs:ReceiveMessage"), {})
    assert refused["errorType"] == "ClientError"
