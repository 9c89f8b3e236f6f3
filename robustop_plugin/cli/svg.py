"""Saves what a console has recorded as an SVG that fetches nothing from elsewhere."""

from rich.console import Console
from rich.terminal_theme import MONOKAI

FORM = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font-family: "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own form names fonts of another server."""


def as_svg(console: Console, name: str) -> str:
    """Return what a console has recorded; the same text gives the same file.

    Args:
        console: a console that records.
        name: the command whose output it is.
    """
    svg = console.export_svg(title=f"robustop {name}", theme=MONOKAI, code_format=FORM, unique_id=name)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
