"""Puts another function in the place of one that an SKDH module calls, while a step runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Substitute:
    """`module` calls `name`; substituted, it calls `function`, which gives the same numbers."""

    module: str
    name: str
    function: Callable[..., Any]


@contextmanager
def substituted(*substitutes: Substitute) -> Iterator[None]:
    """SKDH calls the substitutes inside the block. Raises AttributeError for a name it has not."""
    before = [getattr(import_module(each.module), each.name) for each in substitutes]
    try:
        for each in substitutes:
            setattr(import_module(each.module), each.name, each.function)
        yield
    finally:
        for each, original in zip(substitutes, before, strict=True):
            setattr(import_module(each.module), each.name, original)
