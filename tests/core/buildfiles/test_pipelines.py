"""Images, Go releases and builds in GitHub workflows, GitLab pipelines and Taskfiles."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.github_workflow import parse_workflow
from layerg_pin.core.buildfiles.gitlab_pipeline import parse_gitlab
from layerg_pin.core.buildfiles.taskfile import parse_taskfile

WORKFLOW = """\
on: push
env:
  NAKAMA: 3.22.0
jobs:
  test:
    container: golang:1.24
    steps:
      - run: go test ./...
  plugin:
    runs-on: ubuntu-latest
    env: {GOFLAGS: -trimpath}
    strategy: {matrix: {go: ['1.22.4'], os: [a, b]}}
    services:
      nakama: {image: 'heroiclabs/nakama:${{ env.NAKAMA }}'}
      other: {image: 'heroiclabs/nakama:${{ matrix.os }}'}
    steps:
      - uses: actions/setup-go@v5
        with: {go-version: '${{ matrix.go }}'}
      - run: |
          cd plugin
          go get -u
          go build -buildmode=plugin -o x.so
      - run: >-
          docker run --rm -v "$PWD:/b"
          heroiclabs/nakama-pluginbuilder:${{ inputs.version || '3.21.0' }}
          build -buildmode=plugin
"""


def test_workflow() -> None:
    file = parse_workflow(WORKFLOW)
    assert [(image.name.rpartition("/")[2], image.tag) for image in file.images] == [
        ("golang", "1.24"),
        ("nakama", "3.22.0"),
        ("nakama", None),
        ("nakama-pluginbuilder", "3.21.0"),
    ]
    on_runner, in_container = file.commands
    assert on_runner.image
    assert (on_runner.image.name, on_runner.image.go) == ("actions/setup-go", "1.22.4")
    assert (on_runner.trimpath, on_runner.folder) == (True, "plugin")
    assert in_container.image == file.images[3]
    assert in_container.environment == {}
    assert [image.tag for image in file.builders] == ["3.21.0"], "tests may run with another Go"
    (drift,) = file.drifts
    assert drift.step.text == "go get -u"
    assert not file.unread


@pytest.mark.parametrize(
    ("version", "go"),
    [
        ("'1.22.4'", "1.22.4"),
        ("1.22", "1.22"),
        ("1.22.x", "1.22"),
        ("~1.22.3", "1.22"),
        ("^1.22", "1"),
        ("stable", None),
        ("'>=1.22'", None),
        ("${{ env.GO }}", None),
        ("${{ env.GO || '1.21' }}", "1.21"),
    ],
)
def test_setup_go(version: str, go: str | None) -> None:
    text = (
        "jobs:\n  a:\n    steps:\n    - uses: actions/setup-go@v5\n      with:\n"
        f"        go-version: {version}\n    - run: go build -buildmode=plugin\n"
    )
    (command,) = parse_workflow(text).commands
    assert command.image
    assert command.image.go == go
    assert command.image.span.start > 0


def test_a_runner_without_an_image_is_unknown() -> None:
    (command,) = parse_workflow("jobs:\n  a:\n    steps:\n    - run: go build -buildmode=plugin\n").commands
    assert command.image
    assert (command.image.name, command.image.tag) == ("", None)
    (command,) = parse_gitlab("a:\n  script: go build -buildmode=plugin\n").commands
    assert command.image
    assert command.image.name == ""


@pytest.mark.parametrize(
    "step",
    [
        "- {uses: docker/build-push-action@v5, with: {build-args: V=3.22.0, platforms: linux/amd64}}",
        "- {uses: docker/build-push-action@v5, with: {file: Dockerfile, build-args: V=3.22.0, platforms: linux/amd64}}",
        "- run: docker build --platform linux/amd64 --build-arg V=3.22.0 .",
        "- run: docker build --platform linux/amd64 --build-arg V=${{ env.V }} .\n      env: {V: 3.22.0}",
    ],
)
def test_image_builds_of_workflows(step: str) -> None:
    (build,) = parse_workflow(f"jobs:\n  a:\n    steps:\n    {step}\n").builds
    assert build.dockerfile.removeprefix("./") == "Dockerfile"
    assert (build.context, build.arguments, build.platform) == (".", {"V": "3.22.0"}, "linux/amd64")


def test_docker_actions_and_containers() -> None:
    text = (
        "jobs:\n  a:\n    steps:\n    - uses: docker://heroiclabs/nakama-pluginbuilder:3.22.0\n"
        "      with: {args: build -buildmode=plugin -trimpath}\n"
        "  b:\n    container: {image: golang:1.22.4, env: {GOFLAGS: -trimpath}}\n"
        "    defaults: {run: {working-directory: sub}}\n"
        '    steps:\n    - run: "go build -buildmode=plugin"\n'
    )
    first, second = parse_workflow(text).commands
    assert first.image
    assert text[first.image.span.start : first.image.span.end] == "3.22.0"
    assert first.trimpath
    assert second.image
    assert (second.image.tag, second.folder, second.trimpath) == ("1.22.4", "sub", True)


GITLAB = """\
default: {image: 'golang:1.24'}
variables:
  NAKAMA: "3.22.0"
  GOFLAGS: {value: -trimpath, description: for all}
.base:
  image: {name: "heroiclabs/nakama-pluginbuilder:$NAKAMA", entrypoint: [""]}
  before_script: [cd plugin]
  variables: {GOARCH: arm64}
plugin:
  extends: .base
  variables: {GOARCH: amd64}
  services: [postgres:16, {name: 'heroiclabs/nakama:${NAKAMA}', alias: nakama}]
  script:
    - go build -buildmode=plugin
test:
  script: [go test ./...]
"""


def test_gitlab() -> None:
    file = parse_gitlab(GITLAB)
    assert [(image.name.rpartition("/")[2], image.tag) for image in file.images] == [
        ("golang", "1.24"),
        ("nakama-pluginbuilder", "3.22.0"),
        ("nakama", "3.22.0"),
    ]
    (command,) = file.commands
    assert command.image == file.images[1]
    assert (command.trimpath, command.folder, command.environment["GOARCH"].value) == (True, "plugin", "amd64")
    assert [image.name for image in file.builders] == ["heroiclabs/nakama-pluginbuilder"]


def test_jobs_that_extend_themselves() -> None:
    file = parse_gitlab("a: {extends: a, script: go build -buildmode=plugin}\nb: {extends: [a, b, c, b]}\n")
    assert len(file.commands) == 1


TASKFILE = """\
version: '3'
vars:
  VERSION: 3.22.0
  IMAGE: heroiclabs/nakama-pluginbuilder:{{.VERSION}}
  COMMIT: {sh: git rev-parse HEAD}
env: {GOFLAGS: -trimpath}
tasks:
  short: go build -buildmode=plugin -o {{.COMMIT}}
  list: [go build -buildmode=plugin -o l, {cmd: go build -buildmode=plugin -o m}]
  docker:
    dir: sub
    vars: {GO: '{{.GO | default "1.22.4"}}'}
    cmds:
      - task: list
      - docker run -v {{.ROOT_DIR}}:/b {{.IMAGE}} build -buildmode=plugin
      - docker run golang:{{.GO}} go build -buildmode=plugin
      - |
        go build -buildmode=plugin -o n
"""


def test_taskfile() -> None:
    file = parse_taskfile(TASKFILE)
    assert [image.tag for image in file.images] == ["3.22.0", "1.22.4"]
    assert [command.output for command in file.commands] == [None, "l", "m", "", "", "n"]
    assert [command.trimpath for command in file.commands] == [True, True, True, False, False, True]
    assert file.commands[-1].folder == "sub"


@pytest.mark.parametrize("parse", [parse_workflow, parse_gitlab, parse_taskfile])
def test_invalid_yaml(parse: Callable[[str], BuildFile]) -> None:
    problem = parse("jobs: [\n").unread
    assert problem
    assert problem.message.startswith("not read: invalid YAML")


SCRIPT = "  script:\n" + ("    - echo " + "x " * 3000 + "\n") * 20
STEPS = "x: &s\n" + "- {run: a}\n" * 4000
EXTENDS = "".join(f"j{n}: {{extends: [{f'j{n + 1}, ' * 20}]}}\n" for n in range(400))


def repeated(row: str) -> str:
    return "".join(row.replace("N", str(number)) for number in range(480))


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_gitlab, f".a: &a\n{SCRIPT}" + repeated("jN: *a\n")),
        (parse_gitlab, f".a:\n{SCRIPT}" + repeated("jN: {extends: .a}\n")),
        (parse_gitlab, EXTENDS),
        (parse_workflow, f"{STEPS}jobs:\n" + repeated("  jN: {steps: *s}\n")),
        (parse_workflow, "x: &s {" + "a: b, " * 1000 + "}\njobs:\n  a: {steps: [" + "*s, " * 3000 + "]}\n"),
        (parse_taskfile, f"{STEPS}tasks:\n" + repeated("  jN: {cmds: *s}\n")),
    ],
)
def test_repeated_parts_are_bounded(parse: Callable[[str], BuildFile], text: str) -> None:
    start = time.process_time()
    assert parse(text).unread
    assert time.process_time() - start < 30
