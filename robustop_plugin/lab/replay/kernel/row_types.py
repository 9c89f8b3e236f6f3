"""The row types of the replay's tables: one line for each field, with its unit and its meaning.

Times are in seconds since the epoch, prices in quote currency, amounts in base currency, stakes, values and profits in
stake currency, ratios without unit. A field `first_x` is the index of the first row that belongs to this one in the
table of all `x`, `end_x` the index after the last. `x_rest` is the part of an exact number that the float `x` lacks.
"""

import numpy as np

CANDLE = np.dtype(
    [
        ("time", "f8"),  #: Opening time.
        ("open", "f8"),  #: Opening price.
        ("main", "i8"),  #: Number of the main candle that contains it, counted from the beginning of the run.
        ("enters_long", "?"),  #: The strategy's long entry signal is set.
        ("enters_short", "?"),  #: The strategy's short entry signal is set.
    ],
    align=True,
)
"""A candle that Freqtrade steps through: a detail candle if there are any, else a main candle."""

COLUMNS = np.dtype(
    [
        ("atr", "f8"),  #: ATR, in price; NaN if unknown.
        ("momentum", "f8"),  #: Momentum of the last candles; NaN if unknown.
    ]
)
"""Indicator values that the stops use at any candle: those of the last closed main candle."""

PAYMENT = np.dtype(
    [
        ("time", "f8"),  #: When it was due.
        ("fee", "f8"),  #: What a long position of one unit paid, in stake currency; negative if it received.
    ]
)
"""A funding payment."""

PAIR = np.dtype(
    [
        ("first", "i8"),  #: Index of its first candle.
        ("end", "i8"),  #: Index after its last candle.
        ("first_payment", "i8"),
        ("end_payment", "i8"),
        ("closing_time", "f8"),  #: Opening time of its last main candle, at which open trades are closed.
        ("closing_open", "f8"),  #: Opening price of that candle.
        ("closing_low", "f8"),  #: Lowest price of that candle.
        ("closing_high", "f8"),  #: Highest price of that candle.
        ("lot", "f8"),  #: Step of amounts.
        ("first_seen", "i8"),  #: At row i: the pair that Freqtrade processed as number i in the run.
        ("least_value", "f8"),  #: Smallest value that can be sold, reserves included.
        ("least_amount", "f8"),  #: Smallest amount that can be sold, without reserve.
        ("reserve", "f8"),  #: Factor on the value of `least_amount`.
        ("first_margin", "i8"),
        ("end_margin", "i8"),
    ]
)
"""A pair: its candles, payments and margins, its last main candle, and the exchange's limits."""

SIGNAL = np.dtype(
    [
        ("candle", "i8"),  #: Index of the candle at whose open the entry fills.
        ("pair", "i8"),  #: Index of the pair.
        ("side", "i8"),  #: +1 long, -1 short.
        ("time", "f8"),  #: Opening time of the candle.
        ("tick_size", "f8"),  #: Step of prices of this trade.
        ("leverage", "f8"),  #: Leverage; if sizes decide about it, that of the current stake.
        ("least", "f8"),  #: Smallest stake; 0 for no limit.
        ("most", "f8"),  #: Largest stake.
        ("liquidation", "f8"),  #: Liquidation price of the configured stake; NaN or 0 for none.
        ("quoted_tick", "f8"),  #: Step of prices that the exchange states: stakes by risk are calculated with it.
        ("fine_tick", "f8"),  #: Step of prices without a known precision, for the same.
        ("first_term", "i8"),  #: Terms by stake; none if the stake is fixed or on spot.
        ("end_term", "i8"),
        ("rate", "f8"),  #: Entry price.
        ("step", "f8"),  #: `Grid.step` of prices.
        ("scale", "f8"),  #: `Grid.scale` of prices.
        ("hard_stop", "f8"),  #: Freqtrade's stop at the strategy's `stoploss`; NaN if the entry is not on the grid.
        ("ticks", "f8"),  #: Entry price in ticks.
        ("ticks_rest", "f8"),
        ("amount", "f8"),  #: Amount of a trade of the configured stake.
        ("stake", "f8"),  #: Stake of that trade, as Freqtrade calculates it back from the amount.
        ("value", "f8"),  #: Value of its entry, fee included.
    ]
)
"""An entry signal. Fields from `rate` on are the same under all settings and are calculated once, in compiled code."""

TERM = np.dtype(
    [
        ("up_to", "f8"),  #: Largest stake for which the terms hold.
        ("leverage", "f8"),
        ("least", "f8"),  #: Smallest stake at this leverage.
        ("most", "f8"),  #: Largest stake at this leverage.
    ]
)
"""Leverage and limits of a signal for stakes up to a bound."""

MARGIN = np.dtype(
    [
        ("least", "f8"),  #: Smallest stake for which it holds.
        ("ratio", "f8"),  #: Maintenance margin as a ratio of the position's value.
        ("amount", "f8"),  #: Deduction from that margin, in stake currency.
    ]
)
"""The maintenance margin of one leverage tier."""

SIGNAL_DECIMALS = np.dtype(
    [
        ("entry", "f8"),  #: Entry price.
        ("entry_rest", "f8"),
        ("value", "f8"),  #: What its initial stop is made of: ATR, swing price or the user's column; NaN if unknown.
        ("value_rest", "f8"),
        ("atr_mean", "f8"),  #: Mean ATR, in price; NaN if unknown.
        ("regime", "i8"),  #: Market regime, the number of a `core.facts.Regime`; 0 if unknown.
    ]
)
"""A signal's prices as exact decimals, and the indicator values that the stops use at the entry only."""

ROI = np.dtype(
    [
        ("minutes", "i8"),  #: Age of the trade from which on the ratio holds.
        ("ratio", "f8"),  #: Profit ratio at which Freqtrade takes profit.
    ]
)
"""A row of `minimal_roi`."""

RUN = np.dtype(
    [
        ("fee", "f8"),  #: Fee of each fill, as a rate.
        ("stoploss", "f8"),  #: The strategy's `stoploss`, as a positive ratio.
        ("seconds", "f8"),  #: Length of a main candle, in seconds.
        ("minutes", "i8"),  #: Length of a main candle, in minutes.
        ("ignores_roi", "?"),  #: No profit is taken at `minimal_roi` while an entry signal is set.
        ("futures", "?"),  #: Trades are on futures and pay funding.
        ("funding_seconds", "f8"),  #: Freqtrade updates funding at multiples of this, in seconds.
        ("careful_sums", "?"),  #: This Python's `sum` compensates rounding errors (3.12 and later).
        ("slots", "f8"),  #: `max_open_trades`; 0 or less for no limit.
        ("stake", "f8"),  #: `stake_amount`; infinite for "unlimited".
        ("balance", "f8"),  #: Starting balance, in stake currency.
        ("capital", "f8"),  #: `available_capital`, in stake currency; NaN if not set.
        ("share", "f8"),  #: `tradable_balance_ratio`.
        ("amends", "?"),  #: `amend_last_stake_amount`.
        ("smallest_share", "f8"),  #: `last_stake_amount_min_ratio`.
        ("exact", "?"),  #: Breakeven covers what the trade really paid.
        ("slippage_percent", "f8"),  #: Slippage that an exact breakeven covers, in percent.
        ("brackets", "f8"),  #: Largest number of open brackets; infinite for no limit.
        ("at_closes", "?"),  #: Stops move only when a main candle closes.
        ("risk_percent", "f8"),  #: Loss at the initial stop, in percent of the equity; NaN for stakes of the wallet.
        ("portfolio_percent", "f8"),  #: Largest loss of all trades at their stops, in percent; infinite for no limit.
        ("drawdown_percent", "f8"),  #: Drawdown of the equity that ends trading, in percent; infinite for no limit.
        ("start", "f8"),  #: Starting balance that the drawdown is measured from.
        ("entry_fee", "f8"),  #: Fee with which stakes by risk are calculated, as a rate.
        ("sized", "?"),  #: Leverage, limits and liquidation price depend on the stake.
        ("buffer", "f8"),  #: `liquidation_buffer`: a ratio of the distance between entry and liquidation price.
    ],
    align=True,
)
"""The configuration. `exact`, `slippage_percent`, `brackets`, `at_closes` and percentages come from the block."""

TRADE = np.dtype(
    [
        ("signal", "i8"),  #: Index of its signal.
        ("candle", "i8"),  #: Index of the candle of its exit.
        ("reason", "i8"),  #: Why it ended: a constant of `candle_exit`.
        ("time", "f8"),  #: Time of the exit.
        ("price", "f8"),  #: Price of the exit.
        ("amount", "f8"),  #: Amount that is still open, or was at the exit.
        ("stake", "f8"),  #: Stake of that amount.
        ("profit", "f8"),  #: Profit, net of fees and funding.
        ("profit_ratio", "f8"),  #: Profit as a ratio of the entry's value, times leverage.
        ("initial_stop", "f8"),  #: First stop, in price.
        ("value", "f8"),  #: Value of the whole entry, fee included.
        ("whole", "f8"),  #: Amount of the whole entry.
        ("end_stop", "f8"),  #: Stop in force when the candle of its exit began, unless drawdown ended it.
        ("at_risk", "f8"),  #: The most that it can lose at its stop, as far as known; infinite if unknown.
        ("sale", "i8"),  #: Index of its first partial sale.
        ("end_sale", "i8"),  #: Index after its last partial sale.
        ("sold", "i8"),  #: Number of its sales that are paid out by now.
        ("realized", "f8"),  #: Profit that those sales realized.
        ("closed", "i8"),  #: At row i: the number of the trade that was closed as number i in the run.
    ]
)
"""A trade."""

SALE = np.dtype(
    [
        ("time", "f8"),  #: When it was filled.
        ("amount", "f8"),  #: Amount that is left after it.
        ("stake", "f8"),  #: Stake that is left after it.
        ("realized", "f8"),  #: Profit of this trade's sales so far.
        ("same_moment_funding", "f8"),  #: Funding due at the time of the sale itself.
        ("booked_funding", "f8"),  #: Funding that was booked with this trade's sales.
        ("dropped", "f8"),  #: Rounding error of that sum.
    ]
)
"""A partial sale of a position."""

PAIR_STATE = np.dtype(
    [
        ("until", "f8"),  #: When its open trade ends; NaN if no trade is open, infinite if it never ends.
        ("trade", "i8"),  #: Number of its last trade.
        ("locked_until", "i8"),  #: Last main candle in which no trade may be opened; -1 for none.
        ("last_closed_at", "f8"),  #: When its last trade was closed.
    ]
)
"""What changes about a pair during a run."""

OPEN_TRADE = np.dtype(
    [
        ("trade", "i8"),  #: Number of the trade.
        ("pair", "i8"),  #: Index of its pair.
        ("pair_before", "i8"),  #: At row i: the pair of the i-th open trade when this candle began.
        ("turn", "i8"),  #: The trade's turn in this candle; -1 if it was opened in it.
        ("seen", "i8"),  #: Index of the candle whose open the drawdown counts; before its first one at the entry.
        ("price", "f8"),  #: That open.
        ("funding", "f8"),  #: Funding so far, positive for a gain.
        ("profit", "f8"),  #: Profit at that price, in stake currency.
    ]
)
"""The open trades, in the order of their entries."""

TOTALS = np.dtype(
    [
        ("trades", "i8"),  #: Number of trades so far.
        ("closed", "i8"),  #: Number of closed ones.
        ("open", "i8"),  #: Number of open ones.
        ("sales", "i8"),  #: Number of partial sales.
        ("next_signal", "i8"),  #: Index of the next signal to process.
        ("status", "i8"),  #: `portfolio.FINE`, or why the run cannot be replayed.
        ("profit", "f8"),  #: Profit of all closed trades.
        ("next_end", "f8"),  #: When the next open trade ends; infinite for never.
        ("locked", "f8"),  #: Stakes of all open trades, up to rounding.
        ("turn", "i8"),  #: The turn of this candle that is processed.
        ("peak", "f8"),  #: Highest profit that the drawdown has counted.
        ("looked_at", "f8"),  #: Time of the last price that the drawdown has taken; NaN before the first.
        ("halted", "?"),  #: The drawdown has reached its limit: no trade is opened any more.
    ]
)
"""Counters and sums of one run."""
