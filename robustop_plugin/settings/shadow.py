"""The block `shadow`, and what a list of engines has to be."""

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from robustop_plugin.engines.registry import ENGINES
from robustop_plugin.settings.base import Block
from robustop_plugin.settings.engines import AnyEngine

OneEngine = Annotated[AnyEngine, Field(discriminator="name")]


def known_engines(engines: list[Any]) -> list[Any]:
    """Reject engines that are unknown or named twice."""
    names = [engine.get("name") if isinstance(engine, dict) else None for engine in engines]
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in ENGINES:
            raise PydanticCustomError(
                "engine",
                "engine {index} was {engine}: it must be a dictionary whose name is one of {known}",
                {"index": index, "engine": repr(engines[index]), "known": ", ".join(ENGINES)},
            )
        if name in names[:index]:
            raise PydanticCustomError("engine", "engine {name} was named twice", {"name": repr(name)})
    return engines


class WithEngines(Block):
    """A block with a list of engines."""

    @model_validator(mode="before")
    @classmethod
    def _engines(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("engines"), list):
            known_engines(data["engines"])
        return data


class Shadow(WithEngines):
    """A second list of engines: it decides beside the acting one, and changes nothing."""

    engines: list[OneEngine] = Field(min_length=1)
