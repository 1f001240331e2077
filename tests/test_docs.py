"""The documentation agrees with the repository: links, paths, commands, options, printed output and generated parts."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.conftest import ROOT, Examples
from tests.test_rules import LAYERS

DOCUMENTS = sorted(
    (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("**/*.md"),
        *(ROOT / folder / "README.md" for folder in ("client-vscode", "examples", "packaging", "tests/editors")),
    )
)
MANUALS = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""The documents about today; the changelog is also about what was."""
_PATH = re.compile(r"(?:server|tests|scripts|docs|client-vscode|client-nvim|examples|packaging)/[\w./-]*")
_MODULE = re.compile(r"(?<![\w./-])(?:cli|lsp|engine|hosts|source_tree|go|system|binary|core)/[\w/]+\.py")
"""A file of the package, named as ARCHITECTURE.md does."""
_BEING_SPLIT = ()
"""Folders that are being reorganised; empty once that is done."""
_BUILT = ("examples/host/vendor/", "examples/host/gameserver")
"""Paths that exist once the examples were built."""
_SHELL_WORD = re.compile(r"'[^']*'|\S+")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code(path: Path) -> Iterator[str]:
    """The code spans and the code blocks of a document."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8")):
        if token.type == "fence":
            yield token.content
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def links(path: Path) -> Iterator[str]:
    """The targets of a document's links and images."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8")):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                yield str(target)


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        target, _, fragment = link.partition("#")
        if ":" in target:
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{name(path)} links to {link}"
        if file.suffix == ".png":
            assert fragment in ("", "gh-light-mode-only", "gh-dark-mode-only")
        elif fragment:
            assert fragment in anchors(file), f"{name(path)} links to {link}; {name(file)} has no such heading"


@pytest.mark.parametrize("path", MANUALS, ids=name)
def test_paths_of_the_repository_exist(path: Path) -> None:
    for text in code(path):
        for found in _PATH.findall(text):
            inside = re.search(rf"(?<![\w./-]){re.escape(found)}", text)
            if inside and not found.startswith(_BUILT) and "/my_" not in found and "/my-" not in found:
                assert (ROOT / found.rstrip("/.")).exists(), f"{name(path)} names {found}, which does not exist"


def test_files_of_the_package_exist() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    for found in _MODULE.findall(text):
        if not found.startswith(_BEING_SPLIT):
            assert (ROOT / "server" / "layerg_pin" / found).exists(), f"docs/ARCHITECTURE.md names {found}"


def test_the_layers_are_those_of_the_import_rules() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    assert " < ".join(LAYERS) in text, "docs/ARCHITECTURE.md, Layers: LAYERS in tests/test_rules.py has other folders"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 200, "move details of README.md to docs/"


@cache
def usage(command: str) -> str:
    """The help of a command, such as `check` or `host show`; empty if there is no such command."""
    run = (sys.executable, "-m", "layerg_pin", *command.split(), "--help")
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of layerg-pin in a piece of code: the command, and the options that it has there."""
    text = re.sub(r"\[|\]", " ", text)
    for line in re.findall(r"(?:^|\$ |\| |&& )layerg-pin ([a-z][^#\n]*)", text, re.MULTILINE):
        words = _SHELL_WORD.findall(line)
        command = " ".join(words[:2]) if words[0] == "host" and len(words) > 1 else words[0]
        yield command, [word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z][\w=-]*", word)]


@pytest.mark.parametrize("path", MANUALS, ids=name)
def test_commands_and_options_exist(path: Path) -> None:
    for text in code(path):
        for command, options in commands(text):
            described = usage(command)
            assert described, f"{name(path)} names the command `layerg-pin {command}`, which does not exist"
            for option in options:
                assert re.search(rf"(?<![\w-]){option}(?![\w-])", described), f"{name(path)}: {command} has no {option}"


def test_every_command_and_option_is_documented() -> None:
    page = ROOT / "docs" / "command-line.md"
    documented: dict[str, set[str]] = {}
    for text in code(page):
        for command, options in commands(text):
            documented.setdefault(command, set()).update(options)
    top = re.findall(r"^    ([a-z]+) ", usage(""), re.MULTILINE)
    verbs = re.findall(r"^    ([a-z]+) ", usage("host"), re.MULTILINE)
    assert top
    assert verbs
    shared = {"--color", "-q", "-v", "--no-cache"}  # they have a section of their own
    text = page.read_text("utf-8")
    assert all(f"| `{each}" in text for each in shared), "docs/command-line.md: Options of all commands lacks one"
    for command in [*(each for each in top if each != "host"), *(f"host {verb}" for verb in verbs)]:
        assert command in documented, f"docs/command-line.md does not describe `layerg-pin {command}`"
        available = set(re.findall(r"^  (--?[a-z][\w-]*)", usage(command), re.MULTILINE)) - {"-h"} - shared
        missing = available - documented[command]
        assert not missing, f"docs/command-line.md: the usage of `layerg-pin {command}` lacks {sorted(missing)}"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for path in MANUALS:
        for text in code(path):
            for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{name(path)}: there is no make {target}"


def test_documented_output_is_current(examples: Examples) -> None:
    """The findings that README.md shows are those that `check` prints for the example."""
    root = examples.plugin.parent.parent
    run = (sys.executable, "-m", "layerg_pin", "check", "examples/plugin")
    printed = subprocess.run(run, cwd=root, capture_output=True, text=True, check=False).stdout.splitlines()
    text = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(r"^\$ layerg-pin check examples/plugin\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert shown
    for line in shown[1].splitlines():
        assert line == "…" or line in printed, f"README.md shows {line!r}; check prints:\n" + "\n".join(printed)


def test_generated_files_are_current() -> None:
    script: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "generate.py"))
    stale: Callable[[], list[Path]] = script["stale"]
    assert not stale(), f"{', '.join(map(str, stale()))}: run `make generate`"


def test_the_navigation_has_every_page() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    for path in (ROOT / "docs").glob("**/*.md"):
        page = str(path.relative_to(ROOT / "docs"))
        if page != "checks.md":  # scripts/site_hooks.py adds it with the pages of the checks
            assert f": {page}\n" in navigation, f"add {page} to the nav of mkdocs.yml"


def test_the_documentation_is_built_with_the_locked_tools() -> None:
    """`make docs` installs into the development tools' environment, and must not change their versions."""

    def pinned(name: str) -> set[tuple[str, str]]:
        return set(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    tools, documentation = pinned("requirements-dev.txt"), pinned("requirements-docs.txt")
    both = dict(tools).keys() & dict(documentation).keys()
    assert {each for each in documentation - tools if each[0] in both} == set(), "run `make lock`"
