"""Name the plugins of a report: by module path, and also by folder if a path is repeated."""

from __future__ import annotations

import os
from collections.abc import Iterable

from layerg_pin.cli.output.display import display_path
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.distinct_names import distinct_names
from layerg_pin.go.module_files import module_path


def plugin_names(plugins: Iterable[Checked]) -> dict[str, str]:
    """The name of each plugin, by its absolute folder."""
    modules = {each.folder: each.snapshot.gomod.module for each in plugins}
    return distinct_names({folder: module.text if module else "" for folder, module in modules.items()}, display_path)


def names_in(folders: Iterable[str]) -> dict[str, str]:
    """The names of plugins that are not checked yet, by their absolute folders."""
    return distinct_names(
        {folder: module_path(os.path.join(folder, "go.mod")) or "" for folder in folders}, display_path
    )
