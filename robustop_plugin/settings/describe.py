"""One clear line from a validation error: key, value, bound."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from robustop_plugin.engines.registry import ENGINES

BOUNDS = {
    "greater_than": "it must be > {gt}",
    "greater_than_equal": "it must be >= {ge}",
    "less_than": "it must be < {lt}",
    "less_than_equal": "it must be <= {le}",
    "literal_error": "it must be {expected}",
    "too_short": "it must have at least {min_length} entry",
    "string_too_short": "it must have at least {min_length} character",
    "float_type": "it must be a number",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "string_type": "it must be a text in quotes",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "finite_number": "it must be a finite number",
    "model_type": "it must be a block of settings (a dictionary)",
    "model_attributes_type": "it must be a block of settings (a dictionary)",
    "dict_type": "it must be a block of settings (a dictionary)",
}

LONGEST_VALUE = 80


def describe(error: ValidationError, name: str, model: type[BaseModel], *, more_keys: tuple[str, ...] = ()) -> str:
    """Return the first problem of `error` as one line.

    Args:
        error: the error of pydantic.
        name: the name of the block, the start of each path; may be empty.
        model: the model that was validated, for its known keys.
        more_keys: known keys in addition to those of the model.
    """
    return describe_all(error, name, model, more_keys=more_keys)[0]


def describe_all(
    error: ValidationError, name: str, model: type[BaseModel], *, more_keys: tuple[str, ...] = ()
) -> list[str]:
    """Return every problem of `error`, each as one line; the arguments are those of `describe`."""
    return [_described(detail, name, model, more_keys) for detail in error.errors(include_url=False)]


def _described(detail: ErrorDetails, name: str, model: type[BaseModel], more_keys: tuple[str, ...]) -> str:
    kind, location = detail["type"], detail["loc"]
    path = path_of(name, _without_tags(location))
    if kind == "missing":
        return f"{path} was missing: it is required"
    if kind == "extra_forbidden":
        keys = _known_keys(model, location[:-1]) + (list(more_keys) if len(location) == 1 else [])
        bound = f"unknown key; known are {', '.join(sorted(keys))}"
    elif kind in BOUNDS:
        bound = BOUNDS[kind].format(**detail.get("ctx", {}))
    elif kind == "inside":
        return f"{path}.{detail['msg']}" if path else str(detail["msg"])
    else:
        return f"{path}: {detail['msg']}"
    return f"{path} was {shown(detail['input'])}: {bound}"


def path_of(name: str, location: tuple[int | str, ...]) -> str:
    """Return the path of a key, as `block.list[0].key`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{name}{path}" if name else path.lstrip(".")


def shown(value: Any) -> str:
    """Return a value as one short line."""
    try:
        text = repr(value)
    except ValueError:
        # Python refuses to print whole numbers of more than some thousand digits.
        return (
            "a whole number of too many digits"
            if isinstance(value, int)
            else "something with a whole number of too many digits"
        )
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _without_tags(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a location without the engine name that pydantic adds after the index."""
    return tuple(part for before, part in zip((None, *location), location, strict=False) if not _is_tag(before, part))


def _is_tag(before: int | str | None, part: int | str) -> bool:
    return isinstance(before, int) and isinstance(part, str) and part in ENGINES


def _known_keys(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the known keys of the part of `model` at `location`."""
    models = [model]
    for part in location:
        if part in ENGINES:
            models = [block for block in models if part in get_args(block.model_fields["name"].annotation)]
        elif isinstance(part, str) and part in models[0].model_fields:
            models = list(models_in(models[0].model_fields[part].annotation)) or models
    return list(models[0].model_fields)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models inside an annotation such as `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
