"""What is kept of a week's hours and minutes is what was counted."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from insights import spreads
from insights.finding import HOURS

lengths = st.builds(
    spreads.minutes_key,
    st.sampled_from(spreads.KINDS),
    st.integers(0, 3 * spreads.LISTED).map(lambda n: n * spreads.STEP),
)
weeks = st.lists(st.dictionaries(st.sampled_from([*HOURS]) | lengths, st.integers(1, 9), max_size=20), max_size=5)


@given(weeks)
def test_what_is_kept_of_weeks_sums_to_what_was_counted(counted: list[dict[str, int]]) -> None:
    kept = [spreads.packed(week) for week in counted]
    assert [spreads.unpacked(week) for week in kept] == counted
    assert spreads.sum_of(kept) == sum(map(Counter, counted), Counter())
