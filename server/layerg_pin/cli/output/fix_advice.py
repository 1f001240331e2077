"""Advise to run `fix` or another command, and say what it would change."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from layerg_pin.cli.output.problems import unreadable_input_text
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.text import count, enumerated, printable
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.planned_changes import changed_lines, changed_versions, lowered_modules, planned

_PLAIN_ON_WINDOWS = r"[\w+:./\\-]+"
"""A word without characters that are special in PowerShell or cmd."""


def fix_advice(plugins: Iterable[Checked], paths: Sequence[str], host: str) -> str:
    """The `fix` command to run next and its effect; empty if it would change nothing or refuse.

    `paths` and `host` are the arguments of the command that prints the advice.
    """
    readable = (each for each in plugins if not unreadable_input_text(each))
    fixed = [(checked, texts) for checked, texts in planned(readable) if texts != checked.texts]
    if not fixed:
        return ""
    snapshots = [each.analysis.snapshot for each, _ in fixed]
    after = "--vendor" if all(each.vendored for each in snapshots) else "--tidy"
    has_go = any(each.local for each in snapshots)
    effects = enumerated([*_effects(fixed)] or ["makes the plugin's files agree with the host"])
    return f"{fix_command_line(after if has_go else '', paths, host)} {effects}"


def _effects(plugins: Iterable[tuple[Checked, Mapping[str, str]]]) -> Iterator[str]:
    """The changes that `fix` would make to plugins."""
    versions, lowered, excluded, replaced, left, unreplaced = 0, 0, 0, 0, 0, 0
    go: dict[str, None] = {}
    toolchains = 0
    for checked, texts in plugins:
        snapshot = checked.analysis.snapshot
        plugin = snapshot.plugin.path
        old, new = snapshot.gomod, parse_gomod(texts[plugin])
        changed = list(changed_versions(old, new))
        lower = lowered_modules(changed, snapshot.host)
        versions, lowered = versions + len(changed) - lower, lowered + lower
        excluded += len(new.excludes) - len(old.excludes)
        rows = list(changed_lines(checked.texts, texts, plugin, plugin))
        replaced += sum(row.startswith(("replaced: ", "removed replace: ")) for row in rows)
        if new.go and (old.go is None or old.go.text != new.go.text):
            go[new.go.text] = None
        toolchains += old.toolchain is not None and new.toolchain is None
        if work := snapshot.workspace:
            rows = list(changed_lines(checked.texts, texts, work.path, plugin))
            left += sum(row.startswith("removed use: ") for row in rows)
            unreplaced += sum(row.startswith("removed replace: ") for row in rows)
    if versions:
        yield f"sets {count(versions, 'module')} to the host's version"
    if lowered:
        yield f"lowers {count(lowered, 'module')} to a version that the host's Go can build"
    if go:
        yield f"sets the go line to {' and '.join(go)}"
    if toolchains:
        yield "removes the toolchain line"
    if excluded > 0:
        yield f"excludes {count(excluded, 'version')}"
    if replaced:
        yield f"changes {count(replaced, 'replace')}"
    if left:
        yield f"takes {count(left, 'module')} out of the workspace"
    if unreplaced:
        yield f"removes {count(unreplaced, 'replace')} from go.work"


def fix_command_line(option: str, paths: Sequence[str], host: str) -> str:
    """The `fix` command as a user types it, for the paths and the host that another command was given.

    `option` is `--tidy` or `--vendor`, or empty if Go is not to be run afterwards.
    """
    return command_line(
        "fix",
        *((option,) if option else ()),
        *(("--host", host) if host else ()),
        *(paths if paths != ["."] else ()),
    )


def command_line(*words: str) -> str:
    """A command of layerg-pin as a user types it, in backquotes."""
    return f"`{' '.join(map(windows_word if os.name == 'nt' else posix_word, ('layerg-pin', *words)))}`"


def windows_word(word: str) -> str:
    """A word quoted for PowerShell and for cmd, which both know double quotes."""
    return word if re.fullmatch(_PLAIN_ON_WINDOWS, word) else f'"{word}"'


def posix_word(word: str) -> str:
    """A word quoted for a POSIX shell; unprintable characters need ANSI-C quotes, which bash and zsh understand."""
    if printable(word) == word:
        return shlex.quote(word)
    return f"$'{''.join(map(_shell_byte, os.fsencode(word)))}'"


def _shell_byte(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isprintable() and char not in "'\\" else f"\\x{byte:02x}"
