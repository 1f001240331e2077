"""Case files: a plugin, its host and Go's answer in one text, with what must be found.

A case begins with a sentence that says what it shows. Sections follow, each under a line `-- NAME --`:

    plugin/go.mod             the text that is checked
    plugin/vendor/modules.txt the plugin's own vendor folder
    go.work                   the workspace around plugin and host, with the go.mod files that it uses
    lib/go.mod                another module of it
    members                   packages that come from other members: PACKAGE MODULE
    host/vendor/modules.txt   or host/go.mod: what is known of the host; without one the host is not there
    asked                     the go.mod that Go was asked about, where it is not the one that is checked
    plugin/Dockerfile, plugin/Makefile, plugin/compose.yaml   what builds the plugin
    host-build                how the host was built, as its binary says: NAME VALUE, a line each
    host-version              the version of the host itself
    local                     this machine's Go: NAME VALUE, a line each
    plugin/main.go            the plugin's main package; its imports are the ones that Go was asked about
    packages                  Go's answer, a line each: PACKAGE MODULE VERSION; without this section Go was not asked
    imports                   what these packages import, where it counts: PACKAGE: PACKAGE, PACKAGE
    unresolved                packages that Go could not load: PACKAGE REASON
    trouble                   why Go could not answer
    stops                     why `go build` stops, in Go's words; then the modules without a sum: MODULE VERSION
    compiled                  what came of compiling the plugin: `# PACKAGE`, then the compiler's lines
    before                    the versions before they were changed: MODULE VERSION
    plugin/go.sum             the plugin's sums
    linked                    the packages that Go says the host links: PACKAGE MODULE
    severity                  what the user has set: CODE LEVEL, or CODE off
    requirements              go.mod files in the module cache: MODULE VERSION GO: MODULE VERSION, MODULE VERSION
    buildable                 what to require instead of what the host's Go refuses: MODULE VERSION: MODULE VERSION, …
    fixes                     the titles that must be offered, in order, each once
    fixed                     the go.mod after all pins that hold are set

Under a line of go.mod, modules.txt or main.go, a line of carets says what must be found there, and nothing else may be:

    require go.uber.org/zap v1.26.0
                            ^^^^^^^ error version-mismatch: the message

The caret line has a character for each character of the line above, a tab for a tab. It is no part of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.compile_errors import Compiled
from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.gofile.go_file import parse_go_file
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.gomod.versions import prunes
from layerg_pin.core.model import (
    HostBuild,
    HostManifest,
    HostUnreadable,
    LocalGo,
    ModuleVersion,
    PluginBuild,
    Requirements,
    Unresolved,
)
from layerg_pin.core.text import apply_edits
from layerg_pin.engine.compilation import placed_errors
from layerg_pin.engine.plugin_snapshot import read_beside, read_mains, take_snapshot
from layerg_pin.hosts.references import Hosts
from layerg_pin.system.text_files import LineIndexes

_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)
_CARETS = re.compile(r"^([^\S\n]*)(\^+) (\w+) ([\w-]+): (.*)$")
_FILES = (
    "plugin/go.mod",
    "plugin/main.go",
    "plugin/vendor/modules.txt",
    "plugin/go.sum",
    "plugin/Dockerfile",
    "plugin/Makefile",
    "plugin/compose.yaml",
    "go.work",
    "lib/go.mod",
    "host/vendor/modules.txt",
    "host/go.mod",
)
_ANSWERS = (
    *("members", "asked", "host-build", "host-version", "local", "packages", "imports", "unresolved", "trouble"),
    *("stops", "compiled", "before", "linked", "severity", "requirements", "buildable", "fixes", "fixed"),
)
"""The sections that are not files."""
_FACTS = {
    "host-build": {"release", "minor", "goos", "goarch", "trimpath", "race", "tags", "experiment", "gcflags"}
    | {"libc", "libc-version"},
    "local": {"release", "goos", "goarch", "flags", "toolchain"},
}
"""The names in sections of NAME VALUE lines."""


@dataclass(frozen=True)
class Expectation:
    """A finding as a caret line tells it; lines and columns 0-based, columns in code points."""

    file: str
    line: int
    column: int
    length: int
    severity: str
    code: str
    message: str


@dataclass(frozen=True)
class Case:
    """A case file, its caret lines taken out of the files and into `expected`."""

    title: str
    sections: dict[str, str]
    expected: tuple[Expectation, ...]


@dataclass(frozen=True)
class Outcome:
    """What was found for a case."""

    found: tuple[Expectation, ...]
    fixes: tuple[str, ...]
    fixed: str | None


def read_case(text: str) -> Case:
    """Read a case file."""
    title, *parts = _SECTION.split(text)
    assert title.strip(), "a case begins with a sentence that says what it shows"
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    expected: list[Expectation] = []
    for name in _FILES:
        if name in sections:
            sections[name], found = _without_carets(name, sections[name])
            expected += found
    return Case(title, sections, tuple(expected))


def write_case(case: Case, outcome: Outcome) -> str:
    """The case file with what was found in the place of what was expected."""
    sections = {
        **case.sections,
        "fixes": "".join(f"{title}\n" for title in outcome.fixes),
        "fixed": outcome.fixed or "",
    }
    parts = [case.title]
    for name, body in sections.items():
        if name in _FILES:
            body = _with_carets(body, [each for each in outcome.found if each.file == name])
        if body or name not in ("fixes", "fixed"):
            parts.append(f"-- {name} --\n{body}")
    return "".join(parts)


def run_case(case: Case, folder: Path) -> Outcome:
    """Check the case's plugin, then set all its pins, and each one alone; what a fix cures must be gone afterwards."""
    unknown = case.sections.keys() - {*_FILES, *_ANSWERS}
    assert not unknown, f"unknown sections {sorted(unknown)}: see the docstring of tests/cases/harness.py"
    _write_files(case, folder)
    host = _host(case, folder)
    build = _build(case, folder)
    analysis = _analyse(case, folder, case.sections["plugin/go.mod"], host, build, {})
    findings = run_checks(analysis)
    fixes = dict.fromkeys(fix for finding in findings for fix in finding.fixes)
    for fix in fixes:
        if not fix.modules:
            continue  # of a blank import, which changes what is compiled
        mended = _mended(case, folder, analysis, fix, host, build)
        offered = {(finding.module, finding.related[:1]) for finding in findings if fix in finding.fixes}
        after = [each for each in run_checks(mended) if each.module]
        kept = [each.message for each in after if (each.module, each.related[:1]) in offered]
        assert not kept, f"{fix.title} leaves {kept}"
    align = together_fix(analysis.snapshot, analysis.alignment)
    fixed = apply_edits(analysis.snapshot.gomod.text, align.edits) if align else None
    if align is not None:
        aligned = _mended(case, folder, analysis, align, host, build)
        left = [finding for finding in run_checks(aligned) if finding.module and finding.fixes]
        assert not left, f"still offered after all pins are set: {left}"
        assert not together_fix(aligned.snapshot, aligned.alignment), "pins twice"
    return Outcome(_expectations(findings, folder, analysis), tuple(fix.title for fix in fixes), fixed)


def _mended(
    case: Case,
    folder: Path,
    analysis: Analysis,
    fix: Fix,
    host: HostManifest | HostUnreadable,
    build: PluginBuild | None,
) -> Analysis:
    works = {each.path: apply_edits(each.text, each.edits) for each in fix.others}
    return _analyse(case, folder, apply_edits(analysis.snapshot.gomod.text, fix.edits), host, build, works)


def analyse_case(text: str, folder: Path) -> Analysis:
    """What follows from a case's plugin, its host and Go's answer."""
    case = read_case(text)
    _write_files(case, folder)
    return _analyse(case, folder, case.sections["plugin/go.mod"], _host(case, folder), _build(case, folder), {})


def _write_files(case: Case, folder: Path) -> None:
    for name in _FILES:
        if name in case.sections:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.sections[name].encode())


def _analyse(
    case: Case,
    folder: Path,
    text: str,
    host: HostManifest | HostUnreadable,
    build: PluginBuild | None,
    works: Mapping[str, str],
) -> Analysis:
    trouble = case.sections.get("trouble", "").strip() or None
    lines = case.sections.get("severity", "").splitlines()
    severities = {code: None if level == "off" else Severity(level) for code, level in map(str.split, lines)}
    plugin = str(folder / "plugin")
    mains, beside = read_mains(plugin, (), {}), read_beside(plugin, works)
    told = _told(case, "local")
    local = None
    if told:
        local = LocalGo(
            told["release"],
            told["goos"],
            told["goarch"],
            flags=told.get("flags", ""),
            toolchain=told.get("toolchain", ""),
        )
    snapshot = take_snapshot(
        os.path.join(plugin, "go.mod"), parse_gomod(text), host, build, trouble, mains, beside, local=local
    )
    if "compiled" in case.sections:
        before = dict(line.split() for line in case.sections.get("before", "").splitlines())
        snapshot = snapshot._replace(compiled=Compiled(placed_errors(plugin, case.sections["compiled"]), before=before))
    return analyse(snapshot, severities)


def _host(case: Case, folder: Path) -> HostManifest | HostUnreadable:
    host = Hosts().read("../host", str(folder / "host"))
    told = _told(case, "host-build")
    if told and isinstance(host, HostManifest):
        build = HostBuild(
            told.get("release", ""),
            told.get("goos", "linux"),
            told.get("goarch", "amd64"),
            minor=told.get("minor", ""),
            trimpath="trimpath" in told,
            race="race" in told,
            tags=tuple(filter(None, told.get("tags", "").split(","))),
            experiment=told.get("experiment", ""),
            gcflags=told.get("gcflags", ""),
            libc=told.get("libc", ""),
            libc_version=told.get("libc-version", ""),
        )
        host = host._replace(build=build, go=build.release)
    version = case.sections.get("host-version", "").strip()
    if version and isinstance(host, HostManifest):
        host = host._replace(version=version)
    if not isinstance(host, HostManifest) or "linked" not in case.sections:
        return host
    packages = dict(line.split() for line in case.sections["linked"].splitlines())
    return host._replace(packages=packages, linked=True, asked=True)


def _told(case: Case, section: str) -> dict[str, str]:
    told = dict(line.split(" ", 1) for line in case.sections.get(section, "").splitlines())
    unknown = told.keys() - _FACTS[section]
    assert not unknown, (
        f"unknown names {sorted(unknown)} in the section {section}: {', '.join(sorted(_FACTS[section]))}"
    )
    return told


def _build(case: Case, folder: Path) -> PluginBuild | None:
    if "packages" not in case.sections:
        return None
    packages = {}
    for line in case.sections["packages"].splitlines():
        package, module, version = line.split()
        packages[package] = ModuleVersion(module, version)
    unresolved = [
        Unresolved(line.split(" ", 1)[0], line.split(" ", 1)[1])
        for line in case.sections.get("unresolved", "").splitlines()
    ]
    gomod = parse_gomod(case.sections.get("asked", case.sections["plugin/go.mod"]))
    imports = {}
    for line in case.sections.get("imports", "").splitlines():
        package, _, rest = line.partition(":")
        imports[package] = tuple(each.strip() for each in rest.split(","))
    if gomod.module and "plugin/main.go" in case.sections:
        main = parse_go_file(case.sections["plugin/main.go"])
        imports[gomod.module.text] = tuple(each.path.text for each in main.imports)
    workspace = read_beside(str(folder / "plugin"), {}).workspace
    members = dict(line.split() for line in case.sections.get("members", "").splitlines())
    stops, *without = case.sections.get("stops", "").splitlines() or [""]
    unsummed = tuple(ModuleVersion(*line.split()) for line in without)
    return PluginBuild(
        gomod,
        packages,
        tuple(unresolved),
        _graph(case),
        imports,
        workspace=workspace,
        members=members,
        buildable=_buildable(case),
        stops=stops,
        unsummed=unsummed,
    )


def _buildable(case: Case) -> dict[ModuleVersion, tuple[ModuleVersion, ...]]:
    found = {}
    for line in case.sections.get("buildable", "").splitlines():
        module, _, requires = line.partition(": ")
        found[_module(module)] = tuple(map(_module, requires.split(", ")))
    return found


def _module(text: str) -> ModuleVersion:
    path, version = text.split()
    return ModuleVersion(path, version)


def _graph(case: Case) -> dict[ModuleVersion, Requirements]:
    graph = {}
    for line in case.sections.get("requirements", "").splitlines():
        head, _, tail = line.partition(":")
        path, version, go = head.split()
        requires = tuple(ModuleVersion(*each.split()) for each in tail.split(",") if each.strip())
        graph[ModuleVersion(path, version)] = Requirements(requires, prunes(go), go)
    return graph


def _expectations(findings: Iterable[Finding], folder: Path, analysis: Analysis) -> tuple[Expectation, ...]:
    found = []
    for finding in findings:
        file = Path(finding.path).relative_to(folder).as_posix()
        index = LineIndexes(analysis.snapshot.indexes()).of(finding.path)
        line, column = index.position(finding.span.start, "utf-32")
        length = finding.span.end - finding.span.start
        message = finding.message.replace(str(folder), "DIR")
        found.append(Expectation(file, line, column, length, finding.severity, finding.code, message))
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.column, each.code)))


def _without_carets(name: str, text: str) -> tuple[str, list[Expectation]]:
    kept: list[str] = []
    found: list[Expectation] = []
    for line in text.split("\n"):
        match = _CARETS.match(line)
        if match and kept:
            blanks, carets, severity, code, message = match.groups()
            found.append(Expectation(name, len(kept) - 1, len(blanks), len(carets), severity, code, message))
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
