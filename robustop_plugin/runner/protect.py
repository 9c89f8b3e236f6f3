"""Writes a strategy that derives from the user's and adds robustop; the user's file is never changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.check import check_strategy, loaded_alone
from robustop_plugin.runner.checks.configuration import read_configuration
from robustop_plugin.runner.checks.finding import Report
from robustop_plugin.runner.checks.loading import NotLoaded, find_class
from robustop_plugin.runner.checks.request import Request
from robustop_plugin.runner.protected_file import CLASS_SUFFIX, SUFFIX, protected_text
from robustop_plugin.runner.protected_parameters import parameters_for


class Original(NamedTuple):
    """The user's strategy.

    Attributes:
        strategy: Name of the class.
        file: Its file.
    """

    strategy: str
    file: Path

    @property
    def protected(self) -> str:
        """Name of the class to write."""
        return self.strategy + CLASS_SUFFIX

    @property
    def default_output(self) -> Path:
        """The file to write, if no other is named."""
        return self.file.with_name(f"{self.file.stem}{SUFFIX}.py")


class Protected(NamedTuple):
    """What was written.

    Attributes:
        strategy: Name of the protected class.
        file: Its file.
        parameters: Its parameter file; None if the original has none.
    """

    strategy: str
    file: Path
    parameters: Path | None


def find_original(request: Request, strategy: str) -> Original:
    """Return the user's strategy, which Freqtrade has to load by itself.

    Raises:
        InvalidSettings: It does not, or it is protected already.
    """
    with read_configuration(request, strategy) as config:
        try:
            found = find_class(config)
            if found.is_protected:
                raise InvalidSettings(f"{strategy} has robustop already: robustop check --strategy {strategy}")
            loaded_alone(request, config, found)
        except NotLoaded as error:
            raise InvalidSettings(f"Freqtrade cannot load {strategy} by itself: {error}") from error
    # The name under which Freqtrade found it, which may be a symbolic link.
    return Original(strategy, Path(found.strategy.__file__).absolute())


def write_protected(
    original: Original, output: Path, engines: Sequence[str], *, partials: bool, overwrite: bool
) -> Protected:
    """Write the protected strategy, and a copy of the original's parameter file under the new name.

    Args:
        original: The user's strategy.
        output: The file to write.
        engines: Names of the engines.
        partials: True to sell parts of a position.
        overwrite: True to replace existing files.

    Raises:
        InvalidSettings: A file exists or cannot be written, or Freqtrade would not find what was written.
    """
    _check_output(original, output)
    parameters = output.with_suffix(".json")
    texts = {
        output: protected_text(original.strategy, original.file, engines, partials=partials),
        parameters: parameters_for(original.file.with_suffix(".json"), parameters, original.protected),
    }
    existing = [path for path, text in texts.items() if text is not None and path.exists()]
    if existing and not overwrite:
        raise InvalidSettings(f"{existing[0]} exists: replace it with --force, or name another file with --output")
    try:
        for path, text in texts.items():
            if text is not None:
                path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidSettings(f"{output} cannot be written: {error.strerror}") from error
    return Protected(original.protected, output, None if texts[parameters] is None else parameters)


def _check_output(original: Original, output: Path) -> None:
    """Refuse an output that Freqtrade would not load, or that is the original itself."""
    if output.absolute().parent.resolve() != original.file.parent.resolve():
        raise InvalidSettings(
            f"--output was {output}: it must be in {original.file.parent}, because Freqtrade imports only from the "
            "folder of a strategy"
        )
    if output.resolve() == original.file.resolve():
        raise InvalidSettings(f"--output was {output}: that is the strategy itself, which is never changed")
    if output.suffix != ".py":
        raise InvalidSettings(f"--output was {output}: Freqtrade loads .py files only")


def check_protected(request: Request, protected: Protected) -> Report:
    """Return the findings about what was written."""
    folder = protected.file.absolute().parent
    return check_strategy(request._replace(strategy_path=folder), protected.strategy)
