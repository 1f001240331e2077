"""Rules of the repository that nobody has to remember."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import layerg_pin
from layerg_pin.core.checks import CHECKS
from tests.conftest import ROOT

PACKAGE = ROOT / "server" / "layerg_pin"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CASES = [path.read_text() for path in sorted((ROOT / "tests" / "cases").glob("*/*.txt"))]
PROTOCOL = {"lsprotocol", "pygls"}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, and whether it does so at import time."""
    tree = ast.parse(path.read_text())
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "layerg_pin"
                else [node.module or ""]
            )
        yield from ((name, id(node) not in late) for name in names)


def layer(module: str) -> str:
    """`core`, `lsp`, or the file's own name: the first part below layerg_pin."""
    return module.split(".")[1] if module.startswith("layerg_pin.") else ""


LAYERS = ("core", "system", "go", "source_tree", "hosts", "engine")
"""A folder imports itself and those before it; `binary` imports only `core`; `cli` and `lsp` import all but each other
(but for the command `lsp`).
"""


def may_import(own: str, target: str) -> bool:
    """Whether a module in the folder `own` may import one in the folder `target`, at any time."""
    if own == target:
        return True
    if own == "__main__":
        return target in ("cli", "lsp", "system")
    if own == "binary":
        return target == "core"
    if target == "binary":
        return own in ("hosts", "engine", "cli")
    if own in ("cli", "lsp"):
        return target in LAYERS or (own, target) == ("cli", "lsp")
    return own in LAYERS and target in LAYERS[: LAYERS.index(own)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for name, at_import in imports(path):
        package, target = name.split(".")[0], layer(name)
        if target and target != "__version__":
            assert may_import(own, target), f"{module} imports {name}"
        if (own, target) == ("cli", "lsp"):
            assert (module, at_import) == ("cli.main", False), f"{module} imports {name}, which only `lsp` needs"
        if name == "layerg_pin.cli.binary_commands":
            assert not at_import, f"{module} imports {name} early"
        if own == "core":
            allowed = package == "packaging" or package in sys.stdlib_module_names
            assert target == "core" or allowed, f"core imports {name}"
            assert package not in {"os", "pathlib", "subprocess", "asyncio", "socket", "io"}, f"core imports {name}"
        if own == "binary":
            assert target in ("binary", "core") or package in sys.stdlib_module_names, f"binary imports {name}"
            assert package not in {"subprocess", "asyncio", "socket", "ctypes"}, f"binary imports {name}"
        if package in PROTOCOL:
            assert own == "lsp", f"{module} imports {name}"
        if package == "subprocess":
            assert module == "go.process", f"{module} runs programs"
        if package == "watchdog":
            assert module == "system.watcher", f"{module} imports {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "lsp").rglob("*.py")), ids=lambda path: path.stem)
def test_imports_in_lsp_point_one_way(path: Path) -> None:
    """`protocol` knows no session, `session` no handlers, and only `serve` knows `fast_start`, which may be deleted."""
    own = path.relative_to(PACKAGE / "lsp").parts[0].removesuffix(".py")
    below = {"early": (), "protocol": ("early", "protocol"), "session": ("protocol", "session")}
    for name, at_import in imports(path):
        if not name.startswith("layerg_pin.lsp."):
            continue
        target = name.split(".")[2]
        assert target in below.get(own, (target,)), f"lsp/{own} imports {name}"
        if target == "fast_start" and own != "fast_start":
            assert (own, at_import) == ("serve", False), f"lsp/{own} imports {name}"


def test_no_two_modules_share_a_name() -> None:
    names: dict[str, list[str]] = {}
    for path in SOURCES:
        if path.name not in ("__init__.py", "__main__.py"):
            names.setdefault(path.stem, []).append(str(path.relative_to(PACKAGE)))
    assert {stem: paths for stem, paths in names.items() if len(paths) > 1} == {}


def test_only_core_touches_no_files() -> None:
    for path in (PACKAGE / "core").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
        assert not names & {"open", "print", "input", "exec", "eval"}, path


def test_one_file_writes_what_the_commands_say() -> None:
    """It escapes the text of others. ruff's T20 forbids `print` everywhere, so this is about the streams."""
    for path in PACKAGE.rglob("*.py"):
        writes = set(re.findall(r"sys\.(?:stdout|stderr)\.write(?:lines)?\b", path.read_text()))
        allowed = (
            "terminal.py",
            "__main__.py",
            "serve.py",
            "outbox.py",
        )  # all but the first with texts of their own
        assert not writes or path.name in allowed, f"{path} writes past terminal.py"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_each_check_has_its_page(check: object) -> None:
    code, page = check.code, check.page  # type: ignore[attr-defined]  # a Check
    assert page.startswith(f"\n# {code}\n")
    for heading in ("## Why it", "## Example", "## Cure"):
        assert heading in page, heading
    assert (PACKAGE / "pages" / f"{code}.md").read_text() == page.strip() + "\n", "run make pages"


def test_no_page_is_left_over() -> None:
    assert {path.stem for path in (PACKAGE / "pages").iterdir()} == {check.code for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_each_check_has_cases(check: object) -> None:
    code = check.code  # type: ignore[attr-defined]  # a Check
    if code == "host-not-found":
        return  # tests/hosts/test_hosts.py: it is about folders, not about texts
    failing = [case for case in CASES if re.search(rf"\^ \w+ {code}: ", case)]
    assert failing


def test_codes_are_the_contract() -> None:
    assert {check.code: check.severity.value if check.severity else "off" for check in CHECKS} == {
        "version-mismatch": "error",
        "pin-overruled": "error",
        "replace-mismatch": "warning",
        "workspace-module": "error",
        "blank-import": "warning",
        "go-line-too-new": "warning",
        "toolchain-mismatch": "error",
        "platform-mismatch": "error",
        "build-flags": "warning",
        "host-mismatch": "error",
        "build-drift": "warning",
        "vendor-stale": "warning",
        "does-not-compile": "error",
        "not-resolved": "information",
        "unshared-difference": "off",
        "unneeded-pin": "off",
        "syntax": "error",
        "host-not-found": "information",
        "host-unreadable": "error",
    }


def test_one_version_number() -> None:
    declared = layerg_pin.__version__
    assert version("layerg-pin") == declared
    assert f"## [{declared}]" in (ROOT / "CHANGELOG.md").read_text()
