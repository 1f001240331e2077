"""Fixtures that all tests share: the example host and plugin, as a user has them after the first build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from tests.built_binaries import BuiltBinaries
from tests.editors.deb_tool import cache_folder
from tests.truth.table import PROPERTY, table

settings.register_profile("busy machine", deadline=None)  # otherwise an example that takes 0.2 s once is a failure
settings.load_profile("busy machine")

ROOT = Path(__file__).parent.parent

_OF_CALLERS = re.compile(
    r"CI(_.*)?|GITHUB_.*|GITLAB_.*|NO_COLOR|FORCE_COLOR|COLUMNS|LINES|PYTHONUNBUFFERED"
    r"|LAYERG_PIN_(QUIET|VERBOSE|NO_CACHE|FAST_START)"
)
"""Variables of a CI system, a shell or a user, on which the product depends and a test must not."""

CACHE_VARIABLE = "WIN_PD_OVERRIDE_LOCAL_APPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
"""The variable that names the folder of caches; platformdirs reads it."""

if sys.platform == "win32":  # the tests' texts are UTF-8 with `\n`, as on the other systems
    Path.write_text = lambda self, data, *_, **__: self.write_bytes(data.encode("utf-8", "surrogateescape"))  # type: ignore[method-assign,misc]
    Path.read_text = lambda self, *_, **__: self.read_bytes().decode("utf-8").replace("\r\n", "\n")  # type: ignore[method-assign,misc]


@dataclass(frozen=True)
class Examples:
    """Folders of a copy of the examples; the host is vendored, and the modules of both are in the module cache."""

    host: Path
    plugin: Path


def go(folder: Path, *arguments: str, work: str | Path = "off") -> str:
    """Run Go in a folder, as a user would, in the workspace of the go.work `work`; a failure shows Go's output."""
    env = {**os.environ, "GOFLAGS": "", "GOSUMDB": "off", "GOWORK": str(work)}
    done = subprocess.run(("go", *arguments), cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"go {' '.join(arguments)} in {folder}: {done.stderr}"
    return done.stdout


def go_build(folder: Path, *arguments: str, work: str | Path = "off") -> None:
    """Build a plugin as its author would.

    On Windows, where Go builds no plugins, it lists the packages, which fails for the same reasons as loading them.
    """
    if sys.platform == "win32":
        go(folder, "list", "-deps", *arguments, ".", work=work)
    else:
        go(folder, "build", "-buildmode=plugin", *arguments, "-o", os.devnull, ".", work=work)


def copy_examples(target: Path) -> Examples:
    """Copy the examples, vendor the host and download what the plugin needs.

    The host's build/Dockerfile names this machine's Go, with which tests build the host.
    """
    for name in ("host", "plugin"):
        shutil.copytree(ROOT / "examples" / name, target / name, ignore=shutil.ignore_patterns("vendor", "*.so"))
    dockerfile = target / "host" / "build" / "Dockerfile"
    dockerfile.write_text(with_local_go(dockerfile.read_text()))
    go(target / "host", "mod", "vendor")
    go(target / "plugin", "mod", "download")
    return Examples(target / "host", target / "plugin")


def with_local_go(dockerfile: str) -> str:
    """A Dockerfile whose golang image is that of this machine's Go release."""
    return re.sub(r"(?<=FROM golang:)[\d.]+", local_go().removeprefix("go"), dockerfile)


@cache
def local_go() -> str:
    """The release of this machine's Go, as `go1.23.4`."""
    return go(ROOT, "env", "GOVERSION").strip()


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file of a tree."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def still_running(argument: str) -> list[str]:
    """The processes with this argument that still run after ten seconds, in which a killed one ends."""
    deadline = time.monotonic() + 10
    while (found := _processes(argument.encode())) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def _processes(argument: bytes) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [str(path)] if argument in path.read_bytes().split(b"\0") else []
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """Tests see the same terminal and no CI system, wherever they run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if _OF_CALLERS.fullmatch(each)]:
            patch.delenv(name)
        patch.setenv("TERM", "xterm")
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cache Go's answers in a folder of this run. Go's own cache and the installed editors are those of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERG_PIN_TEST_CACHE", str(cache_folder()))
        patch.setenv("GOCACHE", go(ROOT, "env", "GOCACHE").strip())
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return copy_examples(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def examples(_pristine: Examples, tmp_path: Path) -> Examples:
    """A copy of the examples that the test may change."""
    shutil.copytree(_pristine.host.parent, tmp_path / "examples")
    return Examples(tmp_path / "examples" / "host", tmp_path / "examples" / "plugin")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def built_binaries(shared_folder: Path) -> BuiltBinaries:
    """Hosts and plugins of many kinds, in a folder that all workers of this run share."""
    if sys.platform == "win32":
        pytest.skip("Go builds no plugins on Windows")
    root = shared_folder / "built_binaries"
    root.mkdir(exist_ok=True)
    made = BuiltBinaries(root)
    made.prepare()
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report what this run skipped."""
    if not os.environ.get("LAYERG_PIN_REAL_INPUTS"):
        terminalreporter.write_line("left out: the real inputs (LAYERG_PIN_REAL_INPUTS names no folder)")
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = sorted(value for report in reports for name, value in report.user_properties if name == PROPERTY)
    if rows:
        terminalreporter.section("what plugin.Open says, and what layerg-pin says")
        for line in table(rows):
            terminalreporter.write_line(line)
