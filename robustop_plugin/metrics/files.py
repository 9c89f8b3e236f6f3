"""Copies the dashboard for Grafana, the alerts and a configuration for Prometheus to where a person wants them."""

from importlib.resources import files
from pathlib import Path

NAMES = ("prometheus.yml", "robustop_alerts.yml", "robustop_dashboard.json")


class AlreadyThere(Exception):
    """A file of another content would be overwritten; the message names it."""


def text_of(name: str) -> str:
    """Return the text of a file of the package."""
    return (files("robustop_plugin.metrics") / "files" / name).read_text(encoding="utf-8")


def install(folder: Path, *, force: bool) -> list[Path]:
    """Write all files into a folder, which is made if it is missing; return their paths.

    Raises:
        AlreadyThere: A file is there and was changed, and `force` is False. Nothing is written then.
        OSError: The folder cannot be written.
    """
    paths = [folder / name for name in NAMES]
    changed = [path for path in paths if path.exists() and path.read_bytes() != text_of(path.name).encode()]
    if changed and not force:
        raise AlreadyThere(", ".join(str(path) for path in changed))
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        path.write_bytes(text_of(path.name).encode())
    return paths
