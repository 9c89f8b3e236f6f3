"""White's reality check with the stationary bootstrap, compared with theory and a slow reference implementation."""

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from robustop_plugin.lab.sweep.judging import reality_check as judging
from robustop_plugin.lab.sweep.judging.reality_check import reality_check_p_value, reality_checks, resampled_weights
from robustop_plugin.lab.sweep.scores.metrics import Metrics, pack_floats, unpack_floats

Floats = NDArray[np.float64]
DAYS = 150
WEIGHTS = resampled_weights(DAYS, 999, 1)


def p_value(returns: Floats, weights: Floats = WEIGHTS) -> float:
    """Return the p-value of the row with the largest mean."""
    return reality_check_p_value(returns[returns.mean(axis=1).argmax()], iter([returns]), weights)


def noise(seed: int, settings: int, days: int = DAYS) -> Floats:
    """Return similar settings without any edge."""
    drawn = np.random.default_rng(seed)
    return 0.01 * (drawn.normal(size=days) + drawn.normal(size=(settings, days)))


def test_noise_gives_uniform_p_values(tell: Callable[[str], None]) -> None:
    """Over many tables without skill, p-values are uniformly distributed."""
    days = 500
    weights = resampled_weights(days, 499, 1)
    found = [p_value(noise(seed, 12, days), weights) for seed in range(400)]
    distance, likely = stats.kstest(found, "uniform")
    tell(f"400 tables, Kolmogorov-Smirnov distance {distance:.3f}, p = {likely:.2f}")
    assert distance < stats.ksone.ppf(0.999, 400)
    assert 0.02 < np.mean(np.array(found) <= 0.05) < 0.10


def test_of_one_setting_it_is_the_t_test(tell: Callable[[str], None]) -> None:
    """For a single setting with independent days, the p-value is close to that of a t-test."""
    worst, weights = 0.0, resampled_weights(1500, 1999, 1)
    for seed in range(30):
        returns = np.random.default_rng(seed).normal(0.0002, 0.01, (1, 1500))
        expected = stats.ttest_1samp(returns[0], 0.0, alternative="greater").pvalue
        worst = max(worst, abs(p_value(returns, weights) - expected))
    tell(f"at most {worst:.3f} apart")
    assert worst < 0.06


def by_the_book(returns: Floats, draws: int, seed: int) -> float:
    """Return the p-value by a direct implementation of the papers: one day, setting and resample at a time."""
    chance = random.Random(seed)  # noqa: S311 (not for cryptography)
    settings, days = returns.tolist(), returns.shape[1]
    means = [sum(row) / days for row in settings]
    beaten = 0
    for _ in range(draws):
        index = []
        while len(index) < days:
            start, length = chance.randrange(days), 1
            while chance.random() >= days ** (-1 / 3):
                length += 1
            index += [(start + step) % days for step in range(length)]
        again = [sum(row[day] for day in index[:days]) / days for row in settings]
        beaten += max(now - before for now, before in zip(again, means, strict=True)) >= max(means)
    return beaten / draws


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_papers_say(seed: int) -> None:
    """The p-value equals that of blocks of geometric length, within the sampling error."""
    days = 40
    drawn = np.random.default_rng(seed)
    # Autocorrelated days, and some skill.
    returns = np.cumsum(drawn.normal(0, 0.01, (5, days + 3)), axis=1)
    returns = returns[:, 3:] - returns[:, :-3] + 0.002 * seed
    ours, theirs = p_value(returns, resampled_weights(days, 3000, 5)), by_the_book(returns, 1500, seed)
    assert ours == pytest.approx(theirs, abs=4 * np.sqrt(0.25 / 1500 + 0.25 / 3000))


def test_a_good_setting_is_found_among_many() -> None:
    """A setting that earns half of its standard deviation per day is significant among two hundred."""
    returns = noise(3, 200)
    assert p_value(returns) > 0.1
    returns[17] += 0.007
    assert p_value(returns) < 0.01


def test_more_tries_make_the_same_result_less_likely() -> None:
    """The p-value never falls with more tries, and is much larger after a thousand."""
    returns = noise(5, 1000)
    chosen = returns[0] + 0.0025
    found = [reality_check_p_value(chosen, iter([returns[:count]]), WEIGHTS) for count in (1, 2, 5, 20, 100, 1000)]
    assert found == sorted(found)
    assert found[-1] > 4 * found[0]


def test_a_setting_that_was_tried_twice_is_one_try() -> None:
    """Duplicated settings do not change the p-value."""
    returns = noise(6, 30)
    assert p_value(np.repeat(returns, 9, axis=0)) == p_value(returns)


def test_a_resample_is_a_stationary_bootstrap() -> None:
    """Each day is as likely as the other, and days that follow each other stay together as long as they should."""
    days, count = 27, 20_000
    weights = resampled_weights(days, count, 2) * days
    assert weights.sum(axis=1) == pytest.approx(days)
    drawn = weights.sum(axis=0)
    # Blocks of three days: neighboring days are drawn together, so counts vary at least three times as much.
    assert stats.chi2.cdf(((drawn - count) ** 2 / count).sum() / 6, days - 1) < 0.999
    together = np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]
    apart = np.corrcoef(weights[:, 0], weights[:, 13])[0, 1]
    assert together > 0.4
    assert apart < 0.0


def measured(returns: Floats) -> Metrics:
    """Return the metrics of a setting with these daily returns."""
    return Metrics(1.0, 20, 0.0, 0.0, len(returns), None, 0.0, 3.0, pack_floats(returns))


def test_profit_and_improvement_are_two_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a rising market all settings earn and none improves on the baseline; batches do not change the result."""
    returns = noise(8, 40) * 0.1 + np.random.default_rng(9).normal(0.003, 0.01, DAYS)
    tried = [measured(row) for row in returns]
    chosen = max(tried, key=lambda metrics: float(unpack_floats(metrics.daily).mean()))
    checks = reality_checks(chosen, tried, tried[0], 4)
    assert checks is not None
    assert checks.of_profit < 0.01
    assert checks.of_improvement > 0.05
    assert checks == reality_checks(chosen, tried, tried[0], 4) != reality_checks(chosen, tried, tried[0], 5)
    assert reality_checks(tried[0], tried, tried[0], 4).of_improvement == 1.0  # type: ignore[union-attr]
    monkeypatch.setattr(judging, "BATCH_SIZE", 7)
    assert reality_checks(chosen, tried, tried[0], 4) == checks


def test_a_single_day_says_nothing() -> None:
    """A single day has no p-value."""
    day = measured(np.array([0.1]))
    assert reality_checks(day, [day], day, 1) is None


def test_returns_keep_seven_digits() -> None:
    """Packed returns keep seven digits."""

    def numbers() -> Iterator[float]:
        drawn = np.random.default_rng(1)
        yield from (0.0, -0.0, 1.0, -1e-9)
        yield from drawn.normal(0, 0.01, 500)

    returns = np.array(list(numbers()))
    assert unpack_floats(pack_floats(returns)) == pytest.approx(returns, rel=1e-7)
