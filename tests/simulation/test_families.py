"""One command runs every family of histories, and tells how to run one that breaks a promise."""

from tests.simulation.exploration import explore, histories
from tests.simulation.failure import report
from tests.simulation.families import FAMILIES, dealt
from tests.simulation.mistakes import keeping_the_name_of_who_withdrew

WITH_EACH = 8


def test_seeds_are_dealt_out_over_all_families() -> None:
    assert {dealt(seed).family for seed in range(WITH_EACH)} == set(FAMILIES)
    assert all(scripts(0).family == name for name, scripts in FAMILIES.items())


def test_a_seed_that_is_dealt_breaks_its_promise_alone_too() -> None:
    with keeping_the_name_of_who_withdrew():
        told = next(told for told in histories(0, 2_000, dealt) if told.broken)
        again = FAMILIES[told.script.family]
        alone = next(iter(histories(told.seed, 1, again)))
        said = report(told)
    assert str(alone.broken) == str(told.broken)
    assert f"python -m tests.simulation --family '{told.script.family}' --seed {told.seed}" in said


def test_an_exploration_counts_what_it_ran_and_names_what_broke() -> None:
    with keeping_the_name_of_who_withdrew():
        seed = next(told.seed for told in histories(0, 2_000, dealt) if told.broken)
        found = explore(2, processes=2, first=seed - 1)
    assert (found.histories, found.broken_seeds) == (2, (seed,))
