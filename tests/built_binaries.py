"""Real hosts and plugins of many kinds, each built once in a run and shared by all of its workers."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.editors import deb_tool

PATCH, MINOR = "go1.26.5", "go1.25.5"
"""Go releases other than this machine's: of its minor release, and of another."""
STRIP = "strip"
_CROSS = "aarch64-linux-gnu-gcc"

_HOST = """\
package main

import (
	"fmt"
	"os"
	"plugin"

	_ "example.com/lib"
	_ "github.com/gofrs/uuid"
	_ "go.uber.org/multierr"
	_ "go.uber.org/zap/zapcore"
	_ "gopkg.in/yaml.v3"
	_ "net"
)

func main() {
	if _, err := plugin.Open(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}
"""
_NO_HOST = 'package main\n\nimport _ "example.com/lib"\n\nfunc main() {}\n'
_PLUGIN = """\
package main

import (
	_ "example.com/lib"
	_ "github.com/gofrs/uuid"
	_ "go.uber.org/multierr"
	_ "go.uber.org/zap/zapcore"
	_ "gopkg.in/yaml.v3"
	_ "net"
)

func InitModule() string { return answer }
"""
_OTHER_FILE = 'package main\n\nconst answer = "here"\n'
_LIB = """\
package lib

import "fmt"

// Name is inlined where it is called.
func Name() string { return fmt.Sprint(%s) }
"""
_GOMOD = """\
module example.com/%s

go 1.23

require (
	example.com/lib v1.0.0
	go.uber.org/multierr v1.11.0
	go.uber.org/zap v1.27.0
	gopkg.in/yaml.v3 v3.0.1
	github.com/gofrs/uuid v4.0.0+incompatible
)

replace example.com/lib => ../lib
"""


@dataclass(frozen=True)
class Build:
    """How a host or plugin is built; by default with `go build -trimpath .`."""

    flags: tuple[str, ...] = ("-trimpath",)
    env: Mapping[str, str] = field(default_factory=dict)
    gomod: tuple[tuple[str, str], ...] = ()
    """Texts of go.mod and their replacements."""
    source: str = ""
    """The text of the main file, if it is not the default."""
    files: tuple[str, ...] = (".",)
    go: str = ""
    """A release."""
    work: str = ""
    """A folder that a go.work uses."""
    then: str = ""
    """A program that is run on what was built."""
    arm64: bool = False


_MULTIERR = ("multierr v1.11.0", "multierr v1.10.0")
_UUID = ("uuid v4.0.0", "uuid v3.3.0")
HOSTS = {
    "plain": Build(),
    "stripped": Build(flags=("-trimpath", "-ldflags=-s -w"), then=STRIP),
    "pie": Build(flags=("-trimpath", "-buildmode=pie")),
    "untrimmed": Build(flags=()),
    "race": Build(flags=("-trimpath", "-race")),
    "tagged": Build(flags=("-trimpath", "-tags=netgo,osusergo")),
    "nocgo": Build(env={"CGO_ENABLED": "0"}),
    "internal": Build(flags=("-trimpath", "-ldflags=-linkmode=internal"), source=_HOST.replace('\t_ "net"\n', "")),
    "static": Build(flags=("-trimpath", "-ldflags=-extldflags=-static", "-tags=netgo,osusergo")),
    "closed": Build(source=_NO_HOST),
    "patch": Build(go=PATCH),
    "minor": Build(go=MINOR),
    "replacing": Build(
        gomod=(("=> ../lib", "=> ../lib\nreplace go.uber.org/multierr => go.uber.org/multierr v1.10.0"),)
    ),
    "arm64": Build(arm64=True),
}
PLUGINS = {
    "plain": Build(),
    "stripped": Build(flags=("-trimpath", "-ldflags=-s -w"), then=STRIP),
    "files": Build(files=("main.go", "other.go")),
    "untrimmed": Build(flags=()),
    "race": Build(flags=("-trimpath", "-race")),
    "idle-tag": Build(flags=("-trimpath", "-tags=nothing")),
    "netgo": Build(flags=("-trimpath", "-tags=netgo")),
    "experiment": Build(env={"GOEXPERIMENT": "newinliner"}),
    "debug": Build(flags=("-trimpath", "-gcflags=all=-N -l")),
    "multierr": Build(gomod=(_MULTIERR,)),
    "uuid": Build(gomod=(_UUID,)),
    "both": Build(gomod=(_MULTIERR, _UUID)),
    "both-untrimmed": Build(flags=(), gomod=(_MULTIERR, _UUID)),
    "relabelled": Build(gomod=(("lib v1.0.0", "lib v1.1.0"),)),
    "copied": Build(gomod=(("../lib", "../copied"),)),
    "edited": Build(gomod=(("../lib", "../edited"),)),
    "replacing": Build(gomod=HOSTS["replacing"].gomod),
    "workspace": Build(work="lib"),
    "symbolic": Build(flags=("-trimpath", "-ldflags=-extldflags=-Wl,-Bsymbolic")),
    "sysv-hash": Build(flags=("-trimpath", "-ldflags=-extldflags=-Wl,--hash-style=sysv"), gomod=(_MULTIERR,)),
    "patch": Build(go=PATCH),
    "minor": Build(go=MINOR),
    "minor-both": Build(go=MINOR, gomod=(_MULTIERR, _UUID)),
    "arm64": Build(arm64=True),
}


@dataclass(frozen=True)
class BuiltBinaries:
    """A folder of hosts and plugins, and what they are built from."""

    root: Path

    def host(self, name: str) -> Path:
        """The binary of one of HOSTS."""
        return self._built("host", name, HOSTS[name], ())

    def plugin(self, name: str) -> Path:
        """The .so of one of PLUGINS."""
        return self._built("plugin", name, PLUGINS[name], ("-buildmode=plugin",))

    def folder(self, name: str) -> Path:
        """The folder of one of PLUGINS, with the go.sum that its build has written."""
        return self.plugin(name).parent

    def program(self, name: str, *flags: str, **env: str) -> Path:
        """A Go program without dependencies."""
        folder = self.root / f"program-{name}"
        target = folder / "built"
        with deb_tool.locked(folder):
            if not target.is_file():
                folder.mkdir()
                (folder / "go.mod").write_text("module example.com/program\n\ngo 1.23\n")
                source = 'package main\n\nimport "C"\n\nfunc main() {}\n' if "-buildmode=c-shared" in flags else ""
                (folder / "main.go").write_text(source or 'package main\n\nfunc main() { println("here") }\n')
                run_go("go", folder, ("build", *flags, "-o", str(target), "."), env)
        return target

    def prepare(self) -> None:
        """Write what all builds share."""
        with deb_tool.locked(self.root / "sources"):
            for name, value in (("lib", '"lib"'), ("copied", '"lib"'), ("edited", '"lib", "edited"')):
                if not (self.root / name).is_dir():
                    (self.root / name).mkdir()
                    (self.root / name / "lib.go").write_text(_LIB % value)
                    (self.root / name / "go.mod").write_text("module example.com/lib\n\ngo 1.23\n")

    def _built(self, kind: str, name: str, build: Build, flags: tuple[str, ...]) -> Path:
        folder = self.root / f"{kind}-{name}"
        target = folder / ("plugin.so" if kind == "plugin" else "host")
        with deb_tool.locked(folder):
            if not target.is_file():
                self._write(kind, folder, build)
                env = {**build.env, **(cross_compiler() if build.arm64 else {})}
                if build.work:
                    env["GOWORK"] = str(folder / "go.work")
                program = toolchain(build.go) if build.go else "go"
                run_go(program, folder, ("build", *flags, *build.flags, "-o", "built", *build.files), env)
                if build.then:
                    subprocess.run((build.then, folder / "built"), check=True)
                (folder / "built").rename(target)
        return target

    def _write(self, kind: str, folder: Path, build: Build) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        gomod = _GOMOD % kind
        for old, new in build.gomod:
            assert old in gomod
            gomod = gomod.replace(old, new)
        (folder / "go.mod").write_text(gomod)
        (folder / "main.go").write_text(build.source or (_HOST if kind == "host" else _PLUGIN))
        if kind == "plugin":
            (folder / "other.go").write_text(_OTHER_FILE)
        if build.work:
            (folder / "go.work").write_text(f"go 1.23\n\nuse (\n\t.\n\t../{build.work}\n)\n")
            run_go("go", folder, ("mod", "tidy"), {})


def run_go(program: str, folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> None:
    """Run Go; a failure shows its output."""
    mod = "" if "GOWORK" in env else "-mod=mod"
    base = {"GOFLAGS": f"{mod} -buildvcs=false".strip(), "GOSUMDB": "off", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    full = {**os.environ, **base, **env}
    done = subprocess.run((program, *arguments), cwd=folder, env=full, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program} {' '.join(arguments)} in {folder}: {done.stderr}"


@cache
def toolchain(release: str) -> str:
    """The `go` of a release, downloaded into the module cache (240 MB) if it is not there yet."""
    command = ("go", "env", "GOROOT")
    env = {**os.environ, "GOTOOLCHAIN": release, "GOWORK": "off"}
    done = subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{release} is not available: {done.stderr}"
    return str(Path(done.stdout.strip(), "bin", "go"))


@cache
def cross_compiler() -> dict[str, str]:
    """The environment in which Go builds for arm64 with cgo: with this machine's compiler, or one of its own Debian
    release that is unpacked into a cache folder. If neither is available, the test is skipped with the reason.
    """
    env = {"GOARCH": "arm64", "CGO_ENABLED": "1"}
    if shutil.which(_CROSS):
        return {**env, "CC": _CROSS}
    try:
        root = deb_tool.unpacked("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", suite=deb_tool.own_suite()).root
    except deb_tool.DebError as error:
        pytest.skip(f"no compiler for arm64: {error}")
    compiler = f"{root / 'usr' / 'bin' / _CROSS} --sysroot={root}"
    return {**env, "CC": compiler, "LD_LIBRARY_PATH": str(root / "usr" / "lib" / f"{platform.machine()}-linux-gnu")}
