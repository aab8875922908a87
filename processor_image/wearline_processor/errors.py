"""Why the processor stops: each with a code for machines and a sentence for people."""

from __future__ import annotations


class ProcessorError(Exception):
    """The recording or its plan cannot be processed; the run fails with this reason.

    `code` is a stable snake_case word, `sentence` says what happened, to what, and what to do.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class PlanInvalid(ProcessorError):
    """The plan cannot be read as `wearline.plan/1`."""

    def __init__(self, sentence: str) -> None:
        super().__init__("plan_invalid", sentence)


class ParameterInvalid(ProcessorError):
    """A step names an unknown process, or a parameter that the pinned release would not honour."""

    def __init__(self, process: str, parameter: str | None, sentence: str) -> None:
        super().__init__("parameter_invalid", sentence)
        self.process = process
        self.parameter = parameter


class StepsDisconnected(ProcessorError):
    """A step needs something that neither the recording nor an earlier step gives."""

    def __init__(self, process: str, needs: str, sentence: str) -> None:
        super().__init__("steps_disconnected", sentence)
        self.process = process
        self.needs = needs


class RateUnsuitable(ProcessorError):
    """The sampling rate lies where the process would silently find nothing."""

    def __init__(self, process: str, sentence: str) -> None:
        super().__init__("sampling_rate_unsuitable", sentence)
        self.process = process


class NoWindow(ProcessorError):
    """The recording lies outside of the hours that a day window asks for."""

    def __init__(self, base: int, period: int) -> None:
        super().__init__(
            "no_day_window",
            f"The recording touches no window of {period} hours from {base:02d}:00, so that there "
            "is no day to measure: correct bases and periods, or exclude it by a decision.",
        )


class GapsTooLong(ProcessorError):
    """More would be filled than was recorded: the clock jumped, or hardly anything is there."""

    def __init__(self, process: str, hours: float) -> None:
        super().__init__(
            "gaps_too_long",
            f"{process} would make up {hours:.1f} h, more than was recorded: the device clock was "
            "changed, or the recording hardly began. Trim it by a decision, or leave the step out.",
        )
        self.process = process


class NothingLeft(ProcessorError):
    """A decision trims the recording to nothing."""

    def __init__(self) -> None:
        super().__init__(
            "nothing_left",
            "The decisions to trim leave nothing of the recording; correct their from and to.",
        )


class StepFailed(ProcessorError):
    """SKDH raised while it ran a step."""

    def __init__(self, process: str, cause: BaseException) -> None:
        self.process = process
        super().__init__(
            "step_failed",
            f"The step {process} stopped with {type(cause).__name__}: {cause}. "
            "The log of this run holds where.",
        )


class RegistrationInvalid(ProcessorError):
    """An algorithm of the team's own does not stand as its release registers it."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            "registration_invalid",
            f"The processes.json of this processor release cannot be used: {problem}. "
            "Correct it, and deploy the release again.",
        )


class QualityRefused(ProcessorError):
    """A finding that the study does not accept."""

    def __init__(self, finding: str, sentence: str) -> None:
        super().__init__(f"quality_{finding}", sentence)


class ReleaseMismatch(ProcessorError):
    """This processor is not the release that the plan was frozen for."""

    def __init__(self, wanted: str, present: str) -> None:
        super().__init__(
            "release_mismatch",
            f"The plan was frozen for the processor release {wanted} and this processor is "
            f"{present}. Deploy the image of that release, or plan the run again.",
        )
