"""The families of histories, each with the script of a seed; and which one a seed is dealt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.simulation import assigning, budgeting, deciding, leaving
from tests.simulation.script import Script, script

Scripts = Callable[[int], Script]
FAMILIES: Mapping[str, Scripts] = {
    "general": script,
    "decisions": deciding.script,
    "device log": assigning.script,
    "budget": budgeting.script,
    "withdrawal": leaving.script,
}
# Half of the seeds are general, an eighth is of each other family.
_DEALT = ("general", "decisions", "general", "device log", "general", "budget", "general",
          "withdrawal")  # fmt: skip


def dealt(seed: int) -> Script:
    """The script of a seed, of the family that it falls to."""
    return FAMILIES[_DEALT[seed % len(_DEALT)]](seed)
