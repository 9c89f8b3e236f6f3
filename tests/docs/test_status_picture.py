"""The picture of `robustop status` is what the command shows of trades that Freqtrade and the bot have written."""

from pathlib import Path

from tests.support.status_picture import PICTURE, draw


def test_the_picture_is_drawn_again_as_it_is(tmp_path: Path) -> None:
    """Byte for byte; `make pictures` draws it again."""
    drawn = tmp_path / "status.svg"
    draw(drawn)
    assert drawn.read_text(encoding="utf-8") == PICTURE.read_text(encoding="utf-8"), "see `make pictures`"
    assert "http" not in drawn.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
