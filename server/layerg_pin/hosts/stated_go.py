"""Read what a host's source tree states about its Go outside of Dockerfiles: in go.mod and, for known hosts, elsewhere.

The Dockerfiles of some known hosts take the release as a build argument without a default. A Makefile variable or a
file of its own then states it.
"""

from __future__ import annotations

import os
import re
from types import MappingProxyType

from layerg_pin.core.buildfiles.go_toolchain import GoChoice, GoLines, default_go
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.known.known_hosts import GO_STATEMENTS, GoStatement
from layerg_pin.core.model.host_manifest import HostBuild
from layerg_pin.core.model.modules import Origin
from layerg_pin.core.text import LineIndex
from layerg_pin.system.text_files import FileError, read_text

_RELEASE = r"(?:go)?(?P<release>1\.\d+(?:\.\d+|rc\d+|beta\d+)?)"
_MAX_FILE = 256 * 1024
"""In bytes. No known file is as large."""


def go_lines(root: str) -> GoLines:
    """The `go` and `toolchain` lines of the go.work in the folder `root`, else of its go.mod."""
    for name, parse in (("go.work", parse_gowork), ("go.mod", parse_gomod)):
        path = os.path.join(root, name)
        try:
            text = read_text(path) if os.path.isfile(path) else ""
        except FileError:
            text = ""
        if not text:
            continue
        file, index = parse(text), LineIndex(text)

        def origin(token: Token | None, path: str = path, name: str = name, index: LineIndex = index) -> Origin | None:
            return Origin(path, index.line_of(token.start), name) if token else None

        go, toolchain = (token.text if token else "" for token in (file.go, file.toolchain))
        return GoLines(go, toolchain, origin(file.go), origin(file.toolchain))
    return GoLines()


def with_stated_go(build: HostBuild | None, root: str, module: str, lines: GoLines) -> HostBuild | None:
    """The build settings of the known host `module` in the folder `root`, with the Go release that its tree states.

    A release in `build`, which a Dockerfile states, stays. `lines` are those of go.mod that may select another Go.
    """
    statement = GO_STATEMENTS.get(module)
    found = _stated(root, statement) if statement and not (build and build.release) else None
    if found is None:
        return build
    release, origin = found
    exact = re.fullmatch(r"1\.\d+", release, re.ASCII) is None
    installed = GoChoice(f"go{release}") if exact else GoChoice(minor=release)
    chosen = default_go(installed, lines)
    known = build or HostBuild()
    if chosen != installed or (known.minor and known.minor != ".".join(release.split(".")[:2])):
        return build
    field = "release" if exact else "minor"
    origins = MappingProxyType({**known.origins, field: origin})
    return known._replace(release=installed.release, minor=installed.minor, origins=origins)


def _stated(root: str, statement: GoStatement) -> tuple[str, Origin] | None:
    """The release in a file, and its line; None if the file does not state exactly one."""
    path = os.path.join(root, *statement.file.split("/"))
    try:
        text = read_text(path, _MAX_FILE) if os.path.isfile(path) else ""
    except FileError:
        return None
    pattern = rf"\s*{_RELEASE}\s*"
    if statement.variable:
        pattern = rf"^[ ]*(?:export[ ]+)?{statement.variable}[ \t]*(?:[:?]|::)?=[ \t]*{_RELEASE}[ \t]*(?:#.*)?$"
        found = list(re.finditer(pattern, text, re.ASCII | re.MULTILINE))
    else:
        found = [match for match in (re.fullmatch(pattern, text, re.ASCII),) if match]
    if len(found) != 1:
        return None
    line = LineIndex(text).line_of(found[0].start("release"))
    return found[0]["release"], Origin(path, line, statement.file)
