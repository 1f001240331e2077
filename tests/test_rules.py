"""Rules of the repository."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import layerg_pin
from layerg_pin.core.checks import CHECKS
from tests.conftest import ROOT

PACKAGE = ROOT / "server" / "layerg_pin"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CASES = [path.read_text() for path in sorted((ROOT / "tests" / "cases").glob("*/*.txt"))]
CODES = {
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
    "newer-release": "off",
    "syntax": "error",
    "host-not-found": "information",
    "host-unreadable": "error",
}
"""The codes of the checks and their default severities, which users rely on."""
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


CORE_LIBRARIES = {"packaging", "tomlkit", "yaml"}
"""The libraries that core may import: they only turn text into values and back."""
RARELY_NEEDED = {"tomlkit", "platformdirs", "yaml"}
"""Libraries that are imported when they are first needed: `check` starts without them."""

LAYERS = ("core", "system", "go", "source_tree", "hosts", "engine")
"""A folder imports itself and those before it; `binary` imports only `core` and `system`; `cli` and `lsp` import all
but each other (but for the command `lsp`).
"""


def may_import(own: str, target: str) -> bool:
    """Whether a module in the folder `own` may import one in the folder `target`, at any time."""
    if own == target:
        return True
    if own == "__main__":
        return target in ("cli", "lsp", "system")
    if own == "binary":
        return target in ("core", "system")
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
        if re.fullmatch(r"layerg_pin\.cli\.\w+_command", name):
            assert not at_import, f"{module} imports {name} early"
        if own == "core":
            allowed = package in CORE_LIBRARIES or package in sys.stdlib_module_names
            assert target == "core" or allowed, f"core imports {name}"
            assert package not in {"os", "pathlib", "subprocess", "asyncio", "socket", "io"}, f"core imports {name}"
        if own == "binary":
            assert target in ("binary", "core", "system") or package in sys.stdlib_module_names, (
                f"binary imports {name}"
            )
            assert package not in {"subprocess", "asyncio", "socket", "ctypes"}, f"binary imports {name}"
        if package in PROTOCOL:
            assert own == "lsp", f"{module} imports {name}"
        if package in RARELY_NEEDED:
            assert not at_import or module == "core.buildfiles.yaml_nodes", f"{module} imports {name} early"
        if name == "layerg_pin.core.buildfiles.compose" and own != "core":
            assert not at_import, f"{module} imports {name} early, and with it a YAML parser"
        if package == "subprocess":
            assert module == "go.process", f"{module} runs programs"
        if package == "watchdog":
            assert module == "system.watcher", f"{module} imports {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "lsp").rglob("*.py")), ids=lambda path: path.stem)
def test_imports_in_lsp_point_one_way(path: Path) -> None:
    """`protocol` knows no session, `session` no handlers, and only `serve` knows `fast_start`, which may be deleted."""
    own = path.relative_to(PACKAGE / "lsp").parts[0].removesuffix(".py")
    below = {"fast_start_result": (), "protocol": ("fast_start_result", "protocol"), "session": ("protocol", "session")}
    for name, at_import in imports(path):
        if not name.startswith("layerg_pin.lsp."):
            continue
        target = name.split(".")[2]
        assert target in below.get(own, (target,)), f"lsp/{own} imports {name}"
        if target == "fast_start" and own != "fast_start":
            assert (own, at_import) == ("serve", False), f"lsp/{own} imports {name}"


LONGEST_FILE = 350


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_file_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE, f"split {path.relative_to(ROOT)} by purpose"
    if path.name == "__init__.py" and not text:
        return  # the folder is described in docs/ARCHITECTURE.md
    docstring = ast.get_docstring(ast.parse(text)) or ""
    sentence = docstring.partition("\n\n")[0]
    is_page = docstring.startswith(
        f"# {path.stem.replace('_', '-')}"
    )  # a check's page, which starts with a sentence too
    assert is_page or sentence.endswith((".", ")")), f"{path.relative_to(ROOT)}: begin with a sentence"


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


LARGE = 4
"""A record with more fields than this is constructed by keyword."""


def classes_of(path: Path) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


def is_record(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> bool:
    bases = [ast.unparse(base) for base in node.bases]
    is_dataclass = any("dataclass" in ast.unparse(each) for each in node.decorator_list)
    return (
        is_dataclass
        or "NamedTuple" in bases
        or any(each in classes and is_record(classes[each], classes) for each in bases)
    )


def records() -> Iterator[tuple[str, str]]:
    """The module and name of each NamedTuple and dataclass."""
    for path in SOURCES:
        classes = classes_of(path)
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        yield from ((module, name) for name, node in classes.items() if is_record(node, classes))


RECORDS = frozenset(records())


def positional_records(module: str, source: str) -> Iterator[str]:
    """The records that a file constructs with more than LARGE positional arguments, each with its line."""
    tree = ast.parse(source)
    known = {name for owner, name in RECORDS if owner == module}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name for alias in node.names if (node.module, alias.name) in RECORDS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > LARGE:
            yield from (f"{name}:{node.lineno}" for name in known if name == node.func.id)


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_large_records_are_constructed_by_keyword(path: Path) -> None:
    """A NamedTuple cannot be keyword-only. Frozen dataclasses can, but made start-up a fifth slower (measured)."""
    root = PACKAGE.parent if path.is_relative_to(PACKAGE) else ROOT
    module = ".".join(path.relative_to(root).with_suffix("").parts)
    assert list(positional_records(module, path.read_text())) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_annotations_of_records_are_evaluated(path: Path) -> None:
    """NamedTuple compiles each annotation that is a string: 7 ms in all before the first diagnostics (measured)."""
    text = path.read_text()
    if re.search(r"^class \w+\(NamedTuple\)", text, re.MULTILINE):
        assert "from __future__ import annotations" not in text, "quote the annotations that cannot be evaluated yet"


def test_the_rule_about_records_finds_positional_ones() -> None:
    source = "from layerg_pin.core.finding import Finding\nFinding(1, 2, 3, 4)\nFinding(1, 2, 3, 4, 5)\n"
    assert list(positional_records("tests.example", source)) == ["Finding:3"]
    own = "layerg_pin.core.model.snapshot"
    assert list(positional_records(own, "Snapshot(1, 2, 3, 4, 5)")) == ["Snapshot:1"]
    assert ("layerg_pin.core.analysis.analyse", "Analysis") in RECORDS


def test_results_are_cached_by_value() -> None:
    """Caches are objects that are passed in, see AnalysisCache; equality is not redefined to make them work."""
    for path in SOURCES:
        text = path.read_text()
        assert not re.search(r"\bWeak(Key|Value)Dictionary\b", text), path
        assert not re.search(r"def __(eq|hash)__\b", text), path


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_each_check_has_its_page(check: object) -> None:
    code, page = check.code, check.page  # type: ignore[attr-defined]  # a Check
    assert page.startswith(f"\n# {code}\n")
    for heading in ("## Why it", "## Example", "## How to fix it"):
        assert heading in page, f"the docstring of the check {code} has no heading that begins with {heading}"
    file = PACKAGE / "pages" / f"{code}.md"
    assert file.exists(), f"{file} is missing: run `make generate`"
    assert file.read_text() == page.strip() + "\n", f"{file} is not the docstring of the check: run `make generate`"


def test_no_page_is_left_over() -> None:
    left = {path.stem for path in (PACKAGE / "pages").iterdir()} - {check.code for check in CHECKS}
    assert not left, f"no check has these pages: {left}; run `make generate`"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_each_check_has_cases(check: object) -> None:
    code = check.code  # type: ignore[attr-defined]  # a Check
    if code == "host-not-found":
        return  # tests/hosts/test_hosts.py: it is about folders, not about texts
    failing = [case for case in CASES if re.search(rf"\^ \w+ {code}: ", case)]
    assert failing, f"add a case that expects {code}: a file tests/cases/{code}/NAME.txt, see tests/cases/harness.py"


def test_each_check_is_registered() -> None:
    registered = {id(check) for check in CHECKS}
    for path in (PACKAGE / "core" / "checks").glob("*.py"):
        check = getattr(import_module(f"layerg_pin.core.checks.{path.stem}"), "CHECK", None)
        assert check is None or id(check) in registered, f"add {path.stem}.CHECK to CHECKS in core/checks/__init__.py"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_the_changelog_names_each_check(check: object) -> None:
    code = check.code  # type: ignore[attr-defined]  # a Check
    assert f"`{code}`" in (ROOT / "CHANGELOG.md").read_text(), f"add a line about `{code}` to CHANGELOG.md"


def test_codes_are_the_contract() -> None:
    severities = {check.code: check.severity.value if check.severity else "off" for check in CHECKS}
    assert severities == CODES, "a new check is added to CODES in tests/test_rules.py; existing lines must not change"


def test_one_version_number() -> None:
    declared = layerg_pin.__version__
    assert version("layerg-pin") == declared
    assert f"## [{declared}]" in (ROOT / "CHANGELOG.md").read_text()
