"""What the server shows in an open modules.txt: lines that cannot be parsed, and the plugins that use a module.

Plugins are compared with the file on disk, not with its unsaved text.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.gomod.modules_txt import ModulesTxt, parse_modules_txt
from layerg_pin.core.gomod.size_limits import MAX_OPEN_MODULES_TXT
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, Problem, conflict_or_problems
from layerg_pin.engine.settings import Settings
from layerg_pin.lsp.session.open_plugin import Plugin

_MAX_PROBLEMS = 200
"""The maximum number of lines that are reported in one file."""


class ListedModule(NamedTuple):
    """The module, and the package if any, that a line of a modules.txt names."""

    path: str
    version: str | None
    package: str | None


def modules_txt_findings(plugins: Iterable[Plugin], path: str, text: str) -> tuple[Finding, ...]:
    """The lines that cannot be parsed, with the severity that the plugins of this host set for `syntax`.

    A file that lists no module, and is not in a vendor folder, only has the same name and gets no findings.
    """
    parsed = _parse(text)
    if not parsed.modules and os.path.basename(os.path.dirname(path)) != "vendor":
        return ()
    settings = next((plugin.settings for plugin in plugins_of_host(plugins, path)), Settings())
    severity = settings.severity.get("syntax", Severity.ERROR)
    if severity is None:
        return ()
    problems = (
        Finding(code="syntax", severity=severity, message=each.message, path=path, span=each.span)
        for each in _problems(parsed)
    )
    rest = parsed.excess
    excess = (
        (Finding(code="syntax", severity=Severity.INFORMATION, message=rest.message, path=path, span=rest.span),)
        if rest
        else ()
    )
    return (*excess, *problems)


def listed_at(index: LineIndex, line: int) -> ListedModule | None:
    """The module that a 0-based line names; None for other lines."""
    span = index.line_span(line)
    modules = _parse(index.text).modules
    number = bisect_right(modules, span.end, key=lambda module: module.span.start)
    if number == 0:
        return None
    above = modules[number - 1]
    text = index.text[span.start : span.end].strip()
    package = text if text in above.packages else None
    if not package and not text.startswith("#"):
        return None
    return ListedModule(above.path, above.version, package)


def plugins_of_host(plugins: Iterable[Plugin], path: str) -> Iterator[Plugin]:
    """The plugins whose host is described by the modules.txt at a path."""
    real = os.path.realpath(path)
    for plugin in plugins:
        host = plugin.analysis.snapshot.host
        if isinstance(host, HostManifest) and os.path.realpath(host.source.path) == real:
            yield plugin


def _problems(parsed: ModulesTxt) -> tuple[Problem, ...]:
    return conflict_or_problems(parsed.text, parsed.problems)[:_MAX_PROBLEMS]


@lru_cache(maxsize=4)
def _parse(text: str) -> ModulesTxt:
    return parse_modules_txt(text, limit=MAX_OPEN_MODULES_TXT)
