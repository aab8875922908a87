"""The loop over the steps, the same for both engines."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wearline_processor.engine import drivers
from wearline_processor.engine.meter import Cost, measured
from wearline_processor.engine.signals import Floats, Signals
from wearline_processor.errors import NoWindow, ProcessorError, StepFailed
from wearline_processor.fingerprint import Fingerprint, fingerprint
from wearline_processor.recording import Recording
from wearline_processor.steps import Step

Spans = Floats  # (n, 2) unix seconds of start and end


@dataclass
class StepOutcome:
    """What one step found (SKDH's own results, without samples), warned of, and cost."""

    step: Step
    results: Mapping[str, Any]
    warnings: Mapping[str, int]
    cost: Cost


@dataclass
class Outcome:
    """What all steps found. Instants are unix seconds UTC, whatever became of the samples.

    recorded     (1, 2) first and last sample
    day_windows  {(base hour, period in hours): (D, 2)}
    wear         (W, 2), or None when no step looked for it
    sleep        (D, 2) for each window of Sleep, NaN where none was found; None without Sleep
    fingerprint  of the samples, where no step made anything else of them
    """

    recorded: Spans
    steps: list[StepOutcome] = field(default_factory=list)
    day_windows: dict[tuple[int, int], Spans] = field(default_factory=dict)
    wear: Spans | None = None
    sleep: Spans | None = None
    fingerprint: Fingerprint | None = None

    @classmethod
    def of_reading(cls, recording: Recording) -> Outcome:
        """For a pipeline without steps, which only reads and takes quality."""
        span = np.array([[recording.start, recording.end]])
        return cls(recorded=span, fingerprint=fingerprint(recording))

    def windows(self, day_window: Sequence[int] | None) -> Spans:
        """The windows of a step's day_window; the whole recording for none."""
        if day_window is None:
            return self.recorded
        base, period = day_window
        return self.day_windows[base, period]

    def find(self, name: str) -> StepOutcome | None:
        return next((outcome for outcome in self.steps if outcome.step.name == name), None)


def run(signals: Signals, steps: Sequence[Step], engine: str) -> Outcome:
    """Run the steps over the signals, which are used up: the lean engine frees them on its way.

    Raises StepFailed when SKDH raises.
    """
    time = signals["time"]
    outcome = Outcome(recorded=np.array([[time[0], time[-1]]]))
    for position, step in enumerate(steps):
        spent = drivers.spent(steps[position + 1 :]) if engine == "lean" else frozenset()
        signals["spent"] = spent
        outcome.steps.append(_run_step(signals, step, engine))
        _note_instants(signals, step, outcome)
        for name in spent:
            signals.pop(name, None)
    return outcome


def _run_step(signals: Signals, step: Step, engine: str) -> StepOutcome:
    with warnings.catch_warnings(record=True) as caught, measured(step.name) as cost:
        warnings.simplefilter("always")
        try:
            results = drivers.driver(step, engine)(step, signals)
        except (ProcessorError, MemoryError):
            raise
        except Exception as problem:
            raise StepFailed(step.name, problem) from problem
    counts = Counter(str(warning.message) for warning in caught)
    return StepOutcome(step, results, dict(counts), cost)


def _note_instants(signals: Signals, step: Step, outcome: Outcome) -> None:
    provided = step.process.provides
    if "day_windows" in provided:
        for (base, period), indices in signals["day_ends"].items():
            if not len(indices):
                raise NoWindow(int(base), int(period))
        outcome.day_windows = {
            (int(base), int(period)): _instants(signals, indices)
            for (base, period), indices in signals["day_ends"].items()
        }
    if "wear" in provided:
        outcome.wear = _instants(signals, signals["wear"])
    if "sleep" in provided:
        found = np.asarray(signals["sleep"])
        outcome.sleep = np.where(found < 0, np.nan, _instants(signals, found))


def _instants(signals: Signals, indices: Any) -> Spans:  # noqa: ANN401
    time = signals["time"]
    rows = np.asarray(indices, dtype=np.int64).reshape(-1, 2)
    return np.asarray(time[np.minimum(rows, time.size - 1)])
