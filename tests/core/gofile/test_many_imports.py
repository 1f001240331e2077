"""The time for a file with thousands of imports grows linearly."""

from __future__ import annotations

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion, Source
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackage, MainPackages, SourceFile
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.plugin_snapshot import take_snapshot

GOMOD = "module example.com/p\n\ngo 1.23\n\nrequire a.org/m v1.0.0\n"


def test_only_the_first_of_many_blank_imports_have_a_fix() -> None:
    packages = [f"a.org/m/p{number}" for number in range(2000)]
    main = "package main\n\nimport (\n" + "".join(f'\t_ "{each}"\n' for each in packages) + ")\n"
    gomod, module = parse_gomod(GOMOD), ModuleVersion("a.org/m", "v1.0.0")
    # The main package also imports them through another package: blank, they have no effect.
    imports = {"example.com/p": (*packages, "example.com/p/q"), "example.com/p/q": tuple(packages)}
    build = PluginBuild(gomod=gomod, packages=dict.fromkeys(packages, module), unresolved=(), graph={}, imports=imports)
    mains = MainPackages((MainPackage(".", (SourceFile("/p/main.go", parse_go_file(main)),)),))
    host = HostManifest(
        reference="h",
        path="/h",
        kind="folder",
        module=None,
        go=None,
        modules={},
        packages={},
        linked=True,
        asked=True,
        source=Source("/h/m.txt", LineIndex("")),
    )
    found = run_checks(analyse(take_snapshot("/p/go.mod", parse_gomod(GOMOD), host, build, None, mains=mains)))
    blank = [finding for finding in found if finding.code == "blank-import"]
    assert len(blank) == 2000
    assert [bool(finding.fixes) for finding in blank] == [True] * 100 + [False] * 1900
