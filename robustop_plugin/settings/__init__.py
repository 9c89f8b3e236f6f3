"""The robustop block, validated strictly: a misspelled key is an error, never a silent default."""

from robustop_plugin.settings.blocks import Council, InitialStop, RobustopBlock
from robustop_plugin.settings.load import Settings, load_settings, merged
from robustop_plugin.settings.tuning import tuned, tuned_settings

__all__ = [
    "Council",
    "InitialStop",
    "RobustopBlock",
    "Settings",
    "load_settings",
    "merged",
    "tuned",
    "tuned_settings",
]
