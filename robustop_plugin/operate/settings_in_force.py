"""The settings that the bot has started with, as it has stored them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from robustop_plugin.audit.bot_settings import read_settings
from robustop_plugin.operate.database import snapshot
from robustop_plugin.settings import RobustopBlock, Settings


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """The settings of a bot, or why they are unknown.

    Attributes:
        settings: the blocks; None if they are unknown.
        on_exchange: True if stops rest as orders on the exchange, False if the bot checks them; None if unknown.
        strategy: the name of the strategy class; None if unknown.
        started_at: when the bot has read them, in seconds since the epoch; None if unknown.
        problem: why they are unknown, in one line; None if they are known.
    """

    settings: Settings | None = None
    on_exchange: bool | None = None
    strategy: str | None = None
    started_at: float | None = None
    problem: str | None = None


def settings_in_force(engine: sa.Engine) -> SettingsInForce:
    """Return the settings that the bot of a trade database has started with.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    try:
        with snapshot(engine) as connection:
            stored = read_settings(connection)
    except ValueError:
        return SettingsInForce(problem="the settings that the bot has stored are damaged; it writes them at its start")
    if stored is None:
        return SettingsInForce(problem="no bot with this release of robustop has started on this database yet")
    known = SettingsInForce(None, stored.on_exchange, stored.strategy, stored.started_at)
    try:
        settings = _settings(stored.blocks)
    except (AttributeError, KeyError, TypeError, ValidationError):
        problem = f"the bot runs robustop {stored.build}, whose settings this release does not know"
        return SettingsInForce(None, known.on_exchange, known.strategy, known.started_at, problem)
    return SettingsInForce(settings, known.on_exchange, known.strategy, known.started_at)


def _settings(blocks: dict[str, Any]) -> Settings:
    """Return settings out of their blocks.

    Raises:
        pydantic.ValidationError: a block has a key or a value that this release does not know.
    """
    by_pair = {pair: RobustopBlock.model_validate(block) for pair, block in blocks["pairs"].items()}
    return Settings(RobustopBlock.model_validate(blocks["default"]), by_pair)
