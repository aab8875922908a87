"""The deployed study that a message is about."""

from __future__ import annotations

from dataclasses import dataclass

from wearline.core.ledger import StudyRow
from wearline.core.problems import configuration_invalid, configuration_missing, scope_prefix
from wearline.core.study import StudyConfiguration
from wearline.flow.problems import close_problems, open_problem
from wearline.ports import ConfigurationUnreadable, World


@dataclass(frozen=True, slots=True)
class DeployedStudy:
    """A study as it runs: its row in the ledger, and the configuration that the row names."""

    row: StudyRow
    configuration: StudyConfiguration

    @property
    def name(self) -> str:
        return self.row.study

    def run_prefix(self, run_id: str) -> str:
        """Where a run's plan and attempts live in the results bucket."""
        return f"{self.configuration.results.prefix}runs/{run_id}/"

    def attempt_prefix(self, run_id: str, attempt: str) -> str:
        return f"{self.run_prefix(run_id)}attempts/{attempt}/"


def deployed_study(
    world: World, name: str, *, though_removed: bool = False
) -> DeployedStudy | None:
    """The study, or None after opening the problem that says why there is none.

    A study that was removed begins nothing; a run that had begun may end (``though_removed``).
    """
    row = world.ledger.study(name)
    if row is None or (row.removed and not though_removed):
        open_problem(world, configuration_missing(name, row.removed if row else None))
        return None
    try:
        study = DeployedStudy(row, world.configurations.load(row))
    except ConfigurationUnreadable as unreadable:
        open_problem(world, configuration_invalid(name, str(unreadable)))
        return None
    return study


def close_configuration_problems(world: World, study: str) -> None:
    """To be called where a study is known to be readable again: by deployment and sweep."""
    close_problems(world, study, scope_prefix("configuration_missing"))
    close_problems(world, study, scope_prefix("configuration_invalid"))
