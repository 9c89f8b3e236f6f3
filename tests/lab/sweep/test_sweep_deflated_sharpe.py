"""The deflated Sharpe ratio, compared with its paper and with simulated luck."""

import math

import numpy as np
import pytest
from scipy import stats

from robustop_plugin.lab.sweep.judging.deflated_sharpe import (
    deflated_sharpe,
    expected_best_sharpe,
    probabilistic_sharpe,
)
from robustop_plugin.lab.sweep.scores.metrics import Metrics


def measured(sharpe: float | None, days: int = 1250, skewness: float = 0.0, kurtosis: float = 3.0) -> Metrics:
    """Return the metrics of a setting with these daily returns."""
    return Metrics(1.0, 20, 0.0, 0.0, days, sharpe, skewness, kurtosis)


def test_the_example_of_the_paper() -> None:
    """Five years of daily returns, 100 tries, an annual ratio of 2.5: luck gives 0.1132, the probability is 0.9004."""
    luck = expected_best_sharpe(100, 0.5 / 250)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(2.5 / math.sqrt(250), luck, 1250, -3, 10) == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize("tries", [2, 10, 100, 5000])
def test_the_best_of_many_tries_without_skill_is_what_chance_gives(tries: int) -> None:
    """The formula is close to the simulated mean of the largest of many normal numbers."""
    random = np.random.default_rng(7)
    drawn = np.mean([random.normal(0, 0.3, tries).max() for _ in range(2000)])
    assert expected_best_sharpe(tries, 0.09) == pytest.approx(drawn, rel=0.05, abs=0.05)


def test_the_likelihood_is_that_of_the_textbook() -> None:
    """The probability equals a computation with another library, over many ratios."""
    random = np.random.default_rng(1)
    for _ in range(200):
        sharpe, benchmark = random.normal(0, 0.2, 2)
        count, skewness, kurtosis = int(random.integers(10, 2000)), random.uniform(-1, 1), random.uniform(3, 9)
        deviation = np.sqrt((1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2) / (count - 1))
        expected = stats.norm.cdf((sharpe - benchmark) / deviation)
        assert probabilistic_sharpe(sharpe, benchmark, count, skewness, kurtosis) == pytest.approx(expected, abs=1e-12)


def test_more_tries_make_the_same_result_less_likely() -> None:
    """The same result is less convincing after more tries."""
    random = np.random.default_rng(2)
    tried = [measured(float(ratio)) for ratio in random.normal(0, 0.05, 1000)]
    chosen = measured(0.12)
    few, many = deflated_sharpe(chosen, [*tried[:5], chosen]), deflated_sharpe(chosen, [*tried, chosen])
    assert few is not None
    assert many is not None
    assert many < few < 1
    assert deflated_sharpe(chosen, [chosen]) == pytest.approx(
        stats.norm.cdf(0.12 * math.sqrt(1249) / math.sqrt(1.0072))
    )


def test_returns_that_do_not_vary_say_nothing() -> None:
    """Constant returns and a single day have no probability."""
    assert deflated_sharpe(measured(None), [measured(0.1)]) is None
    assert deflated_sharpe(measured(0.1, days=1), [measured(0.1, days=1)]) is None
