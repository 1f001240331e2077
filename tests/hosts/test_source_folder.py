"""Hosts that are source folders: the main package of the server, and the settings of its build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.c_libraries import runtime_c_library
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.host_build import host_build, program_builds
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.core.text import LineIndex
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts
from layerg_pin.hosts.source_folder import read_host_sources
from tests.conftest import Examples

GOMOD = "module example.com/acme/server\n\ngo 1.21\n"
SERVER = 'package main\n\nimport "plugin"\n\nfunc main() { plugin.Open("x") }\n'
TOOL = "package main\n\nfunc main() {}\n"
SAMPLE = 'package main\n\nimport "net/http"\n\nfunc InitModule() { http.Get("") }\n'
KRAKEND = "package main\n\nvar ClientRegisterer = registerer(1)\n\ntype registerer int\n\nfunc main() {}\n"
GOTIFY = "package main\n\nfunc GetGotifyPluginInfo() {}\n\nfunc main() {}\n"
STAGES = """\
FROM golang:1.22.4-bookworm AS builder
WORKDIR /src
COPY . .
RUN {}

FROM debian:bookworm-slim
COPY --from=builder /out/server /
ENTRYPOINT ["/server"]
"""


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"go.mod": GOMOD, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def linked(path: Path, reference: str = "REF") -> HostManifest:
    """The manifest of the host at a path, with its linked packages from Go."""
    go = find_go()
    assert go
    host = Hosts().read(reference, str(path))
    assert isinstance(host, HostManifest), host
    return ensure_linked(host, go, Cancellation())


def dockerfile(command: str) -> dict[str, str]:
    return {"build/Dockerfile": STAGES.format(command)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.go": SERVER, "sample/a.go": SAMPLE, "cmd/tool/a.go": TOOL}, "."),
        ({"main.go": TOOL, "sample/a.go": SAMPLE}, "."),
        ({"cmd/server/a.go": SERVER, "sample/a.go": SAMPLE}, "./cmd/server"),
        ({"cmd/server/a.go": SERVER, "client/a.go": KRAKEND, "feed/a.go": GOTIFY}, "./cmd/server"),
        ({"cmd/one/a.go": TOOL, "cmd/two/a.go": SERVER}, "./cmd/two"),
        ({"main.go": TOOL, "cmd/two/a.go": SERVER}, "./cmd/two"),
        ({"cmd/one/a.go": TOOL, "tools/gen/a.go": TOOL, "examples/x/a.go": SERVER}, "./cmd/one"),
        ({"cmd/one/a.go": TOOL, "gen.go": f"//go:build ignore\n\n{TOOL}"}, "./cmd/one"),
        (
            {"cmd/one/a.go": SERVER, "cmd/two/a.go": SERVER, **dockerfile("go build -o /out/server ./cmd/two")},
            "./cmd/two",
        ),
        ({"main.go": SERVER, "cmd/two/a.go": SERVER, **dockerfile("go build -o /out/server ./cmd/two")}, "./cmd/two"),
        (
            {"main.go": SERVER, "cmd/two/a.go": SERVER, **dockerfile("cd cmd/two && go build -o /out/server")},
            "./cmd/two",
        ),
        ({"main.go": SERVER, "cmd/two/a.go": SERVER, **dockerfile("go build -C cmd/two -o /out/server")}, "./cmd/two"),
        (
            {
                "cmd/one/a.go": SERVER,
                "cmd/two/a.go": SERVER,
                **dockerfile("go build -o /out/server example.com/acme/server/cmd/one"),
            },
            "./cmd/one",
        ),
        (
            {"cmd/one/a.go": SERVER, "cmd/two/a.go": SERVER, **dockerfile("go build -o /out/server cmd/two/a.go")},
            "./cmd/two",
        ),
        (
            {
                "cmd/one/a.go": SERVER,
                "cmd/two/a.go": SERVER,
                **dockerfile("go build -o /out/migrate ./cmd/one && go build -o /out/server ./cmd/two"),
            },
            "./cmd/two",
        ),
        (
            {"cmd/one/a.go": SERVER, "cmd/two/a.go": SERVER, "Makefile": "build:\n\tgo build -o bin/s ./cmd/one\n"},
            "./cmd/one",
        ),
        ({"main.go": SERVER, "sample/a.go": SAMPLE, **dockerfile("go build -o /out/server ./sample")}, "."),
        (
            {
                "main.go": SERVER,
                "sample/a.go": SAMPLE,
                **dockerfile("go build -buildmode=plugin -o /out/x.so ./sample"),
            },
            ".",
        ),
    ],
)
def test_the_server_is_what_the_tree_releases(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    host = linked(tree(tmp_path, files))
    own = "example.com/acme/server" + expected.removeprefix(".")
    assert (host.main, host.mains, host.linked) == (expected, (), True)
    assert host.packages == {own: "example.com/acme/server"}


def test_several_servers_are_not_chosen_between(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "server", {"cmd/one/a.go": SERVER, "cmd/two/a.go": SERVER})
    host = linked(root, "../server")
    assert (host.main, host.mains, host.linked, host.packages) == ("./cmd/one", ("./cmd/two",), False, None)
    assert host.advice == (
        "./cmd/one is assumed to be the server, but ./cmd/two may be it: use the right folder as the host, such as "
        "../server/cmd/one"
    )
    named = linked(root / "cmd" / "two")
    assert (named.main, named.mains, named.linked) == ("./cmd/two", (), True)
    assert main(["host", "show", "--host", str(root)]) == 0
    assert "main package  ./cmd/one (or ./cmd/two)" in capsys.readouterr().out


def test_helpers_alone_are_not_a_server(tmp_path: Path) -> None:
    host = linked(tree(tmp_path, {"samples/a.go": SERVER, "tools/gen/a.go": TOOL}))
    assert (host.main, host.linked, host.packages) == ("", False, None)
    assert host.advice == "no main package in it is a server; use the folder of the server's main package as the host"
    assert linked(tmp_path / "samples").main == "./samples"


def test_a_makefile_that_states_nothing_is_not_a_build(tmp_path: Path) -> None:
    root = tree(tmp_path, {"main.go": SERVER, "Makefile": "build:\n\tgo build -o bin/server .\n"})
    assert read_host_sources(str(root), "example.com/acme/server").build is None


def test_a_folder_without_a_program_is_not_a_host(tmp_path: Path) -> None:
    root = tree(tmp_path, {"main.go": SERVER, "sample/a.go": SAMPLE, "lib/a.go": "package lib\n"})
    for name in ("sample", "lib"):
        assert not isinstance(Hosts().read("REF", str(root / name)), HostManifest)


def test_the_sample_in_a_hosts_tree_makes_the_host_no_plugin(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(examples.host.parent)])
    assert "example.com/gameserver:" not in capsys.readouterr().out
    assert main(["check", str(examples.host)]) == 2
    assert "this module is a server that opens plugins, not a plugin" in capsys.readouterr().out


def test_a_plugin_with_an_older_module_of_the_sample_only_is_still_refused(examples: Examples) -> None:
    """The sample plugin in the host's tree does not link uuid, but the server does."""
    host = linked(examples.host)
    assert host.main == "."
    assert host.packages is not None
    assert "github.com/gofrs/uuid" in host.packages


def built(text: str, path: str = "/r/build/Dockerfile") -> HostBuild:
    """The build settings of the first program in a Dockerfile."""
    source = BuildSource(path, LineIndex(text), parse_dockerfile(text))
    return host_build(next(program_builds(source, "build", "example.com/acme/server")), "/r")


@pytest.mark.parametrize(
    ("image", "release", "minor"),
    [
        ("golang:1.22.4-bookworm", "go1.22.4", ""),
        ("golang:1.23-bookworm", "", "1.23"),
        ("golang:1.24rc1", "go1.24rc1", ""),
        ("golang:1-alpine", "", ""),
        ("golang:latest", "", ""),
        ("golang", "", ""),
        ("arm64v8/golang:1.21.0", "go1.21.0", ""),
        ("docker.io/library/golang:1.22.4@sha256:00", "go1.22.4", ""),
        ("ubuntu:22.04", "", ""),
    ],
)
def test_the_image_gives_the_release(image: str, release: str, minor: str) -> None:
    build = built(f"FROM {image}\nRUN go build .\n")
    assert (build.release, build.minor) == (release, minor)


@pytest.mark.parametrize(
    ("lines", "facts"),
    [
        ("RUN go build .", {"trimpath": False, "race": False, "tags": (), "gcflags": "", "goarch": "", "cgo": None}),
        ("ENV GOOS linux\nENV GOARCH amd64\nENV CGO_ENABLED 1\nRUN go build .", {"goarch": "amd64", "cgo": True}),
        ("ARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go build .", {"goos": "linux", "goarch": ""}),
        ("RUN go build -trimpath -race -tags=a,b .", {"trimpath": True, "race": True, "tags": ("a", "b")}),
        ('RUN go build -gcflags "-trimpath $PWD" .', {"gcflags": ""}),
        ('RUN go build -gcflags "all=-d=checkptr=0" .', {"gcflags": "all=-d=checkptr=0"}),
        ("RUN go build -gcflags $FLAGS .", {"gcflags": None}),
        ("RUN go build $FLAGS .", {"trimpath": None, "tags": None, "gcflags": None}),
        ("RUN GOEXPERIMENT=nogreen go build .", {"experiment": "nogreen"}),
        ("ENV GOFLAGS=-trimpath\nRUN go build .", {"trimpath": True}),
        ("ENV GOTOOLCHAIN=go1.23.1\nRUN go build .", {"release": "go1.23.1"}),
    ],
)
def test_the_commands_give_platform_and_flags(lines: str, facts: dict[str, object]) -> None:
    build = built(f"FROM golang:1.22.4 AS b\n{lines}\nFROM debian:12\nCOPY --from=b /x /\n")
    assert {name: getattr(build, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("image", "library"),
    [
        ("debian:bookworm-slim", ("glibc", "2.36")),
        ("debian:12.5-slim", ("glibc", "2.36")),
        ("debian:bullseye", ("glibc", "2.31")),
        ("debian:buster-20240612-slim", ("glibc", "2.28")),
        ("debian:trixie", ("glibc", "2.41")),
        ("debian:stable-slim", ("glibc", "")),
        ("arm64v8/debian:bookworm-slim", ("glibc", "2.36")),
        ("ubuntu:20.04", ("glibc", "2.31")),
        ("ubuntu:22.04", ("glibc", "2.35")),
        ("ubuntu:noble-20240423", ("glibc", "2.39")),
        ("alpine:3.20", ("musl", "")),
        ("golang:1.23-alpine3.20", ("musl", "")),
        ("golang:1.23-bullseye", ("glibc", "2.31")),
        ("gcr.io/distroless/base-debian12", ("glibc", "2.36")),
        ("gcr.io/distroless/cc-debian11:nonroot", ("glibc", "2.31")),
        ("gcr.io/distroless/static-debian12", ("", "")),
        ("rockylinux:9-minimal", ("glibc", "2.34")),
        ("registry.access.redhat.com/ubi8/ubi-minimal:8.9", ("glibc", "2.28")),
        ("scratch", ("", "")),
        ("example.com/our/base:3", ("", "")),
    ],
)
def test_the_last_image_gives_the_c_library(image: str, library: tuple[str, str]) -> None:
    last = parse_dockerfile(f"FROM {image}\n").stages[-1].image
    assert last
    assert runtime_c_library(last) == library


def test_facts_have_the_origin_that_states_them(tmp_path: Path) -> None:
    text = STAGES.format("CGO_ENABLED=1 go build -trimpath -o /out/server .")
    root = tree(tmp_path, {"main.go": SERVER, "build/Dockerfile": text, "build/Dockerfile.local": "FROM golang:1.9\n"})
    build = read_host_sources(str(root), "example.com/acme/server").build
    assert build
    assert (build.release, build.goos, build.goarch, build.cgo) == ("go1.22.4", "linux", "", True)
    assert (build.libc, build.libc_version) == ("glibc", "2.36")
    places = {name: str(build.origins[name]) for name in ("release", "goos", "cgo", "trimpath", "libc")}
    assert places == {
        "release": "build/Dockerfile:1",
        "goos": "build/Dockerfile:1",
        "cgo": "build/Dockerfile:4",
        "trimpath": "build/Dockerfile:4",
        "libc": "build/Dockerfile:6",
    }
    assert build.origins["release"].path == str(root / "build" / "Dockerfile")


def test_debug_flavours_local_builds_and_the_plugin_builder_are_not_the_release(tmp_path: Path) -> None:
    def image(go: str, flags: str = "-trimpath") -> str:
        text = STAGES.format(f"go build {flags} -o /out/server .")
        return text.replace("1.22.4", go)

    files = {
        "main.go": SERVER,
        "Dockerfile.debug": image("1.20.1", '-gcflags "all=-N -l"'),
        "build/Dockerfile.local": image("1.20.2"),
        "build/Dockerfile.dsym": image("1.20.3"),
        "build/pluginbuilder/Dockerfile": 'FROM golang:1.22.5\nENTRYPOINT ["go"]\n',
        "docker/Dockerfile": image("1.22.4"),
    }
    found = read_host_sources(str(tree(tmp_path, files)), "example.com/acme/server")
    assert found.build
    assert found.builder
    assert (found.build.release, found.build.gcflags, found.builder.release) == ("go1.22.4", "", "go1.22.5")


@pytest.mark.parametrize(("other", "expected"), [("arm64", ""), ("amd64", "amd64")])
def test_a_server_for_two_architectures_has_none_of_its_own(tmp_path: Path, other: str, expected: str) -> None:
    text = STAGES.format("GOARCH=amd64 go build -o /out/server .")
    files = {"main.go": SERVER, "build/Dockerfile": text, "build/Dockerfile.other": text.replace("amd64", other)}
    build = read_host_sources(str(tree(tmp_path, files)), "example.com/acme/server").build
    assert build
    assert build.goarch == expected


def test_an_image_that_runs_make_states_its_go_but_no_flags(tmp_path: Path) -> None:
    root = tree(tmp_path, {"cmd/s/a.go": SERVER, "Dockerfile": STAGES.format("make server")})
    build = read_host_sources(str(root), "example.com/acme/server").build
    assert build
    assert (build.release, build.libc, build.trimpath, build.gcflags) == ("go1.22.4", "glibc", None, None)


def test_a_makefile_states_what_it_names_and_no_more(tmp_path: Path) -> None:
    root = tree(tmp_path, {"main.go": SERVER, "Makefile": "build:\n\tgo build -tags=x -o bin/server .\n"})
    build = read_host_sources(str(root), "example.com/acme/server").build
    assert build
    assert (build.release, build.tags, build.trimpath, build.race) == ("", ("x",), None, None)


def test_build_tags_of_the_release_decide_what_is_linked(tmp_path: Path) -> None:
    tagged = f"//go:build goplugin\n\n{SERVER.replace('main()', 'open()')}"
    more = 'package main\n\nimport _ "example.com/acme/server/inner"\n'
    files = {
        "main.go": TOOL,
        "open.go": tagged,
        "more.go": f"//go:build goplugin\n\n{more}",
        "inner/a.go": "package inner\n",
        **dockerfile("go build -tags goplugin -o /out/server ."),
    }
    host = linked(tree(tmp_path, files))
    assert host.packages is not None
    assert "example.com/acme/server/inner" in host.packages


def test_a_changed_build_file_is_read_again(tmp_path: Path) -> None:
    root = tree(tmp_path, {"main.go": SERVER, **dockerfile("go build -o /out/server .")})
    hosts = Hosts()
    first = hosts.read("REF", str(root))
    assert hosts.read("REF", str(root)) is first
    file = root / "build" / "Dockerfile"
    file.write_text(file.read_text().replace("1.22.4", "1.22.10"))
    second = hosts.read("REF", str(root))
    assert isinstance(second, HostManifest)
    assert second.build
    assert second.build.release == "go1.22.10"


def test_a_missing_embedded_file_does_not_matter(tmp_path: Path) -> None:
    """An embedded user interface that the build creates is missing in a checkout; it imports nothing."""
    text = 'package main\n\nimport "embed"\n\n//go:embed ui/*\nvar ui embed.FS\n'
    assert linked(tree(tmp_path, {"main.go": SERVER, "ui.go": text})).linked


def test_unknown_packages_are_explained(tmp_path: Path) -> None:
    text = 'package main\n\nimport _ "example.com/absent/x"\n\nfunc main() {}\n'
    host = linked(tree(tmp_path, {"main.go": text}))
    assert not host.linked
    assert host.advice.startswith("Go cannot list its packages: example.com/absent/x: ")
