"""What all models of the study configuration share."""

from __future__ import annotations

import re
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, and strict: a text is never taken for a number, nor an unknown key for a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def form(pattern: str, description: str, longest: int = 200) -> Any:  # noqa: ANN401
    """Annotates a text that must match wholly; the description completes "expected ..."."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"expected {description}, found '{text}'")
        if len(text) > longest:
            raise ValueError(f"expected at most {longest} characters, found {len(text)}")
        return text

    return AfterValidator(check)
