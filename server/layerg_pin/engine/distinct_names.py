"""Name plugins by module path, and also by folder if a path is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping


def distinct_names(modules: Mapping[str, str], display: Callable[[str], str]) -> dict[str, str]:
    """The names of plugins, by folder, for their module paths; a path is empty if go.mod has no module line.

    `display` shortens an absolute path for people.
    """
    numbers = Counter(modules.values())
    names = {}
    for folder, module in modules.items():
        where = display(folder)
        names[folder] = f"{module} ({where})" if module and numbers[module] > 1 else module or where
    return names
