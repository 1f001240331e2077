"""Forms of build files that hide what is built: flow style, anchors, copied go.mod files, and comments that silence."""

from __future__ import annotations

import pytest

from layerg_pin.core.buildfiles.budget import FILE_LIMITS, Budget
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.compose_variables import parse_env
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.buildfiles.shell_script import parse_script
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.ignore_comments import hash_comments, suppressed_lines, unknown_codes
from layerg_pin.core.text import LineIndex

_BUILD = "RUN go build -buildmode=plugin ."


@pytest.mark.parametrize(
    "build",
    [
        'build: {context: ., args: {GO: "1.21"}}',
        "build: {context: .,\n      args: {GO: 1.21}}",
        "build: {context: ., args: [GO=1.21]}",
        "build:\n      context: .\n      args: *a",
        "build:\n      context: .\n      args:\n        <<: *a",
        "build:\n      context: .\n      args: {<<: [*b, *a]}",
        "build:\n      context: .\n      args:\n        <<: *b\n        GO: '1.21'",
    ],
)
def test_arguments_in_any_yaml_form(build: str) -> None:
    text = f"x-a: &a\n  GO: '1.21'\nx-b: &b {{OTHER: x}}\nservices:\n  s:\n    {build}\n"
    (found,) = parse_compose(text).builds
    assert found.arguments["GO"] == "1.21"
    assert found.context == "."


def test_own_keys_replace_merged_ones() -> None:
    text = (
        "x-p: &p\n  platform: linux/arm64\n  image: golang:1.21\nservices:\n  s:\n    <<: *p\n    image: golang:1.22\n"
    )
    (image,) = parse_compose(text).images
    assert (image.tag, image.platform) == ("1.22", "linux/arm64")


def test_aliases_of_aliases_are_not_expanded() -> None:
    rows = ["x0: &x0 {k: v}"] + [f"x{n}: &x{n} {{a: *x{n - 1}, b: *x{n - 1}, c: *x{n - 1}}}" for n in range(1, 40)]
    budget = Budget(FILE_LIMITS._replace(expanded=200))
    assert parse_compose("\n".join([*rows, "services: *x39"]), None, budget) == BuildFile()


def test_merges_of_merges_are_bounded() -> None:
    rows = ["x0: &x0 {k: v}"] + [f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}, *x{n - 1}]}}" for n in range(1, 15)]
    file = parse_compose("\n".join([*rows, "services: *x14"]))
    assert file.unread is not None


def test_a_variable_of_several_words() -> None:
    text = (
        "services:\n  s:\n    image: golang:1.22\n    environment:\n      GOFLAGS: -mod=vendor -trimpath\n"
        "    command: go build -buildmode=plugin\n"
    )
    (build,) = parse_compose(text).commands
    assert (build.mod, build.trimpath) == ("vendor", True)


def test_platforms() -> None:
    one = parse_compose("services:\n  s:\n    build: {context: ., platforms: [linux/arm64]}\n")
    assert [each.platform for each in one.builds] == ["linux/arm64"]
    of_env = parse_compose("services: {s: {build: .}}", parse_env("DOCKER_DEFAULT_PLATFORM=linux/arm64"))
    assert [each.platform for each in of_env.builds] == ["linux/arm64"]
    script = parse_script("export DOCKER_DEFAULT_PLATFORM=linux/arm64\ndocker buildx build -t x .\n")
    assert [each.platform for each in script.builds] == ["linux/arm64"]


@pytest.mark.parametrize(
    "step",
    [
        "cp ci.mod go.mod",
        "mv go.prod.mod go.mod",
        "patch -p1 < ci.patch",
        "git apply ci.patch",
        "envsubst < go.mod.in > go.mod",
        "curl -o go.mod https://example.com/go.mod",
        "cat a | tee go.sum",
        "cp -r vendor.prod vendor",
    ],
)
def test_steps_that_write_gomod(step: str) -> None:
    file = parse_dockerfile(f"FROM golang:1.22\nRUN {step} && go build -buildmode=plugin .\n")
    assert len(file.drifts) == 1


@pytest.mark.parametrize(
    "step", ["cp go.mod go.mod.bak", "cat go.mod > versions", "git status", "patch main.go < x", "ls"]
)
def test_steps_that_do_not(step: str) -> None:
    assert not parse_dockerfile(f"FROM golang:1.22\nRUN {step} && go build -buildmode=plugin .\n").drifts


def test_copies_in_a_dockerfile() -> None:
    (drift,) = parse_dockerfile(f"FROM golang:1.22\nCOPY docker/go.mod ./go.mod\n{_BUILD}\n").drifts
    assert drift.step.sources == ("docker/go.mod",)
    (own,) = parse_dockerfile(f"FROM golang:1.22\nCOPY go.mod go.sum ./\n{_BUILD}\n").drifts
    assert own.step.sources == ("go.mod", "go.sum")
    elsewhere = f"FROM golang:1.22\nWORKDIR /src/plugin\nCOPY lib/go.mod /src/lib/go.mod\n{_BUILD}\n"
    assert not parse_dockerfile(elsewhere).drifts


def test_steps_of_a_makefile_by_target() -> None:
    steps = parse_makefile("all: deps\ndeps:\n\tgo get -u ./...\n").steps
    assert {name: [each.text for each in found] for name, found in steps.items()} == {
        name: ["go get -u ./..."] for name in ("all", "deps", "")
    }


def test_comments_with_a_hash() -> None:
    index = LineIndex("# layerg-pin:ignore toolchain-mismatch x\nFROM golang # layerg_pin:ignore build-flags\n")
    comments = list(hash_comments(index.text))
    assert ("toolchain-mismatch", 1) in suppressed_lines(index, comments)
    (problem,) = unknown_codes(index, comments, [check.code for check in CHECKS])
    assert problem.message.startswith("layerg_pin:ignore has no effect")
