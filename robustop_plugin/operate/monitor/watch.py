"""Looks at one bot: reads its database, asks its exchange and the bot itself, and keeps what was found."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.trade_database import why_unreadable
from robustop_plugin.operate.bot_api import BotApi, api_in
from robustop_plugin.operate.bot_view import BotView, Pulse, view_of
from robustop_plugin.operate.exchange.account import Account
from robustop_plugin.operate.exchange.client import ExchangeUnreachable
from robustop_plugin.operate.exchange.exchange import Exchange
from robustop_plugin.operate.exchange.stop_lists import why_unsure
from robustop_plugin.operate.exporter_view import view_by_metrics
from robustop_plugin.operate.findings.all_findings import findings_in
from robustop_plugin.operate.findings.finding import Finding, Source
from robustop_plugin.operate.findings.look import Look, OpenBreaker
from robustop_plugin.operate.monitor.breakers import open_breakers
from robustop_plugin.operate.monitor.suspicions import Suspicions
from robustop_plugin.operate.monitor.terms import Limits, loop_of, terms_of
from robustop_plugin.operate.reading import read_closed_trades, read_open_trades
from robustop_plugin.operate.settings_in_force import SettingsInForce, settings_in_force
from robustop_plugin.operate.trade_view import TradeView

Trades = tuple[TradeView, ...]

MOST_CLOSED = 200
"""Closed trades whose left-over orders are looked for."""
DRY_RUN = "a dry run has no orders on the exchange: its state is compared with its database only"


@dataclass
class Watch:
    """Watches a bot.

    Attributes:
        config: Freqtrade's configuration of the bot.
        engine: its trade database.
        limits: what a person allows.
        ignored: findings that are left out: a name, or a name and a pair or coin, `unexplained_holding:BTC`.
        suspicions: what was found so far.
        last: the last look; None if none could be made.
        troubles: what could not be read in the last look, and why.
        looks: how many looks were made.
    """

    config: Mapping[str, Any]
    engine: sa.Engine
    limits: Limits = Limits()  # noqa: RUF009 (a constant)
    ignored: frozenset[str] = frozenset()
    last: Look | None = None
    troubles: dict[Source, str] = field(default_factory=dict)
    looks: int = 0

    def __post_init__(self) -> None:
        """Prepare what is asked."""
        self._api: BotApi | None = api_in(self.config)
        self._exchange: Exchange | None = None
        self.is_dry_run = bool(self.config.get("dry_run"))
        self.loop = loop_of(self.config)
        self.suspicions = Suspicions(2 * self.loop)

    def look(self) -> None:
        """Look once; what cannot be read is kept in `troubles`."""
        self.troubles, self.looks = {}, self.looks + 1
        trades, closed, stored = self._read()
        bot = self._ask_bot(stored)
        if bot.pulse in (Pulse.UNREACHABLE, Pulse.REFUSES):
            self.troubles[Source.BOT] = bot.detail or str(bot.pulse)
        pairs = self._pairs(trades, closed, bot)
        account = self._account(pairs, trades)
        self.last = Look(
            at=time.time(),
            trades=trades,
            closed=closed,
            bot=bot,
            terms=terms_of(self.config, stored, bot, self.limits),
            account=account,
            is_dry_run=self.is_dry_run,
            breakers=self._breakers(trades, bot),
            pairs=pairs,
        )
        self.suspicions.note(self._found(self.last), self.last.at, self._seen())

    def _read(self) -> tuple[Trades, Trades, SettingsInForce]:
        """Return open trades, closed trades, and settings; nothing if the database cannot be read."""
        try:
            trades = tuple(read_open_trades(self.engine))
            return trades, tuple(read_closed_trades(self.engine, MOST_CLOSED)), settings_in_force(self.engine)
        except SQLAlchemyError as error:
            self.troubles[Source.DATABASE] = why_unreadable(self.engine, error)
            return (), (), SettingsInForce()

    def _breakers(self, trades: Trades, bot: BotView) -> dict[int, OpenBreaker]:
        try:
            return open_breakers(self.engine, trades, bot.started_at)
        except SQLAlchemyError as error:
            self.troubles[Source.DATABASE] = why_unreadable(self.engine, error)
            return {}

    def _ask_bot(self, stored: SettingsInForce) -> BotView:
        """Return what the bot says: by its REST API, else by its metrics, if either is enabled."""
        metrics = None if stored.settings is None else stored.settings.default.metrics
        if self._api is None and metrics is not None and metrics.enabled:
            return view_by_metrics(metrics.host, metrics.port)
        return view_of(self._api)

    def _pairs(self, trades: tuple[TradeView, ...], closed: tuple[TradeView, ...], bot: BotView) -> frozenset[str]:
        listed = (self.config.get("exchange") or {}).get("pair_whitelist") or ()
        return frozenset([*(trade.pair for trade in (*trades, *closed)), *map(str, listed), *bot.whitelist])

    def _account(self, pairs: frozenset[str], trades: Trades) -> Account | None:
        try:
            if self._exchange is None:
                self._exchange = Exchange(self.config, private=not self.is_dry_run)
            return self._exchange.look(pairs, {trade.pair for trade in trades})
        except ExchangeUnreachable as error:
            self.troubles[Source.EXCHANGE] = str(error)
            return None

    def _found(self, look: Look) -> list[Finding]:
        """Return what a look has found, without what could only be seen in what could not be read."""
        if Source.DATABASE in self.troubles:
            look = look._replace(account=None)
        return [finding for finding in findings_in(look) if not self._is_ignored(finding)]

    def _is_ignored(self, finding: Finding) -> bool:
        about = {finding.pair, (finding.pair or "").partition("/")[0]}
        return finding.name in self.ignored or any(f"{finding.name}:{name}" in self.ignored for name in about)

    def _seen(self) -> frozenset[Source]:
        unread = set(self.troubles) - {Source.BOT}
        # What the exchange says means nothing without the trades.
        return frozenset(set(Source) - unread - ({Source.EXCHANGE} if Source.DATABASE in unread else set()))

    @property
    def notes(self) -> list[str]:
        """What a person should know about what cannot be seen."""
        if self.last is None:
            return []
        notes = [DRY_RUN] if self.is_dry_run else []
        if self.last.bot.pulse == Pulse.UNKNOWN:
            notes.append(str(self.last.bot.detail))
        if self._exchange is not None and not self.is_dry_run and self.last.stops_rest:
            unsure = why_unsure(self._exchange.name, futures=self._exchange.is_futures)
            notes += [] if unsure is None else [unsure]
        return notes
