"""A small part of the fuzz, and that it finds what is planted. All of it: `make fuzz`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from robustop_plugin.bridge.decisions import stop_updates
from robustop_plugin.bridge.decisions.host_stop import HostStop
from tests.fuzz.__main__ import main
from tests.fuzz.judge import Broken, Seen, play
from tests.fuzz.world import exchange
from tests.support.host import Host

SEED = 7
WORLDS = 4
CALLS = 800


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Return Freqtrade with an exchange on this machine."""
    with exchange(tmp_path_factory.mktemp("fuzz")) as host:
        yield host


def play_all(host: Host, seen: Seen) -> None:
    """Play a few worlds."""
    for number in range(WORLDS):
        play(host, SEED, number, CALLS, seen)


def test_nothing_raises_and_no_stop_is_loosened(served: Host) -> None:
    """A few thousand calls with prices that are none, times that go back and trades that are strange."""
    seen = Seen()
    play_all(served, seen)
    assert seen.calls.total() == WORLDS * CALLS
    assert len(seen.calls) == 17
    assert seen.moved > 30
    assert seen.hosts_own.total() < seen.calls.total() / 5


def test_a_missing_price_that_raises_is_found(served: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison with a price that is missing breaks the first law."""
    monkeypatch.setattr(stop_updates, "is_unbreached", lambda trade, price: trade.stop_loss < price)
    with pytest.raises(Broken, match="raised TypeError"):
        play_all(served, Seen())


def test_a_stop_that_is_loosened_is_found(served: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop that is given with `allow_refresh`, a percent too far away, breaks the second law."""
    real = HostStop.give

    def too_far(self: HostStop, trade: object, state: object, price: float, **_: object) -> None:
        real(self, trade, state, price * 0.99, refresh=True)  # type: ignore[arg-type]

    monkeypatch.setattr(HostStop, "give", too_far)
    monkeypatch.setattr(HostStop, "ratio_for", lambda *_, **__: 0.2)
    with pytest.raises(Broken, match="was loosened from"):
        play_all(served, Seen())


def test_the_command_repeats_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed makes the same calls, and the status is 0."""
    lines = []
    for _ in range(2):
        assert main(["--calls", "300", "--seed", "11"]) == 0
        lines.append(capsys.readouterr().out.splitlines())
    assert lines[0][:-1] == lines[1][:-1]
    assert lines[0][-1].startswith("300 calls of seed 11 in ")
