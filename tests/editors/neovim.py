"""Find a Neovim, and let it run a plan: the steps of one test, which neovim.lua executes."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import contents
from tests.editors.deb_tool import SUITE, unpacked
from tests.editors.expected import Mismatch, Place, place
from tests.editors.processes import MARK, left_behind

_SCRIPT = Path(__file__).with_name("neovim.lua")
_OLDEST = (0, 10)
_TIMEOUT = 90

Step = dict[str, Any]


class NoNeovim(Exception):
    """There is no Neovim to test with; the text says why."""


@dataclass(frozen=True, slots=True)
class Neovim:
    """How to start a Neovim."""

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> tuple[int, ...]:
        done = subprocess.run(
            [*self.command, "--version"], env={**os.environ, **self.env}, capture_output=True, text=True, timeout=30
        )
        found = re.match(r"NVIM v(\d+)\.(\d+)", done.stdout)
        if found is None:
            raise NoNeovim(f"{' '.join(self.command)} does not report its version: {done.stderr or done.stdout}")
        return tuple(int(number) for number in found.groups())


def find_neovim() -> Neovim:
    """The Neovim that $NVIM names, or one on PATH that is new enough, or Debian's. Raises NoNeovim and DebError."""
    # In a terminal inside Neovim, $NVIM is the socket of that one.
    named = os.environ.get("NVIM", "")
    if named and not (os.path.exists(named) and stat.S_ISSOCK(os.stat(named).st_mode)):
        program = shutil.which(named)
        if program is None:
            raise NoNeovim(f"$NVIM is {named}, which is not a program")
        own = Neovim((program,))
        if own.version < _OLDEST:
            raise NoNeovim(f"$NVIM is {named}, which is older than 0.10")
        return own
    found = shutil.which("nvim")
    if found and Neovim((found,)).version >= _OLDEST:
        return Neovim((found,))
    return debian_neovim(SUITE)


def debian_neovim(suite: str) -> Neovim:
    """The Neovim of a suite of Debian. Raises DebError."""
    prefix = unpacked("neovim", suite=suite)
    share = prefix.root / "usr" / "share" / "nvim"
    modules = next(prefix.root.glob("usr/lib/*/lua/5.1"), prefix.root)
    env = {"VIM": str(share), "VIMRUNTIME": str(share / "runtime"), "LUA_CPATH": f"{modules}/?.so;;"}
    # Its parsers of Markdown, which hovers are shown with, and of the help.
    parsers = f"set runtimepath+={prefix.root / 'usr' / 'lib' / 'nvim'}"
    return Neovim((*prefix.command("usr/bin/nvim"), "--cmd", parsers), env)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a run of Neovim."""

    returncode: int
    output: str
    log: str
    """Neovim's log of its language clients, with what the server wrote to standard error."""
    processes: Mapping[int, str]
    """The processes that still ran when they should have ended."""
    published: Sequence[Mapping[str, Any]]
    """The parameters of each textDocument/publishDiagnostics."""
    milliseconds: Sequence[int]
    """How long each waiting step waited."""

    def __str__(self) -> str:
        return f"exit code {self.returncode}\n{self.output}\n{self.log[-4000:]}"


@dataclass(frozen=True, slots=True)
class Editor:
    """A Neovim with folders of its own, and a plugin to edit in it."""

    neovim: Neovim
    plugin: Path
    home: Path
    server: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *steps: Step, **options: Any) -> Outcome:
        """Run a plan that must succeed, and change nothing but go.mod."""
        before = contents(self.plugin)
        outcome = self.attempt(*steps, **options)
        assert outcome.returncode == 0, outcome
        self._check(outcome, before)
        return outcome

    def crash(self, *steps: Step, **options: Any) -> Outcome:
        """Run a plan and then kill Neovim; the checks of `run` must succeed as well."""
        before = contents(self.plugin)
        outcome = self.attempt(*steps, {"do": "crash"}, **options)
        assert outcome.returncode == -9, outcome
        self._check(outcome, before)
        return outcome

    def _check(self, outcome: Outcome, before: Mapping[str, bytes]) -> None:
        assert not outcome.processes, f"still running: {outcome.processes}"
        assert "Traceback" not in outcome.log, outcome
        after = contents(self.plugin)
        gomod = str(self.plugin / "go.mod")
        assert {**after, gomod: b""} == {**before, gomod: b""}
        assert not [*(self.home / "tmp").glob("layerg-pin-*")]

    def attempt(
        self,
        *steps: Step,
        server: Sequence[str] | None = None,
        init_options: Mapping[str, object] | None = None,
        encodings: Sequence[str] = ("utf-8", "utf-16", "utf-32"),
        path: str = "",
        patience: int = 10_000,
        init: str | None = None,
    ) -> Outcome:
        """Run a plan, which may fail.

        `path` is a folder to be put before PATH; `patience` is how many milliseconds a step may wait; `init` is Lua
        that sets up the language servers in place of all that is above.
        """
        for folder in ("config", "data", "state", "cache", "run", "tmp"):
            (self.home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        plan, report = self.home / "plan.json", self.home / "report.json"
        content = {
            "server": list(server or self.server),
            "init_options": init_options,
            "encodings": encodings,
            "patience": patience,
            "init": init,
            "steps": steps,
            "report": str(report),
        }
        plan.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
        report.unlink(missing_ok=True)
        mark = uuid.uuid4().hex
        env = self._environment(plan, mark, path)
        with subprocess.Popen(
            [*self.neovim.command, "--clean", "--headless", "-l", str(_SCRIPT)],
            cwd=self.home,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                output = process.communicate(timeout=_TIMEOUT)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                output = process.communicate()[0] + f"\nNeovim did not end within {_TIMEOUT} s".encode()
            finally:
                processes = left_behind(mark)
        log = self.home / "state" / "nvim" / "lsp.log"
        reported = json.loads(report.read_text()) if report.is_file() else {}
        return Outcome(
            returncode=process.returncode,
            output=output.decode("utf-8", "replace"),
            log=log.read_text("utf-8", "replace") if log.is_file() else "",
            processes=processes,
            published=reported.get("published") or [],
            milliseconds=reported.get("milliseconds") or [],
        )

    def _environment(self, plan: Path, mark: str, path: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("NVIM", "VIM", "XDG_", "MYVIM"))}
        return {
            **kept,
            **self.env,
            **self.neovim.env,
            "PATH": os.pathsep.join(filter(None, (path, self.env.get("PATH", os.environ["PATH"])))),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "TMPDIR": str(self.home / "tmp"),
            "LAYERG_PIN_TEST_PLAN": str(plan),
            MARK: mark,
        }


def open_file(path: Path, *servers: str) -> Step:
    """Open a file and wait until exactly these servers serve it."""
    return {"do": "open", "path": str(path), "servers": sorted(servers or ("layerg-pin",))}


def open_unserved(path: Path) -> Step:
    """Open a file that no server need serve."""
    return {"do": "open", "path": str(path), "servers": ()}


def clients(**buffers: int) -> Step:
    """Exactly these servers must be running, each for this number of buffers."""
    return {"do": "clients", "expected": sorted(f"{name}: {number}" for name, number in buffers.items())}


def hover(at: Place, *parts: str) -> Step:
    """Hover, and wait for a window that shows all of these."""
    return {"do": "hover", "line": at.line, "column": at.start, "parts": parts}


def hints(text: str, expected: Mapping[str, str]) -> Step:
    """Wait until exactly these modules of go.mod, in its order, have a hint, each with its label."""
    return {"do": "hints", "expected": [f"{place(text, name).line} {label}" for name, label in expected.items()]}


def checkhealth(*parts: str) -> Step:
    """Run `:checkhealth layerg_pin`, whose report must contain all of these."""
    return {"do": "checkhealth", "parts": parts}


def shown_message(text: str) -> Step:
    """Wait for a message to the user, which without this step fails the run."""
    return {"do": "shown_message", "text": text}


def help_page(folder: Path, tag: str) -> Step:
    """Open a page of a plugin's help."""
    return {"do": "help", "folder": str(folder), "tag": tag}


def execute(server: str, command: str, *arguments: Any) -> Step:
    """Have a server run a command, and wait for its end."""
    return {"do": "execute", "server": server, "command": command, "arguments": arguments}


def answer(*texts: str) -> Step:
    """Let the user answer the next questions with the items that begin with these texts."""
    return {"do": "answer", "texts": texts}


def run_action(line: int, title: str) -> Step:
    """Run the action with a title, which runs a command, at a line."""
    return {"do": "run_action", "line": line, "title": title}


def window(*parts: str) -> Step:
    """Wait until a window shows all of these."""
    return {"do": "window", "parts": parts}


def has(path: Path, *parts: str) -> Step:
    """Wait until an open file contains all of these."""
    return {"do": "has", "path": str(path), "parts": parts}


def messages(path: Path, *parts: str) -> Step:
    """Wait until an open file shows one diagnostic for each of these parts of `SOURCE: MESSAGE`, and no more."""
    return {"do": "messages", "path": str(path), "parts": parts}


def mismatches(
    text: str, expected: Iterable[Mismatch], severity: str = "ERROR", *, only: str = "", within: int | None = None
) -> Step:
    """Wait until exactly these modules of go.mod are reported, each at its version; `within` milliseconds if given.

    `only` limits what is looked at to the diagnostics with that code.
    """
    diagnostics = []
    for mismatch in expected:
        at = place(text, mismatch.module)
        parts = [mismatch.module, at.version, mismatch.host]
        if severity == "ERROR":
            parts.append("linked into both")
        line = f"{at.line}:{at.start}-{at.line}:{at.stop} {severity} layerg-pin[version-mismatch]"
        diagnostics.append({"line": line, "message": parts})
    step = {"do": "diagnostics", "expected": diagnostics, "only": only or None, "within": within}
    return {key: value for key, value in step.items() if value is not None}


def command(folder: Path, *words: str) -> Step:
    """Run a command beside the editor, with Go set up as the tests need it."""
    env = {"GOFLAGS": "", "GOSUMDB": "off", "GOWORK": "off"}
    return {"do": "command", "command": words, "folder": str(folder), "env": env}


def reload() -> Step:
    """Read the file again, as after a change from outside."""
    return {"do": "reload"}


def write_all() -> Step:
    """Write every changed file."""
    return {"do": "write_all"}


def nothing_wrong() -> Step:
    """Wait until no diagnostic is shown."""
    return mismatches("", ())


def replace(at: Place, text: str) -> Step:
    """Type over a part of a line."""
    return {"do": "edit", "line": at.line, "start": at.start, "stop": at.stop, "text": text}


def quick_fix(at: Place, title: str, prefix: str, *, column: int | None = None) -> Step:
    """Apply the only quick fix whose title begins with `prefix`; it must have that title."""
    column = at.start if column is None else column
    return {"do": "action", "line": at.line, "column": column, "kind": "quickfix", "title": title, "prefix": prefix}


def offered(at: Place, title: str) -> Step:
    """Wait until an action with this title is offered: Go may have to try it before."""
    return {"do": "offered", "line": at.line, "column": at.start, "title": title}


def source_action(kind: str, title: str) -> Step:
    """Request the actions of a kind at the top of the file, and apply the only one."""
    return {"do": "action", "line": 0, "column": 0, "only": [kind], "kind": kind, "title": title, "prefix": ""}


def buffer(text: str, format: str = "unix") -> Step:
    """The buffer must have this text, and this end of line."""
    return {"do": "buffer", "text": text, "format": format}


def write() -> Step:
    """Save the buffer."""
    return {"do": "write"}


def undo() -> Step:
    """Undo once."""
    return {"do": "undo"}


def running(text: str) -> Step:
    """Wait until a process runs whose command line holds a text."""
    return {"do": "process", "text": text}
