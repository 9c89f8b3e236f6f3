"""Reads the contents of a chart back from its SVG."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """A drawn SVG, with its parts accessible by name."""

    def __init__(self, path: Path) -> None:
        """Parse the file as XML."""
        self.root = ET.parse(path).getroot()  # noqa: S314 (drawn by the test itself)
        self.parts = {group.get("id"): group for group in self.root.iter(f"{SVG}g")}

    @property
    def words(self) -> str:
        """All the text in the picture."""
        return "\n".join("".join(text.itertext()) for text in self.root.iter(f"{SVG}text"))

    def points(self, part: str) -> list[tuple[str, float, float]]:
        """Return the points of a line, each with `M` for a new stroke or `L`; y grows upward, as prices do."""
        path = self.parts[part].find(f"{SVG}path")
        assert path is not None, part
        found = re.findall(r"([ML]) (\S+) (\S+)", path.get("d", ""))
        return [(command, float(x), -float(y)) for command, x, y in found]

    def marks(self, part: str) -> list[tuple[float, float]]:
        """Return the positions of a part's markers."""
        used = self.parts[part].iter(f"{SVG}use")
        return [(float(use.get("x", "nan")), -float(use.get("y", "nan"))) for use in used]
