"""What AWS refused, or what kept a call from it: one sentence, and what to do."""

from __future__ import annotations

import os

from botocore import exceptions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoRegionError,
    ProfileNotFound,
)

Refusal = BotoCoreError | ClientError

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_LATER = {
    "Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown",
    "ServiceUnavailable", "InternalError", "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
}  # fmt: skip


def sentence(refusal: Refusal) -> str:
    """What happened, to which call, and what to do."""
    return f"{_what(refusal)} {next_step(refusal)}"


def next_step(refusal: Refusal) -> str:
    """What a person does about it."""
    if isinstance(refusal, NoRegionError):
        return "Set AWS_REGION, or region in the AWS profile."
    if isinstance(refusal, ProfileNotFound):
        return "Set AWS_PROFILE to one that aws configure list-profiles names, or unset it."
    if isinstance(refusal, (exceptions.ConnectionError, HTTPClientError)):
        return _reach()
    if isinstance(refusal, ClientError) and _code(refusal) in _LATER:
        return "Run the command again in a minute."
    if isinstance(refusal, ClientError) and _code(refusal) in _EXPIRED:
        return "Run aws sso login, or set new credentials."
    return "Set AWS_PROFILE to who may, or run aws sso login, and run the command again."


def _reach() -> str:
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        return (
            f"AWS_ENDPOINT_URL is {endpoint}: start what answers there (make up starts the"
            " embedded AWS), or unset it."
        )
    return "Look at the network, proxy and region, and run the command again."


def _what(refusal: Refusal) -> str:
    if isinstance(refusal, NoRegionError):
        return "No AWS region is chosen."
    if isinstance(refusal, ClientError):
        said = refusal.response["Error"].get("Message", "no reason given").rstrip(".")
        return f"AWS refused {refusal.operation_name} ({_code(refusal)}: {said})."
    return f"AWS could not be asked ({str(refusal).rstrip('.')})."


def _code(refusal: ClientError) -> str:
    return refusal.response["Error"].get("Code", "no code")
