"""What would disable the stops is refused at startup, by name: overrides of Freqtrade's own methods."""

from typing import Any

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import Hand, Signals
from tests.support.host import Host


class DeafShould(Hand):
    """Overrides `should_exit` past the mixin."""

    def should_exit(self, trade: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Bypass the mixin."""
        return IStrategy.should_exit(self, trade, *args, **kwargs)


class DeafAdvise(Hand):
    """Overrides `advise_indicators` past the mixin."""

    def advise_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Bypass the mixin."""
        return self.populate_indicators(dataframe, metadata)


class DeafStart(Hand):
    """Overrides `ft_bot_start` past the mixin."""

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Bypass the mixin."""
        IStrategy.ft_bot_start(self, **kwargs)


class DeafUpdate(Hand):
    """Overrides `ft_stoploss_adjust` past the mixin."""

    def ft_stoploss_adjust(self, *args: Any, **kwargs: Any) -> None:
        """Bypass the mixin."""
        IStrategy.ft_stoploss_adjust(self, *args, **kwargs)


class Front(Signals):
    """A base class that does not know robustop."""

    def analyze(self, pairs: list[str]) -> None:
        """Do nothing."""


class BehindFront(Front, RobustopMixin):
    """Lists the mixin last."""

    robustop = Hand.robustop


@pytest.mark.parametrize(
    ("strategy", "name", "callback"),
    [
        (DeafShould, "DeafShould", "should_exit"),
        (DeafAdvise, "DeafAdvise", "advise_indicators"),
        (DeafStart, "DeafStart", "ft_bot_start"),
        (DeafUpdate, "DeafUpdate", "ft_stoploss_adjust"),
        (BehindFront, "Front", "analyze"),
        (type("Heir", (DeafShould,), {}), "DeafShould", "should_exit"),
    ],
)
def test_an_override_that_leaves_the_mixin_out(host: Host, strategy: type[IStrategy], name: str, callback: str) -> None:
    """The message names the class, the callback, and the missing call."""
    with pytest.raises(OperationalException) as refused:
        host.start(strategy)
    message = str(refused.value)
    assert message.startswith(f"robustop refuses to start. {name}.{callback} ")
    assert f"super().{callback}(...)" in message
    assert message.count("refuses") == 1


def test_what_is_wrong_is_told_at_once(host: Host) -> None:
    """One startup names every override on one line."""
    with pytest.raises(OperationalException) as refused:
        host.start(type("Both", (DeafShould, DeafAdvise), {}))
    message = str(refused.value)
    assert "\n" not in message
    assert all(name in message for name in ("DeafShould.should_exit", "DeafAdvise.advise_indicators"))
