"""Reads the metrics of a running bot off its exporter, for a person or a program without Prometheus."""

from collections.abc import Iterator
from typing import NamedTuple

from robustop_plugin.metrics.catalogue import BY_NAME

PREFIX = "robustop_"
TIMEOUT = 5.0
"""In seconds: a scrape takes milliseconds."""


class Unreachable(Exception):
    """Nothing answers at an address; the message says why."""


class NotOurs(Exception):
    """What answers at an address serves no metrics of robustop."""


class Figure(NamedTuple):
    """One number.

    Attributes:
        name: Name of the metric; of a histogram, with `_bucket`, `_count` or `_sum`.
        labels: Its labels.
        value: The number.
    """

    name: str
    labels: dict[str, str]
    value: float


def scrape(url: str) -> str:
    """Return what is served at an address.

    Raises:
        Unreachable: Nothing answers there, or not with status 200.
        ValueError: It is no URL of HTTP.
    """
    import httpx  # noqa: PLC0415 (slow to load)

    try:
        answer = httpx.get(url, timeout=TIMEOUT, trust_env=False)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise ValueError(f"url was {url!r}: {error}") from error
    except httpx.HTTPError as error:
        raise Unreachable(f"{url}: {error or type(error).__name__}") from error
    if not answer.is_success:
        raise Unreachable(f"{url} answers with status {answer.status_code}")
    return answer.text


def figures(text: str) -> list[Figure]:
    """Return the figures of robustop in a scrape.

    Raises:
        NotOurs: There are none.
    """
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 (an extra)

    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    except ValueError as error:
        raise NotOurs(f"it is not in the format of Prometheus: {error}") from error
    found = [Figure(sample.name, dict(sample.labels), float(sample.value)) for sample in samples]
    ours = [figure for figure in found if figure.name.startswith(PREFIX)]
    if not ours:
        raise NotOurs("it serves no metrics of robustop")
    return ours


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        name: Name of the metric, without the prefix.
        labels: Its labels, as words.
        value: The value, as words.
    """

    name: str
    labels: str
    value: str


def rows(found: list[Figure], *, everything: bool = False) -> Iterator[Row]:
    """Yield a line for each figure; of those with labels only what is not 0, unless everything is wanted.

    Of a histogram there are two lines, how many and the mean.
    """
    counts = {figure.name: figure.value for figure in found if not figure.labels}
    for figure in found:
        metric = BY_NAME.get(figure.name.removesuffix("_count"))
        if metric is not None and metric.kind == "histogram" and figure.name.endswith("_count"):
            yield Row(metric.name.removeprefix(PREFIX), "count", f"{figure.value:g}")
            if figure.value:
                mean = counts[f"{metric.name}_sum"] / figure.value
                yield Row(metric.name.removeprefix(PREFIX), "mean", f"{mean:.4g}")
        elif figure.name in BY_NAME and (figure.value or not figure.labels or everything):
            labels = ", ".join(f"{name} {value}" for name, value in figure.labels.items())
            yield Row(figure.name.removeprefix(PREFIX), labels, f"{figure.value:.10g}")
