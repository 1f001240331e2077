"""Check the plugins of case files, and the texts that their fixes leave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.compile_errors import Compiled
from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.gomod.versions import prunes
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Requirements
from layerg_pin.core.model.plugin_build import LocalGo, PluginBuild, Unresolved
from layerg_pin.core.text import apply_edits
from layerg_pin.engine.compilation import placed_errors
from layerg_pin.engine.plugin_snapshot import read_mains, read_plugin_files, take_snapshot
from layerg_pin.hosts.references import Hosts
from layerg_pin.system.text_files import LineIndexes
from tests.cases.case_file import ANSWERS, FACTS, FILES, Case, Expectation, Outcome, read_case


def run_case(case: Case, folder: Path) -> Outcome:
    """Check the case's plugin; apply each fix and the fix for all modules, which must remove their findings."""
    unknown = case.sections.keys() - {*FILES, *ANSWERS}
    assert not unknown, f"unknown sections {sorted(unknown)}: see the docstring of tests/cases/case_file.py"
    _write_files(case, folder)
    host = _host(case, folder)
    build = _build(case, folder)
    analysis = _analyse(case, folder, case.sections["plugin/go.mod"], host, build, {})
    findings = run_checks(analysis)
    fixes = dict.fromkeys(fix for finding in findings for fix in finding.fixes)
    for fix in fixes:
        if not fix.modules:
            continue  # the fix of a blank import changes what is compiled
        fixed_analysis = _fixed(case, folder, analysis, fix, host, build)
        offered = {(finding.module, finding.related[:1]) for finding in findings if fix in finding.fixes}
        after = [each for each in run_checks(fixed_analysis) if each.module]
        kept = [each.message for each in after if (each.module, each.related[:1]) in offered]
        assert not kept, f"{fix.title} leaves {kept}"
    align = together_fix(analysis.snapshot, analysis.alignment)
    fixed = apply_edits(analysis.snapshot.gomod.text, align.edits) if align else None
    if align is not None:
        aligned = _fixed(case, folder, analysis, align, host, build)
        left = [finding for finding in run_checks(aligned) if finding.module and finding.fixes]
        assert not left, f"still offered after all pins are set: {left}"
        assert not together_fix(aligned.snapshot, aligned.alignment), "pins twice"
    return Outcome(_expectations(findings, folder, analysis), tuple(fix.title for fix in fixes), fixed)


def _fixed(
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
    """The analysis of a case's plugin."""
    case = read_case(text)
    _write_files(case, folder)
    return _analyse(case, folder, case.sections["plugin/go.mod"], _host(case, folder), _build(case, folder), {})


def _write_files(case: Case, folder: Path) -> None:
    for name in FILES:
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
    go_failure = case.sections.get("trouble", "").strip() or None
    lines = case.sections.get("severity", "").splitlines()
    severities = {code: None if level == "off" else Severity(level) for code, level in map(str.split, lines)}
    plugin = str(folder / "plugin")
    mains, files = read_mains(plugin, (), {}), read_plugin_files(plugin, works)
    stated = _values(case, "local")
    local = None
    if stated:
        local = LocalGo(
            stated["release"],
            stated["goos"],
            stated["goarch"],
            flags=stated.get("flags", ""),
            toolchain=stated.get("toolchain", ""),
        )
    snapshot = take_snapshot(
        os.path.join(plugin, "go.mod"),
        parse_gomod(text),
        host,
        build,
        go_failure,
        mains=mains,
        files=files,
        local=local,
    )
    if "compiled" in case.sections:
        before = dict(line.split() for line in case.sections.get("before", "").splitlines())
        snapshot = snapshot._replace(compiled=Compiled(placed_errors(plugin, case.sections["compiled"]), before=before))
    return analyse(snapshot, severities)


def _host(case: Case, folder: Path) -> HostManifest | HostUnreadable:
    host = Hosts().read("../host", str(folder / "host"))
    stated = _values(case, "host-build")
    if stated and isinstance(host, HostManifest):
        build = HostBuild(
            stated.get("release", ""),
            stated.get("goos", "linux"),
            stated.get("goarch", "amd64"),
            minor=stated.get("minor", ""),
            trimpath="trimpath" in stated,
            race="race" in stated,
            tags=tuple(filter(None, stated.get("tags", "").split(","))),
            experiment=stated.get("experiment", ""),
            gcflags=stated.get("gcflags", ""),
            libc=stated.get("libc", ""),
            libc_version=stated.get("libc-version", ""),
        )
        host = host._replace(build=build, go=build.release)
    version = case.sections.get("host-version", "").strip()
    if version and isinstance(host, HostManifest):
        host = host._replace(version=version)
    if not isinstance(host, HostManifest) or "linked" not in case.sections:
        return host
    packages = dict(line.split() for line in case.sections["linked"].splitlines())
    return host._replace(packages=packages, linked=True, asked=True)


def _values(case: Case, section: str) -> dict[str, str]:
    stated = dict(line.split(" ", 1) for line in case.sections.get(section, "").splitlines())
    unknown = stated.keys() - FACTS[section]
    known = ", ".join(sorted(FACTS[section]))
    assert not unknown, f"unknown names {sorted(unknown)} in the section {section}: {known}"
    return stated


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
    workspace = read_plugin_files(str(folder / "plugin"), {}).workspace
    members = dict(line.split() for line in case.sections.get("members", "").splitlines())
    build_error, *without = case.sections.get("stops", "").splitlines() or [""]
    missing_sums = tuple(ModuleVersion(*line.split()) for line in without)
    return PluginBuild(
        gomod=gomod,
        packages=packages,
        unresolved=tuple(unresolved),
        graph=_graph(case),
        imports=imports,
        workspace=workspace,
        members=members,
        buildable=_buildable(case),
        build_error=build_error,
        missing_sums=missing_sums,
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


def _below_dir(path: re.Match[str]) -> str:
    """The path of a file of a case, as it is written in case files on every system."""
    return "DIR" + path[1].replace(os.sep, "/")


def _expectations(findings: Iterable[Finding], folder: Path, analysis: Analysis) -> tuple[Expectation, ...]:
    found, here = [], "|".join(map(re.escape, (str(folder), folder.as_posix())))
    for finding in findings:
        file = Path(finding.path).relative_to(folder).as_posix()
        index = LineIndexes(analysis.snapshot.indexes()).of(finding.path)
        line, column = index.position(finding.span.start, "utf-32")
        length = finding.span.end - finding.span.start
        message = re.sub(rf"(?:{here})([^\s;,:]*)", _below_dir, finding.message)
        found.append(
            Expectation(
                file=file,
                line=line,
                column=column,
                length=length,
                severity=finding.severity,
                code=finding.code,
                message=message,
            )
        )
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.column, each.code)))
