"""Read and write case files: a plugin, its host and Go's answer in one text, with the expected findings.

A case starts with a sentence about its purpose. Sections follow, each under a line `-- NAME --`:

    plugin/go.mod             the text that is checked
    plugin/main.go            the plugin's main package; Go was asked about its imports
    plugin/go.sum             the plugin's sums
    plugin/vendor/modules.txt the plugin's own vendor folder
    plugin/Dockerfile, …      the build files of the plugin: the names in FILES below
    go.work                   the workspace around plugin and host
    lib/go.mod                another module of the workspace; any folder
    host/vendor/modules.txt   or host/go.mod: the host; without either, there is no host
    host-build                how the host was built, as its binary states: NAME VALUE, one per line
    host-version              the version of the host itself
    local                     this machine's Go: NAME VALUE, one per line
    asked                     the go.mod that Go was asked about, if it is not the one that is checked
    packages                  Go's answer, one per line: PACKAGE MODULE VERSION; without it, Go was not asked
    members                   packages that come from other members: PACKAGE MODULE
    imports                   the imports of these packages that matter: PACKAGE: PACKAGE, PACKAGE
    unresolved                packages that Go could not load: PACKAGE REASON
    trouble                   why Go could not answer
    stops                     why `go build` stops, in Go's words; then the modules without a sum: MODULE VERSION
    compiled                  the result of compiling the plugin: `# PACKAGE`, then the compiler's lines
    before                    the versions before they were changed: MODULE VERSION
    linked                    the packages that the host links, by Go's answer: PACKAGE MODULE
    severity                  the user's settings: CODE LEVEL, or CODE off
    requirements              go.mod files in the module cache: MODULE VERSION GO: MODULE VERSION, MODULE VERSION
    buildable                 what replaces requirements that the host's Go refuses: MODULE VERSION: MODULE VERSION, …
    fixes                     the titles of all offered fixes, in order, each once
    fixed                     the go.mod after the fix for all modules

Under a line of any of these files, a line of carets states a finding; there must be no others:

    require go.uber.org/zap v1.26.0
                            ^^^^^^^ error version-mismatch: the message

The caret line has a character for each character of the line above, and a tab for a tab. It is not part of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)


_CARETS = re.compile(r"^([^\S\n]*)(\^+) (\w+) ([\w-]+): (.*)$")


FILES = (
    "plugin/go.mod",
    "plugin/main.go",
    "plugin/vendor/modules.txt",
    "plugin/go.sum",
    "plugin/Dockerfile",
    "plugin/Makefile",
    "plugin/compose.yaml",
    "plugin/compose.override.yaml",
    "plugin/docker-bake.hcl",
    "plugin/build.bat",
    "plugin/build.ps1",
    "plugin/Taskfile.yml",
    "plugin/.gitlab-ci.yml",
    "plugin/.github/workflows/plugin.yml",
    "plugin/.devcontainer/devcontainer.json",
    "go.work",
    "lib/go.mod",
    "host/vendor/modules.txt",
    "host/go.mod",
)

ANSWERS = (
    *("members", "asked", "host-build", "host-version", "local", "packages", "imports", "unresolved", "trouble"),
    *("stops", "compiled", "before", "linked", "severity", "requirements", "buildable", "fixes", "fixed"),
)
"""The sections that are not files."""
FACTS = {
    "host-build": {"release", "minor", "goos", "goarch", "trimpath", "race", "tags", "experiment", "gcflags"}
    | {"libc", "libc-version"},
    "local": {"release", "goos", "goarch", "flags", "toolchain"},
}
"""The names in sections of NAME VALUE lines."""


@dataclass(frozen=True)
class Expectation:
    """A finding in the form of a caret line; lines and columns are 0-based, columns count code points."""

    file: str
    line: int
    column: int
    length: int
    severity: str
    code: str
    message: str


@dataclass(frozen=True)
class Case:
    """A case file; its caret lines are in `expected`, not in the files."""

    title: str
    sections: dict[str, str]
    expected: tuple[Expectation, ...]


@dataclass(frozen=True)
class Outcome:
    """The results of a case."""

    found: tuple[Expectation, ...]
    fixes: tuple[str, ...]
    fixed: str | None


def read_case(text: str) -> Case:
    """Read a case file."""
    title, *parts = _SECTION.split(text)
    assert title.strip(), "a case starts with a sentence about its purpose"
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    expected: list[Expectation] = []
    for name in FILES:
        if name in sections:
            sections[name], found = _without_carets(name, sections[name])
            expected += found
    return Case(title, sections, tuple(expected))


def write_case(case: Case, outcome: Outcome) -> str:
    """The case file with the actual results instead of the expected ones."""
    sections = {
        **case.sections,
        "fixes": "".join(f"{title}\n" for title in outcome.fixes),
        "fixed": outcome.fixed or "",
    }
    parts = [case.title]
    for name, body in sections.items():
        if name in FILES:
            body = _with_carets(body, [each for each in outcome.found if each.file == name])
        if body or name not in ("fixes", "fixed"):
            parts.append(f"-- {name} --\n{body}")
    return "".join(parts)


def _without_carets(name: str, text: str) -> tuple[str, list[Expectation]]:
    kept: list[str] = []
    found: list[Expectation] = []
    for line in text.split("\n"):
        match = _CARETS.match(line)
        if match and kept:
            blanks, carets, severity, code, message = match.groups()
            found.append(
                Expectation(
                    file=name,
                    line=len(kept) - 1,
                    column=len(blanks),
                    length=len(carets),
                    severity=severity,
                    code=code,
                    message=message,
                )
            )
        else:
            kept.append(line)
    return "\n".join(kept), sorted(found, key=lambda each: (each.line, each.column, each.code))


def _with_carets(text: str, expected: Iterable[Expectation]) -> str:
    lines = text.split("\n")
    for each in reversed(sorted(expected, key=lambda each: (each.line, each.column, each.code))):
        before = lines[each.line][: each.column]
        blanks = re.sub(r"[^\t]", " ", before)
        carets = "^" * max(1, each.length)
        lines.insert(each.line + 1, f"{blanks}{carets} {each.severity} {each.code}: {each.message}")
    return "\n".join(lines)
