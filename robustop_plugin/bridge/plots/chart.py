"""Puts the stops into the charts of one strategy. A chart that cannot be drawn is reported once and harms nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from freqtrade.exchange import timeframe_to_seconds
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin.audit.stop_path import StopPath
from robustop_plugin.bridge.plots.annotations import Annotation, annotations
from robustop_plugin.bridge.plots.areas import add_areas
from robustop_plugin.bridge.plots.columns import add_columns, opening_times
from robustop_plugin.bridge.plots.plot_config import add_lines_and_areas
from robustop_plugin.bridge.plots.rungs import Rung, rungs_of
from robustop_plugin.bridge.plots.sources import paths_of
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

Drawn = TypeVar("Drawn")


@dataclass
class Chart:
    """What is drawn of the trades of one strategy.

    Attributes:
        strategy: the strategy.
        settings: robustop's settings.
        bot_file: the audit file of a bot whose database cannot hold the table; None if it can.
    """

    strategy: IStrategy
    settings: Settings
    bot_file: Path | None
    _failed: dict[str, type[Exception]] = field(default_factory=dict)

    def annotate(self, pair: str, frame: DataFrame) -> list[Annotation]:
        """Add the columns of the stops to a pair's frame, and return the annotations of FreqUI; none if that fails."""
        return self._survived(pair, frame, self._annotated) or []

    def add_to_plot(self, pair: str, frame: DataFrame) -> None:
        """Add columns to a pair's frame, and to the `plot_config` what `plot-dataframe` draws of them."""
        self._survived(pair, frame, self._plotted)

    def _annotated(self, pair: str, frame: DataFrame) -> list[Annotation]:
        paths, rungs = self._with_columns(pair, frame)
        return annotations(paths, rungs, opening_times(frame), self._seconds)

    def _plotted(self, pair: str, frame: DataFrame) -> None:
        self._with_columns(pair, frame)
        add_areas(frame)
        add_lines_and_areas(self.strategy, frame)

    def _with_columns(self, pair: str, frame: DataFrame) -> tuple[list[StopPath], tuple[Rung, ...]]:
        name, since = self.strategy.get_strategy_name(), float(opening_times(frame)[0])
        paths = paths_of(self.strategy.config, name, pair, since, self.bot_file)
        rungs = rungs_of(self.settings.for_pair(pair), pair)
        add_columns(frame, paths, rungs, self._seconds)
        return paths, rungs

    def _survived(self, pair: str, frame: DataFrame, draw: Callable[[str, DataFrame], Drawn]) -> Drawn | None:
        """Return what is drawn on a frame; None if that is not wanted, or fails."""
        if not self.settings.for_pair(pair).plots or frame.empty:
            return None
        try:
            drawn = draw(pair, frame)
        except Exception as error:
            if self._failed.get(pair) is not type(error):
                logger.exception("robustop: the stops of %s were not drawn; nothing else is touched by that", pair)
            self._failed[pair] = type(error)
            return None
        self._failed.pop(pair, None)
        return drawn

    @property
    def _seconds(self) -> int:
        return int(timeframe_to_seconds(self.strategy.timeframe))


class AnnotationsOfBoth:
    """The strategy's own annotations, then those of the stops."""

    def __init__(self, theirs: Callable[..., Any], chart: Chart) -> None:
        """Take the strategy's own callback, and what draws the stops."""
        self.theirs = theirs
        self.chart = chart

    def __call__(self, *, pair: str, dataframe: DataFrame, **kwargs: Any) -> list[Any]:
        """Return both. Freqtrade converts the frame afterwards, and so has the columns of the stops too."""
        own = self.theirs(pair=pair, dataframe=dataframe, **kwargs)
        return [*(own or []), *self.chart.annotate(pair, dataframe)]


class AnalysisWithColumns:
    """Freqtrade's analysis in `plot-dataframe`, which asks for no annotations; then the columns of the stops."""

    def __init__(self, analyze: Callable[..., DataFrame], chart: Chart) -> None:
        """Take Freqtrade's analysis, and what draws the stops."""
        self.analyze = analyze
        self.chart = chart

    def __call__(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Return the analyzed frame; its signals are those of the strategy."""
        analyzed = self.analyze(dataframe, metadata)
        self.chart.add_to_plot(str(metadata.get("pair")), analyzed)
        return analyzed
