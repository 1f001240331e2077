"""Which main packages the build files of a plugin build."""

from __future__ import annotations

import posixpath

import pytest

from layerg_pin.core.analysis.built_mains import BuildInput, MainBuild, main_builds, may_generate
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.model.snapshot import MainPackage, SourceFile
from layerg_pin.core.text import LineIndex

FROM = "FROM heroiclabs/nakama-pluginbuilder:3.22.0\n"
COPIED = f"{FROM}WORKDIR /src\nCOPY . .\n"
BUILD = "go build -buildmode=plugin -o p.so"
DOCKER = (
    'docker run --rm -w "/builder" -v "$PWD:/builder" heroiclabs/nakama-pluginbuilder:3.22.0 build -buildmode=plugin'
)


def builds(name: str, text: str, flags: str = "") -> tuple[MainBuild, ...]:
    """The builds of a plugin with the main packages `.` and `./cmd/a`, of which the second is taken for the plugin."""
    root, a = (
        MainPackage(each, (SourceFile(f"/w/p/{each}/main.go", parse_go_file("package main\n")),))
        for each in (".", "./cmd/a")
    )
    file = parse_dockerfile(text) if "Dockerfile" in name else parse_makefile(text)
    return main_builds(
        BuildInput(
            folder="/w/p",
            module="example.com/p",
            mains=(a,),
            other_mains=(root,),
            builders=(BuildSource(posixpath.normpath(f"/w/p/{name}"), LineIndex(text), file),) if text else (),
            local_flags=flags,
        )
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Dockerfile", f"{COPIED}RUN {BUILD} ./cmd/a\n", ["./cmd/a"]),
        ("Dockerfile", f"{COPIED}RUN {BUILD}\n", ["."]),
        ("Dockerfile", f"{COPIED}RUN {BUILD} example.com/p\n", ["."]),
        ("Dockerfile", f"{COPIED}RUN {BUILD} /src/cmd/a\n", ["./cmd/a"]),
        ("Dockerfile", f"{COPIED}WORKDIR cmd/a\nRUN {BUILD} .\n", ["./cmd/a"]),
        ("Dockerfile", f"{COPIED}WORKDIR cmd\nRUN {BUILD} ..\n", ["."]),
        ("docker/Dockerfile", f"{COPIED}RUN {BUILD} ./cmd/a\n", ["./cmd/a"]),
        ("Dockerfile", f"{FROM}COPY cmd cmd\nRUN {BUILD} ./cmd/a\n", ["./cmd/a"]),
        ("Dockerfile", f"{COPIED}RUN {BUILD} main.go\n", ["."]),
        ("Dockerfile", f"{COPIED}RUN {BUILD} cmd/a/main.go\n", ["./cmd/a"]),
        ("Makefile", f"p:\n\t{BUILD} ./cmd/a\n", ["./cmd/a"]),
        ("Makefile", f"p:\n\tcd cmd && {BUILD} ./a\n", ["./cmd/a"]),
        ("Makefile", f"p:\n\t{BUILD} .\n", ["."]),
        ("scripts/Makefile", f"p:\n\t{BUILD} .\n", ["."]),
        ("Makefile", f"p:\n\t{DOCKER} ./cmd/a\n", ["./cmd/a"]),
    ],
)
def test_the_package_that_is_built(name: str, text: str, expected: list[str]) -> None:
    (build,) = builds(name, text)
    assert ([each.name for each in build.mains], build.is_own) == (expected, True)
    assert build.place == f"{name}:{text.count(chr(10))}"


@pytest.mark.parametrize(
    ("name", "text", "is_own"),
    [
        ("Dockerfile", f"{FROM}WORKDIR /src\nCOPY cmd/a .\nRUN {BUILD} .\n", True),
        ("Dockerfile", f"{COPIED}RUN cd $X && {BUILD} .\n", True),
        ("Dockerfile", f"{COPIED}RUN {BUILD} $X\n", False),
        ("Dockerfile", f"{COPIED}RUN {BUILD} ./...\n", False),
        ("Dockerfile", f"{COPIED}RUN {BUILD} *.go\n", True),
        ("Dockerfile", f"{COPIED}RUN {BUILD} main.go other.go\n", True),
        ("Dockerfile", f"{COPIED}RUN {BUILD} main.go cmd/a/main.go\n", False),
        ("Dockerfile", f"{COPIED}RUN {BUILD} ./lib\n", False),
        ("Dockerfile", f"{COPIED}RUN {BUILD} example.com/p2/cmd/a\n", False),
        ("../Dockerfile", f"{COPIED}RUN {BUILD} ./cmd/a\n", False),
        ("cmd/a/Makefile", f"p:\n\t{BUILD} .\n", True),
        ("Dockerfile", f"{FROM}COPY go.mod ./\nCOPY cmd cmd\nRUN cd cmd/a && {BUILD} .\n", True),
        ("Dockerfile", f"{FROM}COPY go.mod cmd/a/main.go ./\nRUN {BUILD} .\n", True),
        ("Dockerfile", f"{COPIED}RUN cp cmd/a/*.go . && {BUILD}\n", True),
        ("Dockerfile", f"{COPIED}ARG P=.\nRUN {BUILD} $P\n", True),
        ("Makefile", f"P ?= .\np:\n\t{BUILD} $(P)\n", True),
        ("Makefile", f"p:\n\tpushd cmd/a && {BUILD} .\n", True),
        ("Makefile", f"p:\n\tenv -C cmd/a {BUILD} .\n", True),
        ("Makefile", f".ONESHELL:\np:\n\tcd cmd/a\n\t{BUILD} .\n", True),
        ("Makefile", f"p:\n\t{DOCKER} .\n", True),
        ("Makefile", f"p:\n\tcd ../q && {BUILD} .\n", False),
    ],
)
def test_it_is_not_known_which_package_is_built(name: str, text: str, is_own: bool) -> None:
    (build,) = builds(name, text)
    assert ([each.name for each in build.mains], build.is_own) == (["./cmd/a", "."], is_own)


@pytest.mark.parametrize(
    ("flags", "tags"),
    [("-tags=a,b", ("a", "b")), ("", ()), ("-tags=$(TAGS)", None), ("$(FLAGS)", None)],
)
def test_tags_that_a_caller_may_change_are_not_known(flags: str, tags: tuple[str, ...] | None) -> None:
    (build,) = builds("Makefile", f"TAGS ?= a\nFLAGS ?= -tags=a\np:\n\tgo build {flags} -buildmode=plugin ./cmd/a\n")
    assert build.tags == tags


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("RUN go generate ./...", True),
        ("RUN sed -i s/A/B/ main.go", True),
        ("RUN ./make.sh > init.go", True),
        ("COPY --from=gen /out/init.go .", True),
        ("COPY --from=gen /out/config.json .", False),
        ("RUN go vet ./...", False),
    ],
)
def test_steps_that_may_make_go_files(step: str, expected: bool) -> None:
    text = f"{COPIED}{step}\nRUN {BUILD} .\n"
    source = BuildSource("/w/p/Dockerfile", LineIndex(text), parse_dockerfile(text))
    plugin = BuildInput(folder="/w/p", module="p", mains=(), other_mains=(), builders=(source,), local_flags="")
    assert may_generate(plugin) is expected


def test_a_go_file_that_names_a_generator() -> None:
    file = SourceFile("/w/p/main.go", parse_go_file("package main\n\n//go:generate go run gen.go\n"))
    mains = (MainPackage(".", (file,)),)
    assert may_generate(BuildInput(folder="/w/p", module="p", mains=mains, other_mains=(), builders=(), local_flags=""))


def test_without_build_files() -> None:
    (build,) = builds("Makefile", "")
    assert ([each.name for each in build.mains], build.tags, build.is_own) == (["./cmd/a"], None, False)


def test_a_build_in_a_file_that_is_not_read() -> None:
    first, second = builds("Dockerfile", f"{COPIED}RUN {BUILD} ./cmd/a\nRUN task plugin\n")
    assert (first.is_own, second.is_own, len(second.mains)) == (True, False, 2)


@pytest.mark.parametrize(
    ("name", "text", "tags"),
    [
        ("Dockerfile", f"{COPIED}RUN {BUILD} -tags a,b .\n", ("a", "b")),
        ("Dockerfile", f"{COPIED}ENV GOFLAGS=-tags=c\nRUN {BUILD} .\n", ("c",)),
        ("Dockerfile", f"{COPIED}RUN {BUILD} -tags $X .\n", None),
        ("Makefile", f"p:\n\t{BUILD} -tags a .\n", ("a", "x", "y")),
    ],
)
def test_the_build_tags(name: str, text: str, tags: tuple[str, ...] | None) -> None:
    (build,) = builds(name, text, "-trimpath -tags=x,y")
    assert build.tags == tags
