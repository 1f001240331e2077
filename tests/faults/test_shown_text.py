"""The output of all commands with odd names and texts: nothing controls a terminal or forges a line.

The commands, options and formats are those of the argument parser; the test fails for one without a run here.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerg_pin.cli.main import build_parser
from layerg_pin.core.markdown import block, code, escaped
from layerg_pin.core.text import json_escaped, printable
from tests.conftest import Examples
from tests.faults.odd_names import (
    FORBIDDEN,
    FORGED,
    LINK,
    NAME,
    TEXT,
    WILD,
    file_name,
    log_text,
    markup,
    poisoned,
    renamed,
    texts,
)
from tests.faults.odd_names import write_profile as odd_profile
from tests.platform_marks import uses_git, uses_odd_folders

_OWN_COLOURS = re.compile(rb"\x1b\[(?:0|1|3[1236])m|\r\x1b\[K")
"""The sequences of our own colours, and the one that erases a progress line."""
_SHARED = {"--color", "-q", "-v", "--no-cache", "--quiet", "--verbose"}
"""Options of all commands, which need not be run with each of them."""
_WITHOUT_ODD_TEXT = {
    *("explain version-mismatch", "init PLUGIN", "cache dir", "cache clean"),
    *(f"completion {shell}" for shell in ("bash", "zsh", "fish", "powershell")),
    "check PLUGIN --color auto --watch --format json",
}
"""Runs whose output contains nothing from the workspace."""


@dataclass(frozen=True)
class Run:
    """A command with its arguments, in which `{plugin}` and similar names are replaced."""

    words: str
    in_place: Mapping[str, str]

    def arguments(self) -> list[str]:
        """The arguments of the process."""
        return [self.in_place.get(word, word) for word in self.words.split()]


RUNS = """
check PLUGIN
check PLUGIN --host HOST --strict --format text
check PLUGIN --host PROFILE --offline
check PLUGIN --format json --build
check ODD
check ODD --format json
check . --host ODD
check LOG PLUGIN
check PLUGIN --host HOST --host PROFILE
check PLUGIN --format sarif
check PLUGIN --format github
check PLUGIN --format gitlab
check PLUGIN --format junit
check --format rdjson PLUGIN
check PLUGIN --host HOST --host PROFILE --format sarif -o ODD.json
check PLUGIN --frob-ODD
check PLUGIN --color always --verbose --no-cache --exit-zero
check PLUGIN --color never --quiet
check PLUGIN --color auto --watch --format json
check --format ODD
fix PLUGIN --diff --offline
fix PLUGIN --diff --host ODD
fix PLUGIN --host PROFILE --build
fix PLUGIN --tidy
fix PLUGIN --vendor
explain version-mismatch
explain LOG --plugin PLUGIN --host HOST --offline
explain LOG --host PROFILE --plugin PLUGIN
explain ODD
explain --line ODD
explain --line LINE
explain - --plugin ODD
host show PLUGIN --offline
host show PLUGIN --host PROFILE
host show PLUGIN --host ODD
host export PLUGIN -o -
host export PLUGIN -o ODD.json
host export PLUGIN --host PROFILE -o -
host export PLUGIN --host HOST --offline
host export PLUGIN --format renovate
host export PLUGIN --host PROFILE --format dependabot -o ODD.json
host export PLUGIN --host PROFILE --format profile -o -
host diff HOST PROFILE
host list ODD
host diff HOST ODD --format json
host diff PROFILE HOST --format json --offline
host diff PROFILE HOST --format text
init PLUGIN
init PLUGIN --host HOST
init PLUGIN --host ODD
init ODD
inspect BINARY
inspect BINARY --format json
inspect BINARY --format text
inspect ODD
predict PLUGIN --host BINARY
predict PLUGIN --host BINARY --offline
predict BINARY --host BINARY --format json
predict BINARY --host BINARY --format text
predict ODD --host ODD
upgrade nakama@3.40.0 PLUGIN --diff --format text
upgrade nakama@3.40.0 PLUGIN --format json --offline
upgrade nakama@3.40.0 PLUGIN --format markdown --build
upgrade ODD PLUGIN
upgrade nakama@3.40.0 ODD
cache dir
cache clean
cache ODD
completion bash
completion zsh
completion fish
completion powershell
completion ODD
help ODD
help host ODD
lsp ODD
ODD
""".strip().splitlines()


def leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The commands of a parser without subcommands."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    for action in below:
        for word, each in action.choices.items():
            yield from leaves(each, f"{name} {word}".strip())
    if not below:
        yield name, parser


def test_every_command_option_and_format_is_run() -> None:
    missing = []
    for name, parser in leaves(build_parser()):
        own = [run.split() for run in RUNS if f"{run} ".startswith(f"{name} ")]
        if not own:
            missing.append(name)
        for action in parser._actions:
            names = [each for each in action.option_strings if each not in ("-h", "--help")]
            runs = [run.split() for run in RUNS] if _SHARED & set(names) else own
            if names and not any(set(names) & set(run) for run in runs):
                missing.append(f"{name} {names[0]}")
            for choice in action.choices or ():
                option = names[0] if names else name.split()[-1]
                if not any(f" {option} {choice}" in " ".join(("", *run)) for run in runs):
                    missing.append(f"{name} {option} {choice}")
    assert missing == []


@pytest.fixture(params=["named", "poisoned"])
def workspace(request: pytest.FixtureRequest, examples: Examples) -> Examples:
    """A workspace that works except for the odd names, and one in which everything is invalid."""
    return renamed(examples, NAME) if request.param == "named" else poisoned(examples)


def in_place(found: Examples) -> dict[str, str]:
    """The values of the names in a run's arguments."""
    root = found.host.parent
    log, binary = root / file_name(f"log{NAME}\udcff"), root / file_name(f"binary{NAME}\udcff")
    log.write_text(log_text(), "utf-8")
    content = Path(sys.executable).resolve().read_bytes()[:4096]
    binary.write_bytes(content)
    return {
        **{"PLUGIN": found.plugin.name, "HOST": found.host.name, "PROFILE": odd_profile(root).name, "LOG": log.name},
        **{"BINARY": binary.name, "ODD": f"{WILD}\udcff", "ODD.json": f"{NAME}\udcff.json"},
        **{"LINE": log_text().splitlines()[0], "--frob-ODD": f"--frob={WILD}"},
    }


def run(arguments: list[str], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run the command with its output in pipes."""
    return subprocess.run(
        [sys.executable, "-m", "layerg_pin", *map(os.fsencode, arguments)],
        cwd=folder,
        env={**os.environ, **env},
        input=log_text().encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )


def wrong_in(output: str) -> list[str]:
    """The lines of an output with control characters, invisible characters or forgeries."""
    return [
        line
        for line in output.split("\n")
        if FORBIDDEN.search(line) or "\r" in line or "\t" in line or LINK.search(line) or line.startswith(FORGED)
    ]


@uses_odd_folders
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_nothing_that_a_command_prints_steers_a_terminal(workspace: Examples, encoding: str) -> None:
    words, root = in_place(workspace), workspace.host.parent
    wrong, silent = {}, []
    for each in RUNS if encoding == "utf-8" else RUNS[::4]:
        done = run(Run(each, words).arguments(), root, {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        is_patch = "--diff" in each  # a pipe gets its exact bytes
        stdout = _OWN_COLOURS.sub(b"", done.stdout) if "--color always" in each else done.stdout
        out, errors = stdout.decode(encoding, "replace" if is_patch else "strict"), done.stderr.decode(encoding)
        assert "Traceback" not in errors, f"{each}: {errors}"
        shown = errors if is_patch else out + errors
        is_json = out.startswith("{")
        if found := wrong_in(errors if is_json else shown) + FORBIDDEN.findall(out if is_json else ""):
            wrong[each] = found
        if "evil" not in out + errors and each not in _WITHOUT_ODD_TEXT:
            silent.append(each)
        if each.endswith("json") and is_json:
            assert json.loads(out)["version"] == 1
    assert wrong == {}
    allowed = {"fix PLUGIN --diff --offline"} if encoding == "utf-8" else set()
    assert set(silent) <= allowed | {"fix PLUGIN --tidy", "fix PLUGIN --vendor", "host export PLUGIN -o -"}, silent


@uses_git
def test_an_odd_patch_applies_and_its_names_are_quoted(examples: Examples) -> None:
    found = renamed(examples, f'{NAME} b\\l"a\udcff')
    root, gomod = found.host.parent, found.plugin / "go.mod"
    before = gomod.read_bytes()
    gomod.write_bytes(
        before.replace(b"go.uber.org/zap v1.26.0", b"go.uber.org/zap v1.26.0 // \xff\x1b[31m\xe2\x80\xae")
    )
    # The host is an argument, since a project file can only name folders in UTF-8.
    done = run(["fix", "--diff", found.plugin.name, "--host", found.host.name], root, {"PYTHONIOENCODING": "ascii"})
    patch = done.stdout
    names = [line for line in patch.split(b"\n") if line.startswith((b"--- ", b"+++ "))]
    assert len(names) == 2
    assert all(FORBIDDEN.search(name.decode()) is None for name in names)
    for command in (["git", "apply", "--unsafe-paths", "-"], ["patch", "-p1", "-R"]):
        applied = subprocess.run(command, cwd=root, input=patch, capture_output=True, check=False)
        assert applied.returncode == 0, applied.stderr
        if command[0] == "git":
            assert b"zap v1.27.0 // \xff\x1b[31m" in gomod.read_bytes()
    assert b"zap v1.26.0 // \xff\x1b[31m" in gomod.read_bytes()


@pytest.mark.parametrize(
    "command", ["check PLUGIN", "fix PLUGIN --diff", "explain LOG --plugin PLUGIN", "host show PLUGIN"]
)
def test_on_a_terminal_only_our_own_colours_steer(examples: Examples, command: str) -> None:
    found = renamed(examples, NAME)
    words, root = in_place(found), found.host.parent
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")
    ours, theirs = pty.openpty()
    arguments = map(os.fsencode, Run(command, words).arguments())
    process = subprocess.Popen(
        [sys.executable, "-m", "layerg_pin", *arguments], cwd=root, stdout=theirs, stderr=theirs, stdin=theirs
    )
    os.close(theirs)
    output = b""
    try:
        while part := os.read(ours, 65536):
            output += part
    except OSError:
        pass  # a terminal ends like this on Linux
    os.close(ours)
    process.wait()
    text = _OWN_COLOURS.sub(b"", output).decode().replace("\r\n", "\n")
    assert "evil\\x1b[31m" in text or "$'pluginevil\\x1b[31m" in text
    assert [line for line in text.split("\n") if FORBIDDEN.search(line)] == []
    if "--diff" in command:
        assert "redirect it to a file" in text


@pytest.mark.parametrize("number", range(0x110000 >> 12))
def test_output_has_only_visible_characters_and_json_stays_valid(number: int) -> None:
    """All characters, so that none can pass because of its number."""
    chars = [chr(each) for each in range(number << 12, (number + 1) << 12)]
    shown = printable("".join(chars))
    assert shown.isprintable()
    assert not FORBIDDEN.search(shown)
    assert printable(shown) == shown
    for whole in (json_escaped(json.dumps(chars, ensure_ascii=False)), json_escaped(json.dumps(chars))):
        assert not FORBIDDEN.search(whole)
        assert json.loads(whole) == chars


@pytest.mark.parametrize(
    "text", [TEXT, WILD, *TEXT.split(), "# h", "- i", "+ i", "1. i", "1) i", "---", "===", "`", "``a`"]
)
def test_markdown_shows_just_the_text(text: str) -> None:
    for shown in (escaped(text), f"- {escaped(text)}", code(text), f"x {code(text)} y", block([text, "```", "~~~~"])):
        assert not FORBIDDEN.search(shown)
        assert markup(shown) == []


def test_the_markdown_checker_finds_active_elements() -> None:
    """The raw text would have become an active element."""
    for raw in ("![i](https://e)", "[c](command:e)", "<img src=x>", "# h", "www.e.com", "me@e.com", "https://e"):
        assert markup(raw) != [], raw
    assert list(texts({"a": ["b", {"c": "d"}]}, frozenset("c"))) == ["a", "b"]
