"""The open and the closed trades of `robustop status` as tables."""

import os
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from robustop_plugin.cli.status_words import (
    briefly,
    duration,
    last_move,
    money,
    number,
    percent,
    phase,
    prospect,
    signed_number,
    where_prices_come_from,
)
from robustop_plugin.operate.closed import ClosedTrade
from robustop_plugin.operate.protection import By
from robustop_plugin.operate.status import Status, TradeStatus

WIDTH = 150
"""Columns of a table that is written to a file or a pipe, if the environment does not say how many."""
WIDE = 112
"""Columns from which on one table has room for everything."""
SHOWN_STEPS = 6
"""Steps of the path of a stop; of more, the first and the last are shown."""
NOW = ("trade", "price\nentry", "R\nphase", "stop", "distance", "locked in")
LATER = ("next", "last move")
GOOD, BAD, DIM = "green", "bold red", "dim"
PLACES = {By.EXCHANGE: "on exchange", By.BOT: "by the bot", By.NOTHING_HELD: "", By.NOTHING: "NOT PROTECTED"}


def status_console() -> Console:
    """Return a console for the tables."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console


def status_lines(status: Status, width: int) -> Iterator[RenderableType]:
    """Yield what answers: the sentence, where prices come from, the trades, and what there is to note.

    Args:
        status: what was seen.
        width: columns of the terminal; where they are too few, what comes next has a table of its own.
    """
    yield Text(status.sentence, style=GOOD if status.is_protected else BAD)
    if not status.trades:
        return
    yield Text(where_prices_come_from(status), style=DIM)
    yield from trades_tables(status, width)
    for note in notes(status):
        yield Text(note, style=DIM)


def trades_tables(status: Status, width: int) -> Iterator[RenderableType]:
    """Yield the open trades, one row each, what is not protected first, in one table or in two."""
    asked = status.question.price is not None or status.question.percent is not None
    names = [*NOW, *LATER, *([_asked(status)] if asked else [])]
    # A terminal may have room for the first rows only.
    ordered = sorted(status.trades, key=lambda found: found.protection.is_protected)
    rows = [[*_cells(found, status), *([_then(found)] if asked else [])] for found in ordered]
    if width >= WIDE:
        yield _table(names, rows)
    else:
        yield _table(NOW, [row[: len(NOW)] for row in rows], gap=1)
        yield Text()
        yield _table([NOW[0], *names[len(NOW) :]], [[row[0], *row[len(NOW) :]] for row in rows], gap=1)


def _table(names: Sequence[str], rows: Sequence[Sequence[Text]], gap: int = 2) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in ("trade", "next"))
    for row in rows:
        table.add_row(*row)
    return table


def _asked(status: Status) -> str:
    question = status.question
    return f"at {number(question.price)}" if question.price is not None else f"at {question.percent:+g} %"


def _cells(found: TradeStatus, status: Status) -> list[Text]:
    trade, now = found.trade, status.now
    r_style = None if not found.r else GOOD if found.r > 0 else "red"
    locked = found.locked_in
    return [
        _two(f"{trade.number} {trade.pair}", f"{trade.side_name}, {duration(now - trade.opened_at)}"),
        _two(number(None if found.seen is None else found.seen.price), number(trade.entry)),
        _two(signed_number(found.r), phase(found), r_style),
        _stop(found),
        _two(percent(found.distance_percent), f"{signed_number(found.distance_r)} R"),
        _two(
            money(locked, trade.stake_currency),
            percent(None if locked is None else locked.percent),
            GOOD if locked is not None and locked.money > 0 else None,
        ),
        _next(found, known=status.settings.settings is not None and trade.state is not None),
        _two(*last_move(trade.last_move, now)),
    ]


def _next(found: TradeStatus, *, known: bool) -> Text:
    coming, sale = found.coming, found.sale
    if coming is None:
        return Text("nothing" if known else "?")
    below = f"{signed_number(found.multiple_of(coming.price))} R"
    if sale is not None and not coming.sells:
        below = f"{number(sale.price)}: {briefly(sale)}"
    return _two(f"{number(coming.price)}: {briefly(coming)}", below)


def _stop(found: TradeStatus) -> Text:
    trade, protection = found.trade, found.protection
    place = PLACES[protection.by] if protection.is_protected else "NOT PROTECTED"
    prices = [order.stop_price for order in trade.stop_orders]
    if protection.by is By.EXCHANGE and protection.is_protected and trade.stop not in prices:
        place = f"on exchange {number(prices[-1] if prices else None)}"
    if protection.is_protected and found.waiting is not None:
        place += f"\n{number(found.waiting)} waits"
    cell = _two(number(trade.stop), "")
    return cell.append(place, style=DIM if protection.is_protected else BAD)


def _then(found: TradeStatus) -> Text:
    if found.then is None:
        return Text("?")
    return _two(prospect(found.then), money(found.then_result, found.trade.stake_currency))


def _two(above: str, below: str, style: str | None = None) -> Text:
    """Return a cell of two lines."""
    return Text(above, style=style or "").append(f"\n{below}", style=DIM)


def notes(status: Status) -> Iterator[str]:
    """Yield what a person should know beside the table."""
    if status.settings.problem is not None:
        yield f"next steps are not known: {status.settings.problem}"
    for found in status.trades:
        trade = found.trade
        for request in trade.pending:
            asked = f"was asked for {duration(status.now - request.asked_at)} ago"
            yield f"trade {trade.number} {trade.pair}: {request.tag} of {number(request.amount)} {asked}"
        for order in trade.resting_orders:
            since = "" if order.ordered_at is None else f" since {duration(status.now - order.ordered_at)}"
            what = f"{order.side} of {number(order.remaining)} at {number(order.price)}"
            yield f"trade {trade.number} {trade.pair}: a {what} rests{since}"


def closed_table(trades: Sequence[ClosedTrade], now: float) -> Table:
    """Return closed trades, one row each; `now` in seconds since the epoch."""
    names = ("trade", "closed", "entry\nexit", "result", "R", "best R\ngiven back", "reason", "path of the stop")
    return _table(names, [_closed_cells(closed, now) for closed in trades])


def _closed_cells(closed: ClosedTrade, now: float) -> list[Text]:
    trade = closed.trade
    ended, profit = trade.closed_at or now, trade.close_profit
    giveback = f"{signed_number(closed.giveback_r)} R, {percent(closed.giveback_percent)}"
    style = GOOD if (trade.close_profit_abs or 0) > 0 else "red"
    result = f"{signed_number(trade.close_profit_abs)} {trade.stake_currency}"
    return [
        _two(f"{trade.number} {trade.pair}", trade.side_name),
        _two(f"{duration(now - ended)} ago", f"held {duration(ended - trade.opened_at)}"),
        _two(number(trade.entry), number(trade.close_price)),
        _two(result, percent(None if profit is None else profit * 100), style),
        Text(signed_number(closed.r), style=style),
        _two(signed_number(closed.best_r), giveback),
        Text(trade.exit_reason or "?"),
        Text(_path(closed)),
    ]


def _path(closed: ClosedTrade) -> str:
    """Return the path of a stop, such as: 98 initial, 100.15 hand_span breakeven, 104 hand_span trail (3 moves)."""
    steps = [
        f"{number(stop)} {mover}" + (f" ({count} moves)" if count > 1 else "") for mover, stop, count in closed.path
    ]
    if len(steps) > SHOWN_STEPS:
        half = SHOWN_STEPS // 2
        steps = [*steps[:half], f"… {len(steps) - 2 * half} more", *steps[-half:]]
    return ", ".join(steps) or "?"
