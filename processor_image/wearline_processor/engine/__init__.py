"""Runs the steps of a plan over a recording, and hands on what SKDH found.

`stock` is plain SKDH: its objects, one after the other, as its Pipeline would call them. `lean`
is the same SKDH driven differently (see `engine.lean`); a test holds both to the same numbers.
"""

from wearline_processor.engine.run import Outcome, Spans, StepOutcome, run

__all__ = ["Outcome", "Spans", "StepOutcome", "run"]
