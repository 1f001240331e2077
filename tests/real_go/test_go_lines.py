"""The check go-line-too-new agrees with the host's own Go release, which builds the plugin."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.built_binaries import toolchain
from tests.truth.proxy import Module, package_source, write_proxy

_RELEASES = ("go1.18.10", "go1.19.13", "go1.20.7", "go1.20.14", "go1.21.0", "go1.22.4", "go1.23.4")
_MODULES = (
    Module("example.com/shared", "v1.0.0", {"": ()}),
    Module("example.com/a", "v1.20.0", {"": ()}, go="1.20"),
    Module("example.com/a", "v1.21.0", {"": ()}, go="1.21"),
    Module("example.com/a", "v1.21.4", {"": ()}, go="1.21.4"),
    Module("example.com/a", "v1.22.0", {"": ()}, go="1.22"),
    Module("example.com/a", "v1.26.0", {"": ()}, go="1.26.0"),
    Module("example.com/a", "v1.27.0", {"": ()}),
    Module("example.com/asks", "v1.0.0", {"": ()}, ("example.com/a v1.26.0",)),
    Module("example.com/uses", "v1.0.0", {"": ("example.com/a",)}, ("example.com/a v1.26.0",)),
)
_A, _SHARED = "example.com/a", "example.com/shared"


def _requires(line: str, *requires: str) -> str:
    return "".join((f"go {line}\n", *(f"\nrequire {each}\n" for each in requires)))


_PLUGINS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{f"go {line}": (f"go {line}\n", ()) for line in ("1.18", "1.20", "1.21", "1.22", "1.22.4", "1.22.5", "1.26.0")},
    **{f"the form of go {line}": (f"go {line}\n", ()) for line in ("1.18.3", "1.20.0", "1.21.0", "1.21rc1")},
    "toolchain": ("go 1.18\n\ntoolchain go1.22.1\n", ()),
    "godebug": ("go 1.18\n\ngodebug default=go1.21\n", ()),
    "tool": (f"go 1.18\n\ntool {_SHARED}\n\nrequire {_SHARED} v1.0.0\n", ()),
    "ignore": ("go 1.18\n\nignore ./web\n", ()),
    **{
        f"a dependency of {version}": (_requires("1.18", f"{_A} {version}"), (_A,))
        for version in ("v1.20.0", "v1.21.0", "v1.21.4", "v1.22.0", "v1.26.0")
    },
    "no package of it": (_requires("1.18", f"{_A} v1.26.0 // indirect"), ()),
    "required, not compiled": (_requires("1.18", "example.com/asks v1.0.0"), ("example.com/asks",)),
    "required and compiled": (
        _requires("1.18", "example.com/uses v1.0.0", f"{_A} v1.26.0 // indirect"),
        ("example.com/uses",),
    ),
    "not selected": (
        _requires("1.18", "example.com/asks v1.0.0", f"{_A} v1.27.0"),
        ("example.com/asks", _A),
    ),
    "the whole graph": (_requires("1.16", "example.com/asks v1.0.0"), ("example.com/asks",)),
    "the whole graph, not selected": (
        _requires("1.16", "example.com/asks v1.0.0", f"{_A} v1.27.0"),
        ("example.com/asks", _A),
    ),
    "replaced": (
        _requires("1.18", f"{_A} v1.26.0") + f"\nreplace {_A} => {_A} v1.20.0\n",
        (_A,),
    ),
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the modules are served from, and a go.sum that knows all of them."""
    folder = tmp_path_factory.mktemp("proxy")
    return folder, write_proxy(folder, _MODULES)


@pytest.mark.parametrize(
    ("release", "vendored"),
    [*((release, False) for release in _RELEASES), ("go1.20.14", True), ("go1.22.4", True)],
    ids=lambda value: {True: "vendored", False: "modules"}.get(value, value),
)
def test_the_hosts_go_refuses_what_is_an_error(
    release: str,
    vendored: bool,
    proxy: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    go, local = toolchain(release), shutil.which("go")
    assert local
    environment = {
        "GOPROXY": f"file://{proxy[0]}",
        "GOMODCACHE": str(tmp_path / "modcache"),
        "GOFLAGS": "-modcacherw",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    build = {"release": release, "goos": "linux", "goarch": "amd64", "cgo": True, "trimpath": True}
    shared = {"path": _SHARED, "version": "v1.0.0", "packages": [_SHARED]}
    host = {"version": 1, "module": "example.com/host", "build": build, "linked": True, "modules": [shared]}
    said, truth = {}, {}
    for number, (name, (gomod, imports)) in enumerate(_PLUGINS.items()):
        folder = tmp_path / f"plugin{number}"
        folder.mkdir()
        (folder / "layerg-host.json").write_text(json.dumps(host))
        (folder / "layerg-pin.toml").write_text('host = "layerg-host.json"\n')
        (folder / "go.mod").write_text(f"module example.com/plugin\n\n{gomod}")
        (folder / "go.sum").write_text(proxy[1])
        source = package_source("main", "plugin", imports)
        entry = "func InitModule() string { return Value() }\n\nfunc main() {}\n"
        (folder / "main.go").write_text(f"{source}\n{entry}")
        if vendored and (not imports or "whole graph" in name):
            continue
        if vendored:
            _vendor(local, folder)
        capsys.readouterr()
        main(["check", "--format", "json", str(folder)])
        (checked,) = json.loads(capsys.readouterr().out)["plugins"]
        errors = [each for each in checked["findings"] if each["code"] == "go-line-too-new"]
        said[name] = any(each["severity"] == "error" for each in errors)
        mod = "vendor" if vendored else "mod"  # this raises the go line if nothing else is wrong
        command = (go, "build", f"-mod={mod}", "-o", os.devnull, ".")
        truth[name] = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr
    assert len(truth) > 5
    wrong = {name: (said[name], truth[name]) for name in said if said[name] != bool(_refusal(truth[name]))}
    assert not wrong


def _vendor(go: str, folder: Path) -> None:
    """Vendor a plugin, and set its `go` line as it was before Go raised it for that."""
    before = (folder / "go.mod").read_text()
    for command in ("tidy", "vendor"):
        subprocess.run((go, "mod", command), cwd=folder, capture_output=True, check=True)
    line = before.splitlines()[2]
    raised = re.sub(r"^toolchain .*\n+", "", (folder / "go.mod").read_text(), flags=re.MULTILINE)
    (folder / "go.mod").write_text(re.sub(r"^go .*", line, raised, flags=re.MULTILINE))


def _refusal(stderr: str) -> str:
    """What Go wrote, without its progress reports."""
    return "".join(line for line in stderr.splitlines() if "downloading" not in line)
