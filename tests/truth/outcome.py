"""Run a variant: build, open, check, fix, build and open again."""

from __future__ import annotations

import difflib
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerg_pin.cli.main import main
from tests.truth.hosts import Opened, World, build_and_open, run_go
from tests.truth.variant import Variant

NOT_FITTING = frozenset(("replace-mismatch", "vendor-stale"))
"""Codes that are not errors by default, but mean that the plugin cannot be built or loaded unchanged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of `check` for a plugin."""

    word: str
    """`fits`, `refused`, or `unknown` if check could not judge."""
    findings: tuple[Mapping[str, Any], ...]

    @property
    def codes(self) -> str:
        """The codes of the findings, without duplicates."""
        return " ".join(dict.fromkeys(finding["code"] for finding in self.findings))

    @property
    def is_certain(self) -> bool:
        """Whether it has an error that is certain."""
        return any(each["severity"] == "error" and each["certainty"] == "certain" for each in self.findings)

    def names(self, package: str) -> bool:
        """Whether a finding is about the module or package that plugin.Open reports."""
        modules = [finding["module"] for finding in self.findings if finding["module"]]
        return any(package == module or package.startswith(f"{module}/") for module in modules)

    def __str__(self) -> str:
        return f"{self.word} ({self.codes})" if self.codes else self.word


@dataclass(frozen=True, slots=True)
class FixResult:
    """The result of `fix`: its exit code, whether it wrote anything, the changed lines, and its output."""

    code: int
    changed: bool
    lines: tuple[str, ...]
    words: str

    def __str__(self) -> str:
        return f"{self.code}: {'; '.join(self.lines) or 'other lines' if self.changed else 'nothing'}"


def prepare(variant: Variant, world: World, folder: Path) -> Path:
    """Write a variant with the files beside its sources. Returns the plugin's folder."""
    plugin = variant.write(folder, world)
    if variant.vendored:
        run_go(world, plugin, "mod", "vendor", env={"GOWORK": "off"})
    gomod = plugin / "go.mod"
    for old, new in variant.stale.items():
        assert old in gomod.read_text()
        gomod.write_text(gomod.read_text().replace(old, new))
    return plugin


def opened(variant: Variant, world: World, plugin: Path, scratch: Path) -> Opened:
    """Build and open a copy, because Go may change files during the build."""
    copy = copied(plugin, scratch)
    found = build_and_open(world, copy, variant.build, variant.env)
    shutil.rmtree(scratch)
    return found


def copied(plugin: Path, target: Path) -> Path:
    """Copy the plugin and the files beside it."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(plugin.parent, target)
    return target / plugin.name


def checked(plugin: Path, host: Path) -> Verdict:
    """Run `check` against a host."""
    code, text, errors = _run("check", str(plugin), "--host", str(host), "--format", "json")
    assert text, errors
    (found,) = json.loads(text)["plugins"]
    findings = tuple(found["findings"])
    assert not [each for each in findings if each["code"] in ("syntax", "host-unreadable", "host-not-found")], text
    if any(each["severity"] == "error" or each["code"] in NOT_FITTING for each in findings):
        return Verdict("refused", findings)
    return Verdict("unknown" if code == 2 else "fits", findings)


def run_fix(plugin: Path, host: Path, *options: str) -> FixResult:
    """Run `fix`."""
    before = files(plugin)
    code, text, errors = _run("fix", str(plugin), "--host", str(host), *options)
    after = files(plugin)
    said = (text + errors).replace(f"{plugin.parent}/", "").replace(f"{host.parent}/", "")
    words = " | ".join(line for line in said.splitlines() if line and not line.startswith("  "))
    return FixResult(code, before != after, tuple(_changes(before, after)), words)


def files(plugin: Path) -> dict[str, bytes]:
    """The files that fix may change, by name: all files of the plugin and beside it except vendored ones."""
    root = plugin.parent
    found = (path for path in root.rglob("*") if path.is_file() and "vendor" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(found)}


def refused_by_go(world: World, plugin: Path) -> str:
    """Go's errors about the syntax of the plugin's go.mod and of the go.work above it."""
    found = ""
    for name, verb in (("plugin/go.mod", "mod"), ("go.work", "work")):
        if (plugin.parent / name).is_file():
            try:
                run_go(world, plugin, verb, "edit", "-json", env={} if verb == "work" else {"GOWORK": "off"})
            except AssertionError as error:
                found += str(error)
    return found


def _run(*arguments: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = main(arguments)
    return code, out.getvalue(), errors.getvalue()


def _changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    """The added lines, and the removed ones that do not reappear in another form."""
    for name in sorted({*before, *after} - {"plugin/go.sum"}):
        old, new = (texts.get(name, b"").decode().splitlines() for texts in (before, after))
        rows = [row for row in difflib.ndiff(old, new) if row[:2] in ("+ ", "- ")]
        added = [_short(row[2:]) for row in rows if row[0] == "+"]
        gone = [_short(row[2:]) for row in rows if row[0] == "-"]
        yield from (f"+{line}" for line in added if line)
        known = {line.split()[0] for line in added if line}
        yield from (f"-{line}" for line in gone if line and line.split()[0] not in known)


def _short(line: str) -> str:
    line = line.replace("example.com/", "").strip()
    return "" if line.endswith(("(", ")")) else line.removeprefix("require ").removesuffix(" // indirect")
