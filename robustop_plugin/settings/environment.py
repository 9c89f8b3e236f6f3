"""Reads what Freqtrade's environment variables leave as text: `null`, and JSON objects and lists.

Freqtrade converts numbers, `true`, `false` and JSON lists of `FREQTRADE__ROBUSTOP__...`, and lower-cases the names.
"""

import json
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.describe import models_in, shown

NOTHING = ("null", "None")
OPENING = ("{", "[")


def read_text(value: Any, name: str) -> Any:
    """Return what a text stands for where no text is expected; any other value, and any other text, as it is.

    Raises:
        InvalidSettings: The text begins like a JSON object or list and is not valid.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in NOTHING:
        return None
    if not text.startswith(OPENING):
        return value
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSettings(f"{name} was {shown(value)}: it is not valid JSON: {error}") from error


def read_block(block: Any, model: type[BaseModel], name: str) -> Any:
    """Return a block with the texts of all keys read that expect something else than a text.

    Args:
        block: the block as read; it may be a text itself.
        model: the model that it is validated with later.
        name: the name of the block in errors.

    Raises:
        InvalidSettings: with the first such key whose text is not valid JSON.
    """
    block = read_text(block, name)
    if not isinstance(block, Mapping):
        return block
    return {key: _read(key, value, model, f"{name}.{key}") for key, value in block.items()}


def read_layer(layer: Any, model: type[BaseModel], name: str) -> Any:
    """Return a layer of settings, the blocks of its pairs included, with texts read as `read_block` does."""
    layer = read_block(layer, model, name)
    if not isinstance(layer, Mapping) or "pairs" not in layer:
        return layer
    pairs = read_text(layer["pairs"], f"{name}.pairs")
    if isinstance(pairs, Mapping):
        pairs = {pair: read_block(block, model, f"{name}.pairs.{pair}") for pair, block in pairs.items()}
    return {**layer, "pairs": pairs}


def _read(key: Any, value: Any, model: type[BaseModel], name: str) -> Any:
    field = model.model_fields.get(key) if isinstance(key, str) else None
    if field is None or takes_text(field.annotation):
        return value
    value = read_text(value, name)
    inner = next(models_in(field.annotation), None)
    return read_block(value, inner, name) if inner is not None and isinstance(value, Mapping) else value


def takes_text(annotation: Any) -> bool:
    """Return True if a value of this type can be a text."""
    kind, inside = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return any(isinstance(word, str) for word in inside)
    if kind in (Union, UnionType):
        return any(map(takes_text, inside))
    return takes_text(inside[0]) if kind is Annotated else annotation is str
