"""The page of the architecture and the README name files and folders that exist, and every folder of the package."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "robustop_plugin"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
README = ROOT / "README.md"
PICTURES = sorted((ROOT / "docs" / "pictures").glob("architecture_*.svg"))
FOLDERS = sorted(path.parent.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("__init__.py"))
SHORTENED = ("robustop_plugin", "robustop_plugin/bridge", "robustop_plugin/lab/replay/kernel", ".")
"""Folders that paths in the pictures are relative to: a picture has no room for more."""


def paths_in_tree(page: Path) -> list[str]:
    """Return the paths of a page's tree: two spaces for each level, folders end with a slash."""
    (tree,) = re.findall(r"```text\n(robustop_plugin/\n.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    above: list[str] = []
    paths = []
    for line in tree.splitlines():
        name = line.split()[0]
        level = (len(line) - len(line.lstrip())) // 2
        above = [*above[:level], name.rstrip("/")]
        paths.append("/".join(above))
    return paths


def paths_in_text(page: Path) -> set[str]:
    """Return what stands in backticks outside of code blocks and looks like a file or a folder."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {name for name in re.findall(r"`([^`\s]+)`", text) if is_path(name)}


def paths_in_picture(picture: Path) -> set[str]:
    """Return the files and folders that a picture names."""
    texts = re.findall(r'<text class="path"[^>]*>([^<]+)</text>', picture.read_text(encoding="utf-8"))
    return {name for text in texts for name in text.split() if is_path(name)}


def is_path(name: str) -> bool:
    """Return True for the name of a Python file or of a folder."""
    return name.endswith((".py", "/"))


def exists(name: str, *folders: str) -> bool:
    """Return True if a file or folder of that name, which may have a star in it, is in one of the folders."""
    return any(list((ROOT / folder).glob(name.rstrip("/"))) for folder in folders)


def cases() -> Iterator[tuple[str, str]]:
    """Yield each page or picture that is checked, with one name in it."""
    for page in (PAGE, README):
        for name in paths_in_tree(page):
            yield page.name, name
    for name in sorted(paths_in_text(PAGE)):
        yield PAGE.name, f"robustop_plugin/{name}"


@pytest.mark.parametrize(("page", "name"), list(cases()))
def test_what_a_page_names_exists(page: str, name: str) -> None:
    """Each line of both trees, and each path in the text of the page."""
    assert exists(name, "."), f"{page} names {name}"


@pytest.mark.parametrize("page", [PAGE, README], ids=lambda page: page.name)
def test_every_folder_of_the_package_is_in_the_tree(page: Path) -> None:
    """A new folder needs its line in both trees."""
    assert set(FOLDERS) - set(paths_in_tree(page)) == set()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_what_a_picture_names_exists(picture: Path) -> None:
    """Each path in a picture of the architecture, which the page shows."""
    names = paths_in_picture(picture)
    assert names
    assert {name for name in names if not exists(name, *SHORTENED)} == set()
    assert f"../pictures/{picture.name}" in PAGE.read_text(encoding="utf-8")


def test_the_page_answers_with_files() -> None:
    """Each row of the table of questions names a file or a folder."""
    rows = re.findall(r"^\| ([^|]+\?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(rows) >= 20
    assert [question for question, answer in rows if not re.search(r"`[\w/]+(\.py|/)`", answer)] == []
