"""Options and overrides that would disable the stops are refused at startup, by name and with the fix."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import Hand, Signals
from tests.support.host import Host


class DeafExit(Hand):
    """Overrides `custom_exit` without calling `super()`."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> str | None:
        """Return None."""
        return None


class DeafStop(Hand):
    """Overrides `custom_stoploss` without calling `super()`."""

    def custom_stoploss(
        self, pair: str, trade: Any, now: Any, rate: float, profit: float, after_fill: bool, **kwargs: Any
    ) -> float:
        """Return a ratio."""
        return -0.05


class DeafFill(Hand):
    """Overrides `order_filled` without calling `super()`."""

    def order_filled(self, pair: str, trade: Any, order: Any, current_time: Any, **kwargs: Any) -> None:
        """Do nothing."""


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


class Front(Signals):
    """A base class that does not know robustop."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> str | None:
        """Return None."""
        return None


class BehindFront(Front, RobustopMixin):
    """Lists the mixin last."""

    robustop = Hand.robustop


@pytest.mark.parametrize(
    ("strategy", "name", "callback"),
    [
        (DeafExit, "DeafExit", "custom_exit"),
        (DeafStop, "DeafStop", "custom_stoploss"),
        (DeafFill, "DeafFill", "order_filled"),
        (DeafShould, "DeafShould", "should_exit"),
        (DeafAdvise, "DeafAdvise", "advise_indicators"),
        (DeafStart, "DeafStart", "ft_bot_start"),
        (BehindFront, "Front", "custom_exit"),
        (type("Heir", (DeafExit,), {}), "DeafExit", "custom_exit"),
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


@pytest.mark.parametrize(
    ("switch", "sentence"),
    [
        ({"trailing_stop": True}, "trailing_stop was True: two trailing stops would compete; set it to False."),
        ({"use_exit_signal": False}, "use_exit_signal was False: a crossed level could not be exited; set it to True."),
        (
            {"use_custom_stoploss": False},
            "use_custom_stoploss was False: the stops would never act; set it to True.",
        ),
        ({"exit_profit_only": True}, "exit_profit_only was True: exits at a loss would be blocked; set it to False."),
    ],
)
@pytest.mark.parametrize("where", ["configuration", "class"])
def test_a_switch_of_the_host(host: Host, switch: dict[str, bool], sentence: str, where: str) -> None:
    """The message names the option, its value and the required one, wherever it was set."""
    strategy = type("Switched", (Hand,), switch if where == "class" else {})
    with pytest.raises(OperationalException) as refused:
        host.start(strategy, **(switch if where == "configuration" else {}))
    assert str(refused.value) == f"robustop refuses to start. {sentence}"


def test_a_stop_on_the_exchange_live(host: Host) -> None:
    """In live trading an unsupported stop on the exchange is refused; a dry run has none."""
    order_types = {"entry": "limit", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True}
    host.start(Hand, runmode="dry_run", order_types=order_types)
    with pytest.raises(OperationalException, match=r"stoploss_on_exchange was True: .* set it to False"):
        host.start(Hand, runmode="live", order_types=order_types)


def test_an_override_without_after_fill(host: Host) -> None:
    """Freqtrade asks for the initial stop only if the argument is named."""

    class Short(Hand):
        def custom_stoploss(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> float | None:
            return super().custom_stoploss(pair, trade, *args, **kwargs)

    with pytest.raises(OperationalException, match=r"Short\.custom_stoploss has no argument after_fill: .* add"):
        host.start(Short)


def quiet(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a callback as decorators do."""

    @functools.wraps(callback)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs)

    return wrapper


def test_a_decorated_override_that_hides_after_fill(host: Host) -> None:
    """Freqtrade does not look behind a decorator: it would not ask for the initial stop, so this is refused."""

    class Decorated(Hand):
        @quiet
        def custom_stoploss(
            self, pair: str, trade: Any, now: Any, rate: float, profit: float, after_fill: bool, **kwargs: Any
        ) -> float | None:
            return super().custom_stoploss(pair, trade, now, rate, profit, after_fill, **kwargs)

    with pytest.raises(OperationalException, match=r"Decorated\.custom_stoploss has no argument after_fill"):
        host.start(Decorated)


def test_a_base_behind_the_mixin_with_a_stop_of_its_own(host: Host) -> None:
    """Its stop would never be used, and the message says how to fix it."""

    class Own(Signals):
        def custom_stoploss(self, pair: str, trade: Any, *args: Any, after_fill: bool, **kwargs: Any) -> float:
            return -0.03

    class Over(RobustopMixin, Own):
        robustop = Hand.robustop

    with pytest.raises(
        OperationalException, match=r"Own\.custom_stoploss stands behind .* would never be called; remove"
    ):
        host.start(Over)


@pytest.mark.parametrize(
    ("strategy", "switches", "names"),
    [
        (type("Both", (DeafExit, DeafFill), {}), {}, ["DeafExit.custom_exit", "DeafFill.order_filled"]),
        (Hand, {"trailing_stop": True, "exit_profit_only": True}, ["trailing_stop", "exit_profit_only"]),
    ],
)
def test_what_is_wrong_is_told_at_once(
    host: Host, strategy: type[IStrategy], switches: dict[str, bool], names: list[str]
) -> None:
    """One startup names every override, or every option, on one line."""
    with pytest.raises(OperationalException) as refused:
        host.start(strategy, **switches)
    message = str(refused.value)
    assert "\n" not in message
    assert all(name in message for name in names)
