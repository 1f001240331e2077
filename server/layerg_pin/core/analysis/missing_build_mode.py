"""Find a build that writes a `.so` file without -buildmode=plugin, which a server cannot open."""

from collections.abc import Sequence

from layerg_pin.core.buildfiles.build_file import LIBRARY_MODES, BuildSource
from layerg_pin.core.paths import relative_path


def missing_build_mode(sources: Sequence[BuildSource], folder: str) -> str:
    """Why the only builds of the plugin in `folder` build a program, with file, line and remedy; empty if they do not.

    Source: `go help buildmode`. The default mode builds a program whatever the name of its file.
    """
    files = [source for source in sources if not source.file.is_ci_or_dev]
    if any(source.file.commands for source in files):
        return ""
    for source in files:
        for command in source.file.programs:
            if command.output and command.output.endswith(".so"):
                place = f"{relative_path(source.path, folder)}:{source.index.line_of(command.span.start) + 1}"
                name = command.output.rpartition("/")[2]
                if command.mode in LIBRARY_MODES:
                    how, remedy = f"with -buildmode={command.mode}", "use -buildmode=plugin"
                else:
                    how, remedy = "as a program", "add -buildmode=plugin"
                return f"{place} builds {name} {how}, which no server can open: {remedy}"
    return ""
