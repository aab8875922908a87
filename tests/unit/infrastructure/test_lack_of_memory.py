"""A worker that met its memory limit says nothing of the recording: it gets more, then fails."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.catalog.quiet_world import QuietWorld

from wearline.core.attempts import MOST_TRIES, TaskEnd
from wearline.flow.processing import Order, prepare_run, record_run

KEY = "raw/S1/V1.cwa"


@pytest.fixture
def order() -> tuple[QuietWorld, Order]:
    world = QuietWorld()
    world.upload(KEY, b"a recording", told=True)
    world.machine.scheduler = cast("Any", SimpleNamespace(misfortune=lambda: True))
    (execution,) = world.machine.running
    return world, execution.ordered


def told(world: QuietWorld, order: Order) -> tuple[int, str]:
    """Sizes above the first that a try was given, and the run's state after it."""
    prepared = prepare_run(world.world, world.study, order)
    assert prepared is not None
    world.machine._process(order)
    end = TaskEnd(exit_code=0)
    return prepared.out_of_memory, record_run(world.world, world.study, order, end).state


def test_each_try_that_met_its_limit_is_followed_by_one_with_more(
    order: tuple[QuietWorld, Order],
) -> None:
    world, first = order
    tries = [replace(first, try_number=number) for number in range(1, MOST_TRIES)]
    assert [told(world, each) for each in tries] == [(0, "again"), (1, "again"), (2, "again")]


def test_the_last_try_that_met_its_limit_fails_the_run_with_its_record(
    order: tuple[QuietWorld, Order],
) -> None:
    world, first = order
    for number in range(1, MOST_TRIES):
        told(world, replace(first, try_number=number))
    last = replace(first, try_number=MOST_TRIES)
    assert told(world, last) == (MOST_TRIES - 1, "failed")
    run = world.ledger.run(first.run_id)
    assert run is not None
    assert run.reason is not None
    assert (run.reason.code, run.result) == ("memory_limit", last.name)


def test_a_try_knows_what_the_header_of_its_recording_says() -> None:
    world = QuietWorld()
    block = b"AX\xfc\x01" + bytes(20) + bytes([0x4A, 0x32, 0, 0, 80, 0]) + bytes(482)
    world.upload(KEY, b"MD\xfc\x03" + bytes(1020) + block * 10, told=True)
    (execution,) = world.machine.running
    prepared = prepare_run(world.world, world.study, execution.ordered)
    assert prepared is not None
    assert prepared.header is not None
    assert (prepared.header.device, prepared.header.samples) == ("AX3", 800)


def test_a_file_of_no_device_is_judged_by_its_size(order: tuple[QuietWorld, Order]) -> None:
    world, first = order
    prepared = prepare_run(world.world, world.study, first)
    assert prepared is not None
    assert prepared.header is None
    assert prepared.rows is None


def test_a_try_knows_how_many_rows_a_table_has() -> None:
    world = QuietWorld()
    world.upload(KEY, b"x,y,z\n" + b"0.01,-0.99,0.03\n" * 5000, told=True)
    (execution,) = world.machine.running
    order = execution.ordered
    bucket = world.study.configuration.results.bucket
    key = f"{world.study.run_prefix(order.run_id)}plan.json"
    plan = json.loads(world.store.get(world.study.row, bucket, key) or b"")
    plan["identity"]["format"] = {"type": "csv"}
    world.store.upload(bucket, key, json.dumps(plan).encode())
    prepared = prepare_run(world.world, world.study, order)
    assert prepared is not None
    assert prepared.rows == 5001
