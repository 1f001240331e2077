"""Forms of build files that hide what is built: flow style, anchors, copied go.mod files, and comments that silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerg_pin.core.buildfiles.bake_file import parse_bake
from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.budget import FILE_LIMITS, Budget
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables, parse_env
from layerg_pin.core.buildfiles.devcontainer import parse_devcontainer
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.buildfiles.powershell import parse_powershell
from layerg_pin.core.buildfiles.shell_script import parse_script
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.ignore_comments import build_comments, misplaced_comments, suppressed_lines, unknown_codes
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


def test_a_misspelt_comment_in_a_build_file() -> None:
    text = "# layerg-pin:ignore toolchain-mismatch x\n# layerg_pin:ignore build-flags\nFROM golang\n"
    index, comments = LineIndex(text), list(build_comments(text, parse_dockerfile(text)))
    assert ("toolchain-mismatch", 2) in suppressed_lines(index, comments)
    (problem,) = unknown_codes(index, comments, [check.code for check in CHECKS])
    assert problem.message.startswith("layerg_pin:ignore has no effect")


_IGNORE = "layerg-pin:ignore build-flags x"


@pytest.mark.parametrize(
    ("parse", "text", "silenced"),
    [
        (parse_dockerfile, f"FROM golang\n# {_IGNORE}\n{_BUILD}", True),
        (parse_dockerfile, f"FROM golang\n\t## {_IGNORE}\n{_BUILD}", True),
        (parse_dockerfile, f"FROM golang\nRUN cd x && \\\n  # {_IGNORE}\n  go build -buildmode=plugin .", True),
        (parse_dockerfile, f"FROM golang\n{_BUILD} # {_IGNORE}", False),
        (parse_dockerfile, f"FROM golang # {_IGNORE}", False),
        (parse_dockerfile, f"FROM golang\nRUN cd x && \\\n  go build -buildmode=plugin . # {_IGNORE}", False),
        (parse_makefile, f"x:\n\tgo build -buildmode=plugin . # {_IGNORE}\n", True),
        (parse_makefile, f"# {_IGNORE}\nFLAGS = -race\n", True),
        (parse_makefile, f"x:\n\tgo build -buildmode=plugin -ldflags '-X a.b=it # {_IGNORE}' .\n", False),
        (parse_script, f"go build -ldflags '-s -w' -buildmode=plugin . # {_IGNORE}\n", True),
        (parse_script, f"echo it\\'s && go build -buildmode=plugin . # {_IGNORE}\n", True),
        (parse_script, f'echo "a # {_IGNORE}"\n', False),
        (parse_script, f"go build -buildmode=plugin .#{_IGNORE}\n", False),
        (parse_powershell, f"go build -buildmode=plugin . # {_IGNORE}\n", True),
        (parse_compose, f"services: {{s: {{image: golang:1.22}}}}  # {_IGNORE}\n", True),
        (parse_compose, f"services: {{s: {{image: golang:1.22, command: 'a # {_IGNORE}'}}}}\n", False),
        (parse_batch, f"rem {_IGNORE}\r\ngo build -buildmode=plugin .\r\n", True),
        (parse_batch, f":: {_IGNORE}\r\ngo build -buildmode=plugin .\r\n", True),
        (parse_batch, f"go build -buildmode=plugin . & REM {_IGNORE}\r\n", True),
        (parse_batch, f"# {_IGNORE}\r\ngo build -buildmode=plugin .\r\n", False),
        (parse_batch, f"go build -buildmode=plugin . # {_IGNORE}\r\n", False),
        (parse_devcontainer, f'{{"image": "golang:1.22"}} // {_IGNORE}\n', True),
        (parse_devcontainer, f'{{"image": "golang:1.22"}} # {_IGNORE}\n', False),
        (lambda text: parse_bake(text, ComposeVariables(Environment())), f'target "x" {{}} // {_IGNORE}\n', True),
        (lambda text: parse_bake(text, ComposeVariables(Environment())), f'target "x" {{}} # {_IGNORE}\n', True),
    ],
)
def test_a_comment_silences_only_where_the_format_has_comments(
    parse: Callable[[str], BuildFile], text: str, silenced: bool
) -> None:
    file = parse(text)
    index = LineIndex(text)
    last = index.line_of(len(text.rstrip()))
    assert (("build-flags", last) in suppressed_lines(index, build_comments(text, file))) == silenced
    problems = list(misplaced_comments(text, file))
    is_reported = not silenced and parse in (parse_dockerfile, parse_batch, parse_devcontainer)
    assert bool(problems) == is_reported
    assert all(text[each.span.start : each.span.end] == f"# {_IGNORE}" for each in problems)
