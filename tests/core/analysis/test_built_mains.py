"""Which main packages the build files of a plugin build."""

from __future__ import annotations

import posixpath

import pytest

from layerg_pin.core.analysis.built_mains import BuildInput, MainBuild, main_builds
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
        ("Dockerfile", f"{FROM}WORKDIR /src\nCOPY cmd cmd\nRUN {BUILD} ./cmd/a\n", ["./cmd/a"]),
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
        ("Makefile", f"p:\n\tcd ../q && {BUILD} .\n", False),
    ],
)
def test_it_is_not_known_which_package_is_built(name: str, text: str, is_own: bool) -> None:
    (build,) = builds(name, text)
    assert ([each.name for each in build.mains], build.is_own) == (["./cmd/a", "."], is_own)


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
