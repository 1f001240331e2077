"""What is measured: how fast a server starts, and how it keeps up with typing."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.client import Message, Server
from tests.benchmarks.empty_server import BROKEN
from tests.benchmarks.projects import Project

_RUNS = 15
_ENOUGH = 6.0
"""No more runs are started after this many seconds."""
_IDLE = 5.0
"""Seconds for which the processor time of an idle server is counted."""
_QUIET = 3.0
"""After this many seconds without a message, a server has finished its work in the background."""

INITIALIZED = "spawn → initialized"
FIRST = "spawn → first diagnostics"
APPEAR, DISAPPEAR = "edit → diagnostics appear", "edit → diagnostics disappear"
MIDDLE = "edit in the middle of the file → diagnostics appear"
VERSION = "another version in the middle of the file → diagnostics"
BURST = "ten edits at once → diagnostics of the last"
HOVER, ACTION = "hover", "code action at once after an edit"
HOST = "host file changed → diagnostics"
MEMORY, IDLE = "peak memory, MiB", "processor in 5 idle seconds"
FIGURES = (INITIALIZED, FIRST, APPEAR, DISAPPEAR, MIDDLE, VERSION, BURST, HOVER, ACTION, HOST, MEMORY, IDLE)

Figures = dict[str, float]
_VERSION = re.compile(r"^(\t\S+ )v\S+")
"""A require in a block, with its version."""


@dataclass(frozen=True)
class Contender:
    """A server to be measured: its command and its initializationOptions."""

    name: str
    command: tuple[str, ...]
    options: dict[str, str]

    def run(self, project: Project) -> Server:
        """Start it for a project."""
        return Server(self.command, project.folder, self.options, project.environment)


def start(contender: Contender, project: Project) -> tuple[Figures, int]:
    """How long it takes to start, and how many diagnostics go.mod has at the end."""
    server, uri, text = contender.run(project), project.gomod.as_uri(), project.gomod.read_text()
    server.open(project.gomod, text)
    first, _ = server.published(uri, lambda _: True, server.spawned)
    said = _diagnostics(server.settle(_QUIET), uri)
    server.close()
    return {INITIALIZED: server.initialized, FIRST: first}, said


def interact(contender: Contender, project: Project) -> Figures:
    """How an idle server keeps up with edits and requests."""
    server, uri, text = contender.run(project), project.gomod.as_uri(), project.gomod.read_text()
    server.open(project.gomod, text)
    server.published(uri, lambda _: True, server.spawned)
    server.settle(_QUIET)
    editing = _Editing(server, uri, text)
    edits = _repeated(lambda _: (editing.break_line(), editing.repair()))
    middle = _repeated(lambda _: (editing.break_middle_line(), editing.repair()))
    bursts = _repeated(lambda _: (editing.type_fast(), editing.repair()))
    actions = _repeated(lambda run: (editing.request_actions(run),))
    editing.change(text)
    server.settle(_QUIET)
    lines = [number for number, line in enumerate(text.splitlines()) if line.startswith("\t")]
    spots = [lines[run * len(lines) // _RUNS] for run in range(_RUNS)]
    hovers = _repeated(lambda run: server.timed("textDocument/hover", _at(uri, spots[run], 3))[:1])
    figures = {APPEAR: edits[0], DISAPPEAR: edits[1], MIDDLE: middle[0], BURST: bursts[0]}
    figures |= {HOVER: hovers[0], ACTION: actions[0]}
    if "gopls" not in contender.name:  # gopls asks Go first
        figures[VERSION] = _repeated(lambda run: (editing.change_version(run),))[0]
        editing.change(text)
        server.settle(_QUIET)
    if contender.name == "layerg-pin":
        figures[HOST] = _host_changes(server, project)
    _rest(server)
    before = server.cpu_milliseconds()
    time.sleep(_IDLE)
    figures[IDLE] = server.cpu_milliseconds() - before
    figures[MEMORY] = server.peak_mebibytes()
    server.close()
    return figures


def _repeated(run: Callable[[int], tuple[float, ...]]) -> list[float]:
    """The medians of what a run measures."""
    found: list[tuple[float, ...]] = []
    started = time.monotonic()
    while len(found) < _RUNS and (len(found) < 3 or time.monotonic() - started < _ENOUGH):
        found.append(run(len(found)))
        time.sleep(0.05)
    return [statistics.median(each) for each in zip(*found, strict=True)]


def _rest(server: Server) -> None:
    """Wait until a server has nothing left to do in the background, for half a minute at most."""
    for _ in range(10):
        before = server.cpu_milliseconds()
        if not server.settle(_QUIET) and server.cpu_milliseconds() - before < 50:
            return


class _Editing:
    """Adds an invalid line to go.mod, usually after the last line, and removes it again."""

    def __init__(self, server: Server, uri: str, text: str) -> None:
        self.server, self.uri, self.text, self.version = server, uri, text, 1
        self.last = self.broken = text.count("\n")

    def change(self, text: str) -> float:
        self.version += 1
        return self.server.change(self.uri, self.version, text)

    def break_line(self) -> float:
        self.broken = self.last
        return self._published(self.change(f"{self.text}{BROKEN}\n"), self._is_broken)

    def break_middle_line(self) -> float:
        lines = self.text.splitlines(keepends=True)
        self.broken = len(lines) // 2
        text = "".join((*lines[: self.broken], f"{BROKEN}\n", *lines[self.broken :]))
        return self._published(self.change(text), self._is_broken)

    def change_version(self, run: int) -> float:
        """Change the version of a require in the middle of the file."""
        lines = self.text.splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if _VERSION.search(line)]
        middle = at[len(at) // 2]
        lines[middle] = _VERSION.sub(rf"\g<1>v1.{1000 + run}.0", lines[middle])
        return self._published(self.change("".join(lines)), lambda _: True)

    def repair(self) -> float:
        return self._published(self.change(self.text), lambda params: not self._is_broken(params))

    def type_fast(self) -> float:
        self.broken = self.last
        since = self.change(f"{self.text}{BROKEN[:6]}\n")
        for length in range(8, len(BROKEN)):
            self.change(f"{self.text}// {BROKEN[:length]}\n")
        self.change(f"{self.text}{BROKEN}\n")
        return self._published(since, self._is_broken)

    def request_actions(self, run: int) -> float:
        """Request code actions without waiting first, on a line with a finding in all measured plugins."""
        since = self.change(f"{self.text}// {run}\n")
        ends = {"start": {"line": 5, "character": 0}, "end": {"line": 5, "character": 60}}
        params = {"textDocument": {"uri": self.uri}, "range": ends, "context": {"diagnostics": []}}
        return self.server.answered(self.server.ask("textDocument/codeAction", params), since)[0]

    def _published(self, since: float, wanted: Callable[[Message], bool]) -> float:
        def fits(params: Message) -> bool:
            return params.get("version") == self.version and wanted(params)

        return self.server.published(self.uri, fits, since)[0]

    def _is_broken(self, params: Message) -> bool:
        starts = [each["range"]["start"] for each in params["diagnostics"]]
        # The column of the line, or of the word in place of its version: no require has its version at that column.
        places = (0, BROKEN.index("nothing"))
        return any(each["line"] == self.broken and each["character"] in places for each in starts)


def _host_changes(server: Server, project: Project) -> float:
    """How long it takes until the diagnostics show a changed version in the host's file."""
    uri, text = project.gomod.as_uri(), project.listing.read_text()
    head, version = _shared(project)
    times = []
    for patch in range(1, 6):
        other = f"v1.0.{1000 + patch}"
        since = time.monotonic()
        project.listing.write_text(text.replace(f"# {head} {version}\n", f"# {head} {other}\n"))
        times.append(server.published(uri, partial(_names, other), since)[0])
        server.settle(1)
    project.listing.write_text(text)
    return statistics.median(times)


def _shared(project: Project) -> tuple[str, str]:
    """A module of the host's list that the plugin compiles, and its version there."""
    sources = (project.folder / "main.go").read_text()
    for line in project.listing.read_text().splitlines():
        if line.startswith("# ") and f'"{line.split()[1]}' in sources:
            return line.split()[1], line.split()[2]
    raise ValueError(f"{project.name} shares no module with its host")


def _names(version: str, params: Message) -> bool:
    return any(f"host has {version}" in each["message"] for each in params["diagnostics"])


def _diagnostics(said: list[Message], uri: str) -> int:
    """The number of diagnostics in the last notification about a file."""
    published = [each["params"] for each in said if each.get("method") == "textDocument/publishDiagnostics"]
    counts = [len(each["diagnostics"]) for each in published if each["uri"] == uri]
    return counts[-1] if counts else 0


def _at(uri: str, line: int, character: int) -> Message:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
