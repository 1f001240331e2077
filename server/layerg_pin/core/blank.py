"""Pins with a blank import, which make the requirement direct and the pin explicit, as Layerg's documentation asks.

Only a package that the plugin compiles already, and that the host lists, may be imported: any other can cause the very
rejection that the pin is to prevent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from layerg_pin.core.analysis import Analysis, Difference
from layerg_pin.core.cures import pin_fix
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gofile import blank_import_edits
from layerg_pin.core.gomod import GoMod
from layerg_pin.core.manifest import HostManifest, Snapshot
from layerg_pin.core.text import Span, TextEdit


def blank_fix(analysis: Analysis, difference: Difference) -> Fix | None:
    """The fix that pins a module and imports one of its packages blank; None where that is not safe or not needed."""
    snapshot, pin = analysis.snapshot, difference.pin
    fix = pin_fix(snapshot.gomod, pin, analysis.alignment, " and import it blank") if pin else None
    package = _package(snapshot, difference)
    if fix is None or package is None or snapshot.gomod.require(difference.plugin.path) is None:
        return None
    others = tuple(
        FileEdits(main.path, main.file.text, edits)
        for main in snapshot.mains
        if (edits := blank_import_edits(main.file, (package,)))
    )
    if not others:
        return None
    edits = (*fix.edits, *_direct_edits(snapshot.gomod, difference.plugin.path))
    return replace(fix, edits=edits, others=others)


def _package(snapshot: Snapshot, difference: Difference) -> str | None:
    """The package to import: the module's own, else the one nearest to it; None where one is imported already."""
    host = snapshot.host
    if not isinstance(host, HostManifest) or host.packages is None:
        return None
    listed = [package for package, module in host.packages.items() if module == difference.host.path]
    compiled = difference.packages if snapshot.build else listed
    imported = frozenset(path for main in snapshot.mains for path in main.imports)
    if imported.intersection(compiled):
        return None
    return min(filter(_is_importable, compiled), key=lambda package: (package.count("/"), package), default=None)


def _is_importable(package: str) -> bool:
    return "internal" not in package.split("/")


def _direct_edits(gomod: GoMod, module: str) -> Iterable[TextEdit]:
    """Take `// indirect` from the module's requires; what else the comment says stays."""
    for require in gomod.required.get(module, ()):
        comment = require.line.comment
        if require.indirect and comment:
            words = comment.text.removeprefix("//").strip().removeprefix("indirect").removeprefix(";").strip()
            start = comment.span.start if words else require.version.span.end
            yield TextEdit(Span(start, comment.span.end), f"// {words}" if words else "")
