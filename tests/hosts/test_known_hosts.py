"""Plugins and hosts of KrakenD, gotify and Tyk: how they are recognised, and what image tags and source trees state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.known_hosts import KNOWN_HOST_TABLE, PUBLICATIONS
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostNotFound
from layerg_pin.engine.plugin_discovery import HostReference, find_host, find_plugins, is_plugin
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.source_tree.main_packages import main_packages, server_packages

HANDLER = "func AddHeader(rw http.ResponseWriter, r *http.Request) {}\n"
RESPONSE = "func Answer(rw http.ResponseWriter, res *http.Response, req *http.Request) {}\n"
EMPTY_MAIN = "func main() {\n\t// never called\n}\n"
REGISTERER = 'var ClientRegisterer = registerer("x")\n'


def write(root: Path, **files: str) -> Path:
    """Write files. In a name, `__` means `/`, and the last `_` is the dot before the extension."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_go", ".go").replace("go_mod", "go.mod")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ((REGISTERER, EMPTY_MAIN), True),
        ((REGISTERER, "func main() { println(1) }\n"), True),
        (('var (\n\tHandlerRegisterer = registerer("x")\n)\n',), True),
        (("var ModifierRegisterer registerer\n",), True),
        (("var (\n\tother = 1\n)\n",), False),
        (("func GetGotifyPluginInfo() plugin.Info { return plugin.Info{} }\n", 'func main() { panic("x") }\n'), True),
        ((HANDLER, EMPTY_MAIN), True),
        ((HANDLER,), True),
        ((RESPONSE, "func main() {}\n"), True),
        ((HANDLER, 'func main() { http.HandleFunc("/", AddHeader) }\n'), False),
        ((HANDLER, 'func main() {\n\t// serve\n\thttp.HandleFunc("/", AddHeader)\n}\n'), False),
        ((HANDLER.replace("Add", "add"), EMPTY_MAIN), False),
        (("func Add(a, b int) int { return a + b }\n", EMPTY_MAIN), False),
    ],
)
def test_a_plugin_is_known_by_its_symbols(tmp_path: Path, sources: tuple[str, ...], expected: bool) -> None:
    gomod = "module example.com/p\n\ngo 1.21\n"
    root = tmp_path / "p"
    write(root, go_mod=gomod, **{f"x__{n}_go": f"package main\n\n{text}" for n, text in enumerate(sources)})
    assert is_plugin(str(root), parse_gomod(gomod), None) is expected
    assert find_plugins(str(tmp_path)) == ((str(root),) if expected else ())
    assert main_packages(str(root)) == ("./x",)
    assert server_packages(str(root)) == (() if expected else ("./x",))


def test_a_handler_in_another_package_makes_no_plugin(tmp_path: Path) -> None:
    write(tmp_path / "p", go_mod="module example.com/p\n", x__a_go=f"package web\n\n{HANDLER}")
    assert find_plugins(str(tmp_path)) == ()


def test_the_api_of_gotify_makes_a_module_a_plugin_except_the_server(tmp_path: Path) -> None:
    require = "\nrequire github.com/gotify/plugin-api v1.0.0\n"
    write(tmp_path, p__go_mod=f"module example.com/p\n{require}")
    write(tmp_path, server__go_mod=f"module github.com/gotify/server/v2\n{require}")
    write(tmp_path, api__go_mod="module github.com/gotify/plugin-api\n")
    assert find_plugins(str(tmp_path)) == (str(tmp_path / "p"),)


@pytest.mark.parametrize("module", PUBLICATIONS)
def test_each_known_host_beside_a_plugin_is_found(tmp_path: Path, module: str) -> None:
    write(tmp_path, server__go_mod=f"module {module}\n", p__go_mod="module example.com/p\n")
    gomod = parse_gomod("module example.com/p\n")
    found = find_host(str(tmp_path / "p"), gomod, None, Settings())
    assert found == HostReference("../server", str(tmp_path / "server"))
    replaced = parse_gomod(f"module example.com/p\n\nreplace {module} => ../server\n")
    assert find_host(str(tmp_path / "p"), replaced, None, Settings()) == found


@pytest.mark.parametrize(
    ("image", "message", "proposal"),
    [
        (
            "krakend/builder:2.7.0",
            "the host is KrakenD 2.7.0 by Dockerfile:1, and this layerg-pin has no facts about it: set the host to the "
            "server's source folder or binary, or to github.com/krakend/krakend-ce/v2@v2.7.0",
            "github.com/krakend/krakend-ce/v2@v2.7.0",
        ),
        (
            "krakend/builder:2.7-linux-generic",
            "the host is KrakenD 2.7 by Dockerfile:1, and this layerg-pin has no facts about it: set the host to the "
            "server's source folder or binary, or to github.com/krakend/krakend-ce/v2@VERSION",
            "",
        ),
        (
            "krakend/builder-ee:2.7.0",
            "the host is KrakenD Enterprise 2.7.0 by Dockerfile:1, and this layerg-pin has no facts about it: set the "
            "host to the server's binary",
            "",
        ),
        (
            "tykio/tyk-plugin-compiler:v5.3.0",
            "the host is Tyk 5.3.0 by Dockerfile:1, and this layerg-pin has no facts about it: set the host to the "
            "server's source folder or binary",
            "",
        ),
    ],
)
def test_a_tag_says_which_release_is_meant(
    tmp_path: Path, image: str, message: str, proposal: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gomod = "module example.com/p\n\ngo 1.21\n"
    plugin = write(tmp_path / "p", go_mod=gomod, main_go=f"package main\n\n{REGISTERER}", Dockerfile=f"FROM {image}\n")
    builders = read_build_files(str(plugin))
    found = find_host(str(plugin), parse_gomod(gomod), None, Settings(), builders=builders)
    assert found == HostNotFound(message, proposal)
    assert main(["check", str(plugin), "--format", "json"]) == 2
    shown = json.loads(capsys.readouterr().out)
    assert [(each["code"], each["severity"]) for each in shown["plugins"][0]["findings"]] == [
        ("host-not-found", "information")
    ]
    assert [each["message"] for each in shown["problems"]] == [f"no verdict on example.com/p: {message}"]


def test_a_host_beside_the_plugin_takes_precedence_over_a_tag(tmp_path: Path) -> None:
    write(tmp_path, server__go_mod="module github.com/krakend/krakend-ce/v2\n")
    plugin = write(tmp_path, p__Dockerfile="FROM krakend/builder:2.7.0\n", p__go_mod="module example.com/p\n") / "p"
    found = find_host(str(plugin), parse_gomod(""), None, Settings(), builders=read_build_files(str(plugin)))
    assert found == HostReference("../server", str(tmp_path / "server"))


DOCKERFILE = """\
FROM {} AS builder
RUN go build -buildmode=plugin -o p.so .
FROM {}
COPY --from=builder /p.so /
"""


@pytest.mark.parametrize(
    ("builder", "server", "words"),
    [
        ("krakend/builder:2.7.0", "krakend:2.7.0", ""),
        ("krakend/builder:2.7.0", "krakend/krakend-ee:2.7.0", ""),
        ("krakend/builder-ee:2.7.0", "krakend/krakend-ee:2.7.0", ""),
        ("golang:1.25.1-alpine", "devopsfaith/krakend:2.7.0", ""),
        ("golang:1.25.1-bookworm", "gotify/server:2.6.1", ""),
        ("gotify/build:1.25.1-linux-amd64", "gotify/server:2.6.1", ""),
        ("krakend/builder:2.7.0", "krakend:2.6.0", "server image krakend:2.6.0 are different releases"),
        ("krakend/builder:2.7.0-linux-generic", "krakend:2.7.0", "links glibc, but krakend:2.7.0 runs on musl"),
        ("golang:1.25.1-bookworm", "krakend:2.7.0", "but krakend:2.7.0 runs on musl (Alpine)"),
        ("golang:1.25.1-alpine", "gotify/server:2.6.1", "but server:2.6.1 runs on glibc"),
        ("tykio/tyk-plugin-compiler:v5.3.0", "tykio/tyk-gateway:v5.3.0", "-trimpath is missing: tyk-gateway:v5.3.0"),
    ],
)
def test_errors_between_builder_and_server(
    tmp_path: Path, builder: str, server: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = write(tmp_path, go_mod="module example.com/p\n\ngo 1.21\n", main_go=f"package main\n\n{REGISTERER}")
    (plugin / "Dockerfile").write_text(DOCKERFILE.format(builder, server))
    main(["check", str(plugin), "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    errors = [each["message"] for each in findings if each["severity"] == "error"]
    assert len(errors) == bool(words), errors
    assert words in "".join(errors)


@pytest.mark.parametrize(
    ("image", "expected"),
    [("krakend/builder:2.7.0", 0), ("golang:1.25.6", 1), ("gotify/build:1.25.6-linux-amd64", 0)],
)
def test_trimpath_is_not_reported_in_the_builder_of_a_host_without_it(
    tmp_path: Path, image: str, expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server = {"Dockerfile": "FROM golang:1.25.6\nRUN go build -o /s ./cmd/krakend-ce\n"}
    source = 'package main\n\nimport "plugin"\n\nfunc main() { plugin.Open("") }\n'
    write(tmp_path, host__go_mod="module github.com/krakend/krakend-ce/v2\n\ngo 1.21\n")
    write(tmp_path / "host", cmd__krakend_ce__main_go=source, **server)
    (tmp_path / "host/cmd/krakend_ce").rename(tmp_path / "host/cmd/krakend-ce")
    write(tmp_path, p__go_mod="module example.com/p\n\ngo 1.21\n", p__main_go=f"package main\n\n{REGISTERER}")
    write(tmp_path, p__Dockerfile=f"FROM {image}\nRUN go build -buildmode=plugin -o p.so .\n")
    main(["check", str(tmp_path / "p"), "--format", "json", "--offline"])
    findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    messages = [each["message"] for each in findings if each["code"] == "build-flags"]
    assert len(messages) == expected, messages


def build_of(root: Path) -> HostBuild | None:
    host = Hosts().read("REF", str(root))
    assert isinstance(host, HostManifest), host
    return host.build


@pytest.mark.parametrize(
    ("makefile", "release", "minor"),
    [
        ("GOLANG_VERSION := 1.25.6\n", "go1.25.6", ""),
        ("X := 1\nGOLANG_VERSION=1.25.6 # newest\n", "go1.25.6", ""),
        ("GOLANG_VERSION ?= 1.25\n", "", "1.25"),
        ("GOLANG_VERSION := 1.25.6\nGOLANG_VERSION := 1.25.7\n", "", ""),
        ("GOLANG_VERSION := $(shell cat GO)\n", "", ""),
        ("MY_GOLANG_VERSION := 1.25.6\n", "", ""),
        ("", "", ""),
    ],
)
def test_the_makefile_of_krakend_states_its_go(tmp_path: Path, makefile: str, release: str, minor: str) -> None:
    root = tmp_path / "server"  # folders beside a plugin are searched for hosts
    write(root, go_mod="module github.com/krakend/krakend-ce/v2\n\ngo 1.24\n", Makefile=makefile)
    build = build_of(root) or HostBuild()
    assert (build.release, build.minor) == (release, minor)
    if release:
        assert str(build.origins["release"]) == f"Makefile:{makefile.partition('GOLANG')[0].count(chr(10)) + 1}"


def test_other_files_go_before_the_statement(tmp_path: Path) -> None:
    root = tmp_path / "server"  # folders beside a plugin are searched for hosts
    gomod = "module github.com/gotify/server/v2\n\ngo 1.24\n"
    write(root, go_mod=gomod, app_go="package main\n\nfunc main() {}\n", GO_VERSION="1.25.6\n")
    stated = build_of(root)
    assert stated
    assert stated.release == "go1.25.6"
    write(root, Dockerfile="FROM golang:1.25.1\nRUN go build -o /s .\n")
    built = build_of(root)
    assert built
    assert built.release == "go1.25.1"
    (root / "Dockerfile").unlink()
    write(root, go_mod=gomod.replace("1.24", "1.26.1"))
    assert build_of(root) is None, "go.mod may select another Go than the installed one"
    write(root, go_mod="module example.com/server\n\ngo 1.24\n")
    assert build_of(root) is None, "this file means nothing in other modules"


def test_a_changed_statement_is_read_again(tmp_path: Path) -> None:
    root = tmp_path / "server"  # folders beside a plugin are searched for hosts
    write(root, go_mod="module github.com/gotify/server/v2\n\ngo 1.24\n", GO_VERSION="1.25.6\n")
    hosts = Hosts()
    for release in ("1.25.6", "1.25.10"):
        write(root, GO_VERSION=f"{release}\n")
        host = hosts.read("REF", str(root))
        assert isinstance(host, HostManifest)
        assert host.build
        assert host.build.release == f"go{release}"


def test_only_hosts_with_trimpath_require_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for host in KNOWN_HOST_TABLE:
        for path in host.module_paths[:1]:
            root = tmp_path / host.published.name
            write(root, host__go_mod=f"module {path}\n\ngo 1.21\n", p__go_mod="module example.com/p\n\ngo 1.21\n")
            write(root, p__main_go=f"package main\n\n{REGISTERER}", p__Makefile="a:\n\tgo build -buildmode=plugin .\n")
            main(["check", str(root / "p"), "--format", "json", "--offline"])
            findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
            messages = [each["message"] for each in findings if each["code"] == "build-flags"]
            assert any("-trimpath is missing" in each for each in messages) is host.published.trimpath, messages
