"""Hosts that cannot open plugins, and the choice among several main packages of a source folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.buildfiles.go_toolchain import GoChoice, GoLines, chosen_go, default_go
from layerg_pin.core.buildfiles.host_linking import flag_blocking_plugins
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.hosts.references import Hosts
from layerg_pin.hosts.source_folder import read_host_sources
from tests.conftest import Examples, go
from tests.hosts.test_references import findings
from tests.hosts.test_source_folder import SAMPLE, SERVER, STAGES, TOOL, linked, tree
from tests.platform_marks import cross_compiles

MODULE = "example.com/acme/server"
LINKED = "it is linked statically, or by Go's own linker"
TWO = {"cmd/server/a.go": SERVER, "cmd/migrate/a.go": TOOL}


def image(main: str, flags: str = "-trimpath", go: str = "1.22.4") -> str:
    """A Dockerfile of an image that starts one program."""
    text = STAGES.format(f"{flags} -o /out/{main} ./cmd/{main}" if "go build" in flags else "")
    text = text if "go build" in flags else STAGES.format(f"go build {flags} -o /out/{main} ./cmd/{main}")
    return text.replace("/server", f"/{main}").replace("1.22.4", go)


@pytest.mark.parametrize(
    "files",
    [
        {"build/migrate/Dockerfile": image("migrate"), "build/server/Dockerfile": image("server")},
        {"docker/a-migrate.Dockerfile": image("migrate"), "docker/server.Dockerfile": image("server")},
        {"Dockerfile": image("migrate")},
        {"Dockerfile": f"{image('server')}\nFROM debian:12 AS migrate\n{image('migrate').partition('FROM debian')[0]}"},
        {"Dockerfile": image("migrate"), "Makefile": "build:\n\tgo build -o bin/server ./cmd/server\n"},
        {"Makefile": "tool:\n\tgo build -o bin/migrate ./cmd/migrate\n"},
    ],
)
def test_a_tool_that_cannot_open_plugins_is_never_the_server(tmp_path: Path, files: dict[str, str]) -> None:
    root = tree(tmp_path, {**TWO, **files})
    host = linked(root)
    assert (host.main, host.mains, host.linked) == ("./cmd/server", (), True)
    before = Hosts().read("REF", str(root))
    assert isinstance(before, HostManifest)
    assert before.main in ("", "./cmd/server")


def test_a_build_file_of_a_tool_states_nothing_of_the_server(tmp_path: Path) -> None:
    root = tree(tmp_path, {**TWO, "Dockerfile": image("migrate", "-race", go="1.20.3")})
    assert read_host_sources(str(root), MODULE).build is None
    assert linked(root).build is None


def test_the_flags_are_those_of_the_servers_image(tmp_path: Path) -> None:
    files = {
        "build/migrate/Dockerfile": image("migrate", "-race", go="1.20.3"),
        "build/server/Dockerfile": image("server", go="1.22.5"),
    }
    build = linked(tree(tmp_path, {**TWO, **files})).build
    assert build
    assert (build.release, build.trimpath, build.race) == ("go1.22.5", True, False)


def test_images_of_several_servers_are_not_chosen_between(tmp_path: Path) -> None:
    files = {
        "cmd/server/a.go": SERVER,
        "cmd/worker/a.go": SERVER,
        "build/server/Dockerfile": image("server"),
        "build/worker/Dockerfile": image("worker", go="1.22.5"),
    }
    host = linked(tree(tmp_path, files))
    assert (host.main, host.mains, host.linked) == ("./cmd/server", ("./cmd/worker",), False)
    assert host.build
    assert (host.build.release, host.build.trimpath) == ("", True)


def test_a_server_may_open_plugins_by_way_of_another_package(tmp_path: Path) -> None:
    inner = 'package inner\n\nimport "plugin"\n\nvar Open = plugin.Open\n'
    way = f'package main\n\nimport _ "{MODULE}/inner"\n\nfunc main() {{}}\n'
    files = {"cmd/a/a.go": TOOL, "cmd/b/a.go": way, "inner/a.go": inner}
    files |= {"Dockerfile": STAGES.format("go build -o /out/a ./cmd/a && go build -o /out/b ./cmd/b")}
    assert read_host_sources(str(tree(tmp_path, files)), MODULE).mains == ("./cmd/b",)


def test_a_host_that_never_imports_plugin_gives_no_verdict(tmp_path: Path) -> None:
    host = linked(tree(tmp_path, {"cmd/a/a.go": TOOL, "sample/a.go": SAMPLE}))
    assert (
        host.uncertainty == "the host REF cannot open plugins: ./cmd/a does not import plugin, directly or indirectly"
    )


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("CGO_ENABLED=0 go build", "CGO_ENABLED=0"),
        ("CGO_ENABLED=1 go build", ""),
        ("go build -ldflags '-linkmode external -extldflags \"-static\"'", "-extldflags=-static"),
        ("go build -ldflags '-s -w -extldflags \"-lm -static\"'", "-extldflags=-static"),
        ("go build -ldflags=-linkmode=internal", "-linkmode=internal"),
        ("go build -ldflags \"-extldflags '-static' -X main.v=$VERSION\"", "-extldflags=-static"),
        ("go build -ldflags '-extldflags \"-static-libgcc\"'", ""),
        ("go build -tags netgo,osusergo", ""),
        ("CGO_ENABLED=0 go build -o /out/migrate ./cmd/migrate && go build", ""),
    ],
)
def test_a_build_that_cannot_open_plugins_is_an_error(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, flag: str
) -> None:
    """Each was measured with a real load, see core/buildfiles/host_linking.py."""
    files = {**TWO, "Dockerfile": STAGES.format(f"{line} -o /out/server ./cmd/server")}
    root = tree(tmp_path / "server", files)
    found = [each for each in findings(capsys, examples.plugin, str(root)) if each["code"] == "host-unreadable"]
    assert [flag in each["message"] and "(Dockerfile:4)" in each["message"] for each in found] == [True] * bool(flag)
    if flag:
        assert main(["check", str(examples.plugin), "--host", str(root)]) == 1
        assert main(["host", "export", "--host", str(root)]) == 2


@pytest.mark.parametrize(
    "files", [{"build/Dockerfile.alpine": "CGO_ENABLED=0"}, {"docker/Dockerfile": "CGO_ENABLED=0"}]
)
def test_another_image_that_can_open_plugins_is_the_host(tmp_path: Path, files: dict[str, str]) -> None:
    images = {name: STAGES.format(f"{flag} go build -o /out/server ./cmd/server") for name, flag in files.items()}
    images["docker/server.Dockerfile"] = STAGES.format("go build -trimpath -o /out/server ./cmd/server")
    host = linked(tree(tmp_path, {**TWO, **images}))
    assert (host.no_plugins_reason, host.uncertainty) == ("", "")
    assert host.build
    assert host.build.trimpath is True


def test_a_makefile_that_builds_otherwise_leaves_a_doubt(tmp_path: Path) -> None:
    files = {"Dockerfile": STAGES.format("CGO_ENABLED=0 go build -o /out/server ./cmd/server")}
    files |= {"Makefile": "build:\n\tgo build -o bin/server ./cmd/server\n"}
    host = linked(tree(tmp_path, {**TWO, **files}))
    assert host.no_plugins_reason == ""
    assert host.uncertainty == (
        "the host may not be able to open plugins: it is built with CGO_ENABLED=0 (Dockerfile:4), but Makefile builds "
        "it otherwise; use the server's binary as the host"
    )


@pytest.mark.parametrize(
    ("flags", "environment", "words"),
    [
        ((), {"CGO_ENABLED": "0", "GOOS": "linux"}, "it is built with CGO_ENABLED=0"),
        pytest.param(("-ldflags=-linkmode=internal",), {}, LINKED, marks=cross_compiles),
        pytest.param(("-ldflags=-extldflags=-static",), {}, LINKED, marks=cross_compiles),
    ],
)
def test_binary_and_real_load_agree(
    examples: Examples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    environment: dict[str, str],
    words: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    binary = tmp_path / "server"
    go(tree(tmp_path / "source", {"main.go": SERVER}), "build", *flags, "-o", str(binary), ".")
    for name in environment:
        monkeypatch.delenv(name)
    found = findings(capsys, examples.plugin, str(binary))
    assert [words in each["message"] for each in found if each["code"] == "host-unreadable"] == [True]
    assert main(["check", str(examples.plugin), "--host", str(binary)]) == 1


@pytest.mark.parametrize(
    ("ldflags", "expected"),
    [
        ("-linkmode internal", "-linkmode=internal"),
        ("--linkmode=internal", "-linkmode=internal"),
        ("-linkmode internal -linkmode external", ""),
        ("-extldflags -static -extldflags -g", ""),
        ("-extldflags=--static", "-extldflags=--static"),
        ("all=-extldflags=-static", "-extldflags=-static"),
        ("./...=-linkmode=internal", "-linkmode=internal"),
        (f"{MODULE}/cmd/server=-linkmode=internal", "-linkmode=internal"),
        (f"{MODULE}/cmd/other=-linkmode=internal", ""),
        ("std=-linkmode=internal", ""),
        ("-linkmode=auto", ""),
        ("-X main.flags=-static", ""),
        ("-X 'main.flags=-linkmode=internal -static'", ""),
        ("", ""),
    ],
)
def test_linker_flags(ldflags: str, expected: str) -> None:
    assert flag_blocking_plugins(ldflags, "./cmd/server", MODULE) == expected


@pytest.mark.parametrize(
    ("installed", "choice", "go", "toolchain", "expected"),
    [
        ("go1.22.4", "local", "1.22", "go1.24.0", "go1.22.4"),
        ("go1.22.4", "auto", "1.22", "go1.24.0", "go1.24.0"),
        ("go1.22.4", "path", "1.22", "go1.24.0", "go1.24.0"),
        ("go1.22.4", "local+auto", "1.22", "go1.24.0", "go1.24.0"),
        ("go1.22.4", "", "1.22", "go1.24.0", "go1.24.0"),
        ("go1.22.4", "go1.23.4", "1.22", "go1.24.0", "go1.23.4"),
        ("go1.22.4", "go1.23.4+auto", "1.22", "go1.24.0", "go1.24.0"),
        ("go1.22.4", "go1.23.4+path", "1.22", "", "go1.23.4"),
        ("go1.22.4", "go1.21.13+auto", "1.22", "", "go1.22.0"),
        ("go1.22.4", "go1.21.13+auto", "1.21", "", "go1.21.13"),
        ("go1.22.4", "auto", "1.23", "", "go1.23.0"),
        ("go1.22.4", "auto", "1.23.4", "go1.23.0", "go1.23.4"),
        ("go1.22.4", "auto", "1.22", "default", "go1.22.4"),
        ("go1.22.4", "auto", "1.22", "", "go1.22.4"),
        ("go1.22.4", None, "1.22", "", "go1.22.4"),
        ("go1.22.4", None, "1.22", "go1.24.0", ""),
        ("go1.22.4", "surprise", "1.22", "", ""),
        ("go1.20.14", "auto", "1.20", "go1.24.0", "go1.20.14"),
        ("go1.20.14", "go1.22.4", "1.20", "", "go1.20.14"),
        ("", "auto", "1.22", "go1.24.0", ""),
        ("", "go1.23.4+auto", "1.22", "", "go1.23.4"),
    ],
)
def test_gotoolchain_selects_as_go_does(
    installed: str, choice: str | None, go: str, toolchain: str, expected: str
) -> None:
    """The results for go1.22.4 and go1.20.14 were compared with `go version`."""
    own, lines = GoChoice(installed), GoLines(go, toolchain)
    found = default_go(own, lines) if choice is None else chosen_go(own, choice, lines)
    assert found.release == expected


@pytest.mark.parametrize(
    ("image_name", "variable", "release", "minor", "origin"),
    [
        ("golang:1.22.4", "ENV GOTOOLCHAIN=auto\n", "go1.24.0", "", "go.mod:5"),
        ("golang:1.22.4", "", "go1.22.4", "", "Dockerfile:1"),
        ("docker.io/library/golang:1.22.4", "", "go1.22.4", "", "Dockerfile:1"),
        ("mirror.example.com/library/golang:1.22.4", "", "go1.22.4", "", "Dockerfile:1"),
        ("ghcr.io/acme/golang:1.22.4", "", "", "", ""),
        ("golang:1.22.4", "ENV GOTOOLCHAIN=go1.23.1\n", "go1.23.1", "", "Dockerfile:2"),
        ("golang:1.22", "ENV GOTOOLCHAIN=auto\n", "go1.24.0", "", "go.mod:5"),
        ("golang:1.24", "ENV GOTOOLCHAIN=auto\n", "", "1.24", ""),
        ("golang:1.22.4", "ARG GOTOOLCHAIN\n", "", "", ""),
        ("golang:1.22.4", "RUN go env -w GOTOOLCHAIN=auto\n", "go1.24.0", "", "go.mod:5"),
    ],
)
@pytest.mark.parametrize("by_make", [False, True])
def test_the_go_of_an_image_that_may_switch(
    tmp_path: Path, image_name: str, variable: str, release: str, minor: str, origin: str, by_make: bool
) -> None:
    command = "go build -trimpath -o /out/server ./cmd/server"
    text = f"FROM {image_name} AS b\n{variable}COPY . .\nRUN {'make build' if by_make else command}\n"
    files = {"Dockerfile": f"{text}FROM debian:12\nCOPY --from=b /out/server /\n", **TWO}
    files |= {"Makefile": f"build:\n\t{command}\n"} if by_make else {}
    root = tree(tmp_path, {**files, "go.mod": f"module {MODULE}\n\ngo 1.22\n\ntoolchain go1.24.0\n"})
    build = read_host_sources(str(root), MODULE).build
    assert build
    assert (build.release, build.minor, build.trimpath) == (release, minor, True)
    if origin:
        assert str(build.origins["release"]) == origin


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("make", "Makefile"),
        ("--mount=type=cache,target=/root/.cache \\\n    make build", "Makefile"),
        ("apt-get update && CGO_ENABLED=1 make build VERSION=1", "Makefile"),
        ("make -C build", "build/Makefile"),
        ("make -f build/Makefile", "build/Makefile"),
        ('["make", "build"]', "Makefile"),
        ("./build.sh", "build.sh"),
        ("sh scripts/build.sh", "scripts/build.sh"),
    ],
)
def test_make_and_scripts_in_an_image_keep_its_go(tmp_path: Path, run: str, name: str) -> None:
    recipe = "go build -tags x -o /out/server example.com/acme/server/cmd/server\n"
    files = {**TWO, name: recipe if name.endswith(".sh") else f"build:\n\t{recipe}"}
    files["Dockerfile"] = f"FROM golang:1.21.13 AS b\nENV CGO_ENABLED=1 GOFLAGS=-trimpath\nCOPY . .\nRUN {run}\n"
    files["Dockerfile"] += "FROM debian:12\nCOPY --from=b /out/server /\n"
    build = linked(tree(tmp_path, files)).build
    assert build
    assert (build.release, build.tags, build.trimpath, build.cgo) == ("go1.21.13", ("x",), True, True)
    assert (build.libc, build.libc_version) == ("glibc", "2.36")
    places = {field: str(build.origins[field]) for field in ("release", "tags", "cgo", "libc")}
    assert re.fullmatch(r"Dockerfile:1", places["release"])
    assert places["cgo"] == "Dockerfile:2"
    assert places["tags"].startswith(f"{name}:")


def test_installing_make_is_not_running_it(tmp_path: Path) -> None:
    files = {**TWO, "Makefile": "build:\n\tgo build -tags x -o bin/server ./cmd/server\n"}
    files["Dockerfile"] = "FROM golang:1.21.13 AS b\nRUN apt-get install -y make\nFROM debian:12\nCOPY --from=b /a /\n"
    build = read_host_sources(str(tree(tmp_path, files)), MODULE).build
    assert build
    assert (build.release, build.tags) == ("", ("x",))


def test_variables_of_the_stage_apply_to_what_make_builds(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**TWO, "Makefile": "build:\n\tgo build -o /out/server ./cmd/server\n"}
    files["Dockerfile"] = STAGES.format("make build").replace("WORKDIR", "ENV CGO_ENABLED=0\nWORKDIR")
    root = tree(tmp_path / "server", files)
    assert main(["check", str(examples.plugin), "--host", str(root)]) == 1
    assert "cannot open plugins: it is built with CGO_ENABLED=0 (Dockerfile:2)" in capsys.readouterr().out
