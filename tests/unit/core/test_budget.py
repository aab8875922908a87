"""The budget of a study: held once it is used up, every attempt counted once."""

from hypothesis import given
from hypothesis import strategies as st

from wearline.core.budget import MICRO, SHARDS, held, micro_usd, spent_row
from wearline.core.ledger import ChargeRow, SpentRow

MONTH = "2026-03"


def charge(number: int, micro_usd: int) -> ChargeRow:
    return ChargeRow("gait", f"{number:08x}".ljust(40, "0"), 1, MONTH, micro_usd)


@given(
    costs=st.lists(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(0, MICRO), st.integers(0, MICRO))
    )
)
def test_month_is_the_sum_of_what_attempts_took_in_the_end(
    costs: list[tuple[int, int, int]],
) -> None:
    parts: dict[int, SpentRow] = {}
    for number, expected, actual in costs:
        made = charge(number, expected)
        for amount, before in ((expected, 0), (actual, expected)):
            part = spent_row(made, parts.values(), amount, before)
            parts[part.shard] = part
    assert micro_usd(parts.values()) == sum(actual for _, _, actual in costs)
    assert all(0 <= shard < SHARDS for shard in parts)


def test_budget_holds_from_the_moment_on_that_it_is_used_up() -> None:
    below, used_up = (SpentRow("gait", MONTH, 0, micro) for micro in (2 * MICRO - 1, 2 * MICRO))
    assert held(2.0, MONTH, [below]) is None
    reason = held(2.0, MONTH, [used_up])
    assert reason is not None
    assert reason.code == "budget"
    assert "2 US dollars for 2026-03" in reason.sentence
