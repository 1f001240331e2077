"""Name the plugins of a report: by module path, and also by folder if a path is repeated."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

from layerg_pin.cli.output.display import display_path
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.go.module_files import module_path


def plugin_names(plugins: Iterable[Checked]) -> dict[str, str]:
    """The name of each plugin, by its absolute folder."""
    modules = {each.folder: each.snapshot.gomod.module for each in plugins}
    return _distinct({folder: module.text if module else "" for folder, module in modules.items()})


def names_in(folders: Iterable[str]) -> dict[str, str]:
    """The names of plugins that are not checked yet, by their absolute folders."""
    return _distinct({folder: module_path(os.path.join(folder, "go.mod")) or "" for folder in folders})


def _distinct(modules: Mapping[str, str]) -> dict[str, str]:
    """The names of plugins, by folder, for their module paths; a path is empty if go.mod has no module line."""
    numbers = Counter(modules.values())
    return {folder: _name(folder, module, is_repeated=numbers[module] > 1) for folder, module in modules.items()}


def _name(folder: str, module: str, *, is_repeated: bool) -> str:
    where = display_path(folder)
    if not module:
        return where
    return f"{module} ({where})" if is_repeated else module
