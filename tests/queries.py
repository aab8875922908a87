"""Questions to Athena, as a client asks them: start, wait, and take the pages of the answer."""

from __future__ import annotations

import time
from typing import Any


class Refused(Exception):
    """The query failed; why."""


def answers(athena: Any, query: str, place: str) -> list[list[str | None]]:
    """The rows of the answer, each value as Athena tells it: a text, or None. Raises Refused."""
    asked = athena.start_query_execution(
        QueryString=query, ResultConfiguration={"OutputLocation": place}
    )["QueryExecutionId"]
    deadline = time.monotonic() + 60
    while (status := _status(athena, asked))["State"] in ("QUEUED", "RUNNING"):
        if time.monotonic() > deadline:
            raise TimeoutError(query)
        time.sleep(0.1)
    if status["State"] != "SUCCEEDED":
        raise Refused(status["StateChangeReason"])
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=asked)
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    # The first row holds the columns' names.
    return [[each.get("VarCharValue") for each in row] for row in rows[1:]]


def _status(athena: Any, asked: str) -> Any:
    return athena.get_query_execution(QueryExecutionId=asked)["QueryExecution"]["Status"]
