import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from inspector.evaluation.intervals import clopper_pearson


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_agrees_with_scipys_exact_interval(pair: tuple[int, int]) -> None:
    count, n = pair
    rate = clopper_pearson(count, n)
    if n == 0:
        assert (rate.low, rate.high, rate.value) == (0.0, 1.0, None)
        return
    expected = binomtest(count, n).proportion_ci(0.95, "exact")
    assert rate.low == pytest.approx(expected.low, abs=1e-9)
    assert rate.high == pytest.approx(expected.high, abs=1e-9)


def test_nothing_missed_in_sixty_still_allows_six_percent() -> None:
    # two-sided 95 %: 1 - 0.025 ** (1 / 60)
    assert clopper_pearson(0, 60).high == pytest.approx(1 - 0.025 ** (1 / 60))


@pytest.mark.parametrize(("count", "n"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(count: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        clopper_pearson(count, n)
