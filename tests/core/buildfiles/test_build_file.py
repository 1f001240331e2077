"""Builds of plugins in Dockerfiles, Makefiles, compose files and scripts, each with its line."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.buildfiles.bake_file import parse_bake
from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildFile, ImageKind
from layerg_pin.core.buildfiles.command_words import Environment, parse_image
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables, parse_env
from layerg_pin.core.buildfiles.devcontainer import parse_devcontainer
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.github_workflow import parse_workflow
from layerg_pin.core.buildfiles.gitlab_pipeline import parse_gitlab
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.buildfiles.powershell import parse_powershell
from layerg_pin.core.buildfiles.shell_script import parse_script
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.taskfile import parse_taskfile
from layerg_pin.core.text import LineIndex, Span
from tests.core.gomod.gomod_texts import ANYTHING

PARSERS: tuple[Callable[[str], BuildFile], ...] = (
    *(parse_dockerfile, parse_makefile, parse_compose, parse_script, parse_batch, parse_powershell),
    *(parse_taskfile, parse_workflow, parse_gitlab, parse_devcontainer),
    partial(parse_bake, variables=ComposeVariables(Environment())),
)

NAKAMA = """\
FROM heroiclabs/nakama-pluginbuilder:3.22.0 AS builder

ENV GO111MODULE on
ENV CGO_ENABLED 1

WORKDIR /backend
COPY . .

RUN go build --trimpath --buildmode=plugin -o ./backend.so

FROM heroiclabs/nakama:3.22.0

COPY --from=builder /backend/backend.so /nakama/data/modules
COPY --from=builder /backend/local.yml /nakama/data/
"""

LAYERG = """\
# syntax=docker/dockerfile:1
ARG GO_VERSION=1.23
ARG DEBIAN=bookworm

FROM --platform=linux/amd64 golang:${GO_VERSION}-${DEBIAN} AS base
ENV GOFLAGS="-mod=vendor -trimpath" \\
    # cgo, for plugins
    CGO_ENABLED=1
WORKDIR /src

FROM base AS plugin
ARG VERSION
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \\
    go mod vendor && \\
    # the plugin itself
    go build -tags=netgo,osusergo -ldflags "-s -w -X main.version=${VERSION}" \\
        -buildmode=plugin -o /out/backend.so ./cmd/plugin

FROM golang:1.22.1 AS tools
RUN go build -o /out/migrate ./cmd/migrate

FROM u2ulabs/layerg-core:v1.2.0
COPY --from=plugin /out/backend.so /layerg/data/modules/
CMD ["/layerg/layerg", "--config", "/layerg/local.yml"]
"""

MAKEFILE = """\
GO ?= go
FLAGS := -trimpath -buildmode=plugin
FLAGS += -tags "a b"
OUT = build
export CGO_ENABLED = 1
export GOFLAGS=-mod=vendor   # vendored
BUILDER = heroiclabs/nakama-pluginbuilder:$(NAKAMA)
NAKAMA = 3.22.0

.PHONY: all debug
all: vendor ; @echo done

build/backend.so: $(SOURCES)
	@mkdir -p $(@D)
	@GOOS=linux $(GO) build $(FLAGS) \\
		-o $(OUT)/backend.so \\
		./cmd/plugin

debug:
	$(GO) build -race -gcflags='all=-N -l' -buildmode=plugin $(EXTRA) -o d.so .

docker:
	docker run --rm -w /builder -v "${PWD}:/builder" -e GOARCH=amd64 $(BUILDER) build -buildmode=plugin -trimpath

ifeq ($(OS),Windows_NT)
GOX = go.exe
else
GOX = go
endif
other:
	$(GOX) build -buildmode=plugin
"""

COMPOSE = """\
version: '3'
services:
  postgres:
    image: postgres:16
    environment:
      - POSTGRES_DB=nakama
  builder:
    image: "heroiclabs/nakama-pluginbuilder:3.21.0"   # not the server's
    platform: linux/arm64
    environment:
      GOFLAGS: -mod=vendor
    command: build --trimpath --buildmode=plugin -o ./backend.so
  list:
    image: golang:1.23
    entrypoint: ["/bin/sh", "-c"]
    command:
      - |
        cd /src
        go build -buildmode=plugin -o a.so
  flow:
    image: golang:${GO:-1.23.4}-bookworm
    command: ["go", "build", "-trimpath", "-buildmode", "plugin"]
  nakama:
    build:
      context: .
      dockerfile: docker/nakama.Dockerfile
    entrypoint:
      - "/bin/sh"
      - "-ecx"
      - >
          /nakama/nakama migrate up --database.address postgres:localdb@postgres:5432/nakama &&
          exec /nakama/nakama --name nakama1
  server:
    image: registry.heroiclabs.com/heroiclabs/nakama:3.22.0
volumes:
  data:
"""

SCRIPT = """\
#!/usr/bin/env bash
set -euo pipefail
VERSION=3.22.0
export CGO_ENABLED=1 GOFLAGS="-mod=vendor"
export GOOS
if [ -n "$DOCKER" ]; then
  docker run --rm --platform=linux/amd64 -v "$PWD:/b" -w /b --entrypoint go \\
    "heroiclabs/nakama-pluginbuilder:${VERSION}" build -buildmode=plugin -trimpath
else
  (cd plugin && env GOEXPERIMENT=none go build -buildmode=plugin -trimpath=false -mod=mod)
fi
docker run golang:1.23.4 sh -c "go vet ./... && go build -trimpath -buildmode=plugin -o x.so"
"""


def lines(text: str, span: Span) -> tuple[int, int]:
    """The 1-based lines of a span."""
    index = LineIndex(text)
    return index.line_of(span.start) + 1, index.line_of(span.end) + 1


def images(text: str, file: BuildFile) -> list[tuple[str, str, str | None, int, str]]:
    """Kind, name, tag, line and spanned text of each image."""
    return [
        (each.kind.value, each.name, each.tag, lines(text, each.span)[0], text[each.span.start : each.span.end])
        for each in file.images
    ]


def environment(command: BuildCommand) -> dict[str, str | None]:
    return {name: each.value for name, each in command.environment.items()}


def test_a_dockerfile_as_nakama_documents_it() -> None:
    file = parse_dockerfile(NAKAMA)
    assert images(NAKAMA, file) == [
        ("pluginbuilder", "heroiclabs/nakama-pluginbuilder", "3.22.0", 1, "3.22.0"),
        ("server", "heroiclabs/nakama", "3.22.0", 11, "3.22.0"),
    ]
    (command,) = file.commands
    assert lines(NAKAMA, command.span) == (9, 9)
    assert NAKAMA[command.span.start : command.span.end] == "go build --trimpath --buildmode=plugin -o ./backend.so"
    assert command.trimpath
    assert (command.race, command.tags, command.gcflags) == (False, (), "")
    assert command.image == file.images[0]
    assert environment(command) == {"CGO_ENABLED": "1"}
    assert file.builders == (file.images[0],)
    assert file.images[0].go is None


def test_the_stage_of_the_plugin_decides() -> None:
    file = parse_dockerfile(LAYERG)
    assert images(LAYERG, file) == [
        ("golang", "golang", "1.23-bookworm", 5, "${GO_VERSION}-${DEBIAN}"),
        ("golang", "golang", "1.22.1", 20, "1.22.1"),
        ("server", "u2ulabs/layerg-core", "v1.2.0", 23, "v1.2.0"),
    ]
    (command,) = file.commands
    assert lines(LAYERG, command.span) == (17, 18)
    assert command.image
    assert (command.image.go, command.image.floating, command.image.platform) == ("1.23", True, "linux/amd64")
    assert command.tags == ("netgo", "osusergo")
    assert command.trimpath, "of GOFLAGS"
    assert command.mod == "vendor"
    assert command.ldflags == "-s -w -X main.version=", "VERSION is not known, and what is written out counts"
    assert command.gcflags == ""
    assert environment(command) == {"GOFLAGS": "-mod=vendor -trimpath", "CGO_ENABLED": "1"}
    assert lines(LAYERG, command.environment["CGO_ENABLED"].span) == (8, 8)
    assert file.builders == (command.image,)
    assert (file.images[1].go, file.images[1].floating) == ("1.22.1", False)


def test_a_makefile_with_variables() -> None:
    file = parse_makefile(MAKEFILE)
    build, debug, docker = file.commands
    assert lines(MAKEFILE, build.span) == (15, 17)
    assert (build.trimpath, build.tags, build.race, build.mod) == (True, ("a", "b"), False, "vendor")
    assert build.image is None
    assert environment(build) == {"CGO_ENABLED": "1", "GOFLAGS": "-mod=vendor", "GOOS": "linux"}
    assert lines(MAKEFILE, build.environment["CGO_ENABLED"].span) == (5, 5)
    assert lines(MAKEFILE, debug.span) == (20, 20)
    assert (debug.race, debug.gcflags) == (True, "all=-N -l")
    assert debug.trimpath is None, "$(EXTRA) may be -trimpath"
    assert lines(MAKEFILE, docker.span) == (23, 23)
    assert docker.image
    assert (docker.image.kind, docker.image.tag) == (ImageKind.PLUGINBUILDER, "3.22.0")
    assert MAKEFILE[docker.image.span.start : docker.image.span.end] == "$(BUILDER)"
    assert environment(docker) == {"GOARCH": "amd64"}, "a container gets its own"


def test_a_compose_file() -> None:
    file = parse_compose(COMPOSE)
    assert images(COMPOSE, file) == [
        ("pluginbuilder", "heroiclabs/nakama-pluginbuilder", "3.21.0", 8, "3.21.0"),
        ("golang", "golang", "1.23", 14, "1.23"),
        ("golang", "golang", "1.23.4-bookworm", 21, "${GO:-1.23.4}-bookworm"),
        ("server", "registry.heroiclabs.com/heroiclabs/nakama", "3.22.0", 34, "3.22.0"),
    ]
    builder, script, flow = file.commands
    assert lines(COMPOSE, builder.span) == (12, 12)
    assert (builder.trimpath, builder.mod) == (True, "vendor")
    assert builder.image
    assert builder.image.platform == "linux/arm64"
    assert lines(COMPOSE, script.span) == (19, 19)
    assert script.trimpath is False
    assert script.image == file.images[1]
    assert lines(COMPOSE, flow.span) == (22, 22)
    assert flow.trimpath
    assert flow.image == file.images[2]
    assert file.dockerfiles == ("docker/nakama.Dockerfile",)


def test_a_script() -> None:
    file = parse_script(SCRIPT)
    docker, local, shell = file.commands
    assert lines(SCRIPT, docker.span) == (8, 8)
    assert docker.image
    assert (docker.image.tag, docker.image.platform) == ("3.22.0", "linux/amd64")
    assert environment(docker) == {}
    assert lines(SCRIPT, local.span) == (10, 10)
    assert (local.image, local.trimpath, local.mod) == (None, False, "mod")
    assert environment(local) == {"CGO_ENABLED": "1", "GOFLAGS": "-mod=vendor", "GOOS": None, "GOEXPERIMENT": "none"}
    assert lines(SCRIPT, shell.span) == (12, 12)
    assert shell.trimpath
    assert shell.image
    assert shell.image.go == "1.23.4"


@pytest.mark.parametrize(
    ("text", "trimpath"),
    [
        ("RUN go build -trimpath -buildmode=plugin", True),
        ("RUN go build -buildmode plugin --trimpath", True),
        ("RUN go build -buildmode=plugin . -trimpath", False),
        ("RUN go build $FLAGS -buildmode=plugin", None),
        ("RUN go build $FLAGS -trimpath -buildmode=plugin", True),
        ("RUN go build -trimpath=$T -buildmode=plugin", None),
        ("RUN GOFLAGS=$F go build -buildmode=plugin", None),
        ('RUN go build -buildmode=plugin -o $OUT -tags=$T -ldflags "$L"', False),
        ('RUN go build --gcflags "--trimpath $PWD" -asmflags "--trimpath $PWD" -buildmode=plugin', False),
        ("RUN go build -o $(basename $(pwd)).so -buildmode=plugin -trimpath", True),
        ('RUN go build -o "$(cd "$(dirname "$0")" && pwd)"/p.so -buildmode=plugin -trimpath', True),
        ("RUN go build -buildmode=plugin -tags=a${T:+,$T} -trimpath", True),
        ("RUN go build -buildmode=plugin $(flags) .", None),
        ('RUN ["go", "build", "-trimpath", "-buildmode=plugin"]', True),
        ("RUN <<EOF\nset -e\ngo build -trimpath -buildmode=plugin\nEOF", True),
        ("ARG F=-trimpath\nRUN go build $F -buildmode=plugin", True),
        ("ARG F\nRUN go build $F -buildmode=plugin", None),
        ("ENV GOFLAGS=-trimpath\nRUN GOFLAGS= go build -buildmode=plugin", False),
        ("RUN export GOFLAGS=-trimpath; go build -buildmode=plugin", True),
        ("RUN export GOFLAGS=-trimpath\nRUN go build -buildmode=plugin", False),
        ("RUN sh -c 'cd /x; CGO_ENABLED=1 go build -trimpath -buildmode=plugin'", True),
        ('RUN bash -ec "cd /x && go build -trimpath -buildmode=plugin"', True),
        ("RUN /usr/local/go/bin/go build -trimpath -buildmode=plugin > log 2>&1", True),
        ('RUN docker run --entrypoint "" golang:1.23 go build -trimpath -buildmode=plugin', True),
        ("RUN sudo -n env A=b go build -trimpath -buildmode=plugin", True),
        ('CMD ["build", "-trimpath", "-buildmode=plugin"]', True),
    ],
)
def test_how_a_build_can_be_written(text: str, trimpath: bool | None) -> None:
    whole = f"FROM heroiclabs/nakama-pluginbuilder:3.22.0\n{text}\n"
    (command,) = parse_dockerfile(whole).commands
    assert command.trimpath is trimpath
    assert "build" in whole[command.span.start : command.span.end]


@pytest.mark.parametrize(
    "text",
    [
        "RUN go build -o server .",
        "RUN go test -buildmode=plugin",
        "RUN echo go build -buildmode=plugin",
        "RUN go build $FLAGS",
        "# RUN go build -buildmode=plugin",
        "RUN true # go build -buildmode=plugin",
        'CMD ["build"]',
        "",
    ],
)
def test_commands_that_do_not_build_a_plugin(text: str) -> None:
    assert parse_dockerfile(f"FROM golang:1.23.4\n{text}\n").commands == ()


@pytest.mark.parametrize(
    ("reference", "kind", "go", "floating"),
    [
        ("golang", "golang", None, True),
        ("golang:latest", "golang", None, True),
        ("golang:bookworm", "golang", None, True),
        ("golang:1", "golang", "1", True),
        ("golang:1.23-alpine3.20", "golang", "1.23", True),
        ("golang:1.23.4-bookworm", "golang", "1.23.4", False),
        ("golang:1.24rc1", "golang", "1.24rc1", False),
        ("golang:1.23@sha256:abc", "golang", "1.23", False),
        ("registry.example.com:5000/library/golang:1.23.4", "golang", "1.23.4", False),
        ("localhost:5000/golang", "golang", None, True),
        ("u2ulabs/layerg-pluginbuilder:v1.0.0", "pluginbuilder", None, False),
        ("heroiclabs/nakama:3.22.0", "server", None, False),
        ("debian:12", "other", None, False),
    ],
)
def test_images(reference: str, kind: str, go: str | None, floating: bool) -> None:
    image = parse_image(Word(reference, Span(0, len(reference))))
    assert image
    assert (image.kind, image.go, image.floating) == (kind, go, floating)


def steps(text: str, file: BuildFile) -> list[tuple[str, str]]:
    """The steps before builds, each with the first word of the next build."""
    return [(drift.step.text, text[drift.build.start : drift.build.end].split()[0]) for drift in file.drifts]


@pytest.mark.parametrize(
    ("command", "drifts"),
    [
        ("go get -u ./...", True),
        ("go get -u=patch", True),
        ("go get example.com/a", True),
        ("go get example.com/a@v1.2.3", True),
        ("go get $MODULE", True),
        ("go get toolchain@go1.25.0", True),
        ("go get -tool example.com/tool", True),
        ("go get -d -v ./...", False),
        ("go get .", False),
        ("go install example.com/tool@latest", False),
        ("go mod download", False),
        ("go mod tidy", False),
        ("go mod tidy -go=1.25", True),
        ("go mod vendor", False),
        ("go mod init example.com/p", True),
        ("go mod edit -go=1.25", True),
        ("go mod edit -replace example.com/a=../a", True),
        ("go mod edit -json", False),
        ("go work use ./lib", True),
        ("go work sync", True),
        ("go env -w GOTOOLCHAIN=go1.25.0", True),
        ("go env -w GOFLAGS=-mod=mod", True),
        ("go env -w GOPROXY=direct GOFLAGS=-trimpath GOTOOLCHAIN=local GOWORK=off", False),
        ("go env GOFLAGS", False),
        ("rm -rf go.sum", True),
        ("rm -f /src/go.work", True),
        ("rm -rf vendor", False),
        ("sed -i s/a/b/ go.mod", True),
        ("sed -n /go/p go.mod", False),
        ("sh -c 'go get -u'", True),
        ("(cd /tmp && go get example.com/tool@latest)", False),
        ("cd /tmp && go get example.com/a && cd /src && go get example.com/b", True),
    ],
)
def test_steps_that_change_what_is_built(command: str, drifts: bool) -> None:
    build = "go build -buildmode=plugin -o a.so ."
    assert bool(parse_script(f"{command}\n{build}\n").drifts) == drifts
    assert bool(parse_dockerfile(f"FROM golang:1.23.4\nRUN {command}\nRUN {build}\n").drifts) == drifts
    assert not parse_script(f"{build}\n{command}\n").drifts, "it comes too late"
    assert not parse_script(f"{command}\ngo build -o server .\n").drifts, "no plugin is built"


def test_steps_of_other_stages_and_recipes_do_not_count() -> None:
    build = "go build -buildmode=plugin -o a.so ."
    text = f"FROM golang AS a\nRUN go get -u x.y/a\nFROM golang AS b\nRUN {build}\nFROM a\nRUN {build}\n"
    assert [text.count("\n", 0, drift.build.start) for drift in parse_dockerfile(text).drifts] == [5]
    make = f"up:\n\tgo get -u\nbuild:\n\t{build}\nall: up\n\t{build}\n"
    (drift,) = parse_makefile(make).drifts
    assert make.count("\n", 0, drift.build.start) == 5, "what a target needs first"
    assert steps(make, parse_makefile(make)) == [("go get -u", "go")]


def test_what_go_env_writes_applies_to_later_builds() -> None:
    build = "go build -buildmode=plugin -o a.so ."
    text = f"FROM golang AS a\nRUN go env -w GOFLAGS=-trimpath\nRUN {build}\nFROM golang AS b\nRUN {build}\n"
    assert [command.trimpath for command in parse_dockerfile(text).commands] == [True, False]


def test_a_dockerfile_is_read_as_it_is_built() -> None:
    text = (
        "ARG NAKAMA=3.21.0\nARG OTHER\nFROM --platform=$BUILDPLATFORM golang:1.22.4 AS go\n"
        "FROM --platform=${TARGETPLATFORM} heroiclabs/nakama-pluginbuilder:${NAKAMA} AS builder\n"
        "FROM heroiclabs/nakama:$OTHER\nCOPY --from=builder /a.so /\n"
        "COPY --from=heroiclabs/nakama-dsym:3.20.0 /nakama /nakama\n"
    )
    plain = parse_dockerfile(text)
    assert [image.tag for image in plain.images] == ["1.22.4", "3.21.0", None, "3.20.0"]
    assert [image.platform for image in plain.images] == ["$BUILDPLATFORM", None, None, None]
    assert text[plain.images[3].span.start : plain.images[3].span.end] == "3.20.0"
    built = parse_dockerfile(text, {"NAKAMA": "3.22.0", "OTHER": "3.22.1"}, "linux/amd64")
    assert [image.tag for image in built.images] == ["1.22.4", "3.22.0", "3.22.1", "3.20.0"]
    assert [image.platform for image in built.images][:3] == ["$BUILDPLATFORM", "linux/amd64", "linux/amd64"]
    assert parse_dockerfile(text, {"NAKAMA": None}).images[1].tag is None


def test_how_images_are_built() -> None:
    compose = (
        "services:\n  a:\n    build: ./plugin\n    image: heroiclabs/nakama:1.0.0\n"
        "  b:\n    platform: linux/amd64\n    build:\n      context: .\n      dockerfile: build/Dockerfile\n"
        "      args:\n        NAKAMA: 3.22.0\n        UNKNOWN:\n"
        "  c:\n    image: heroiclabs/nakama:${NAKAMA:-3.20.0}\n"
    )
    file = parse_compose(compose)
    assert file.dockerfiles == ("plugin/Dockerfile", "build/Dockerfile")
    second = file.builds[1]
    assert (second.context, second.platform) == (".", "linux/amd64")
    assert second.arguments == {"NAKAMA": "3.22.0"}, "an argument without a value and variable has the default"
    assert [image.tag for image in file.images] == ["3.20.0"], "the name of what is built is not a release"
    unknown = "services:\n  a:\n    build:\n      context: ${SOURCE}\n      args:\n        - NAKAMA=3.22.0\n"
    assert parse_compose(unknown).builds == ()
    (default,) = parse_compose(
        "services:\n  a:\n    build:\n      args:\n        - NAKAMA=3.22.0\n        - B\n"
    ).builds
    assert default == ("Dockerfile", ".", {"NAKAMA": "3.22.0"}, None)
    env = parse_env("# versions\nexport NAKAMA='3.22.0' # server\nEMPTY=\n")
    assert [image.tag for image in parse_compose(compose, env).images] == ["3.22.0"]
    script = "docker buildx build --platform linux/arm64 --build-arg NAKAMA=3.22.0 --build-arg X -f d/File -t a .\n"
    (build,) = parse_script(script).builds
    assert build == ("d/File", ".", {"NAKAMA": "3.22.0", "X": None}, "linux/arm64")
    assert parse_script("docker build -t a $DIR\ndocker build https://example.com/a.git\n").builds == ()


def test_servers_that_commands_run() -> None:
    file = parse_script("docker run --rm -p 7350:7350 --name nakama heroiclabs/nakama:3.22.0 migrate up\n")
    assert [(image.kind, image.tag) for image in file.images] == [(ImageKind.SERVER, "3.22.0")]


def test_an_unknown_tag_is_not_guessed() -> None:
    (image,) = parse_dockerfile("ARG V\nFROM golang:${V}\n").images
    assert (image.tag, image.go, image.floating) == (None, None, False)


def test_variables_that_name_each_other_end() -> None:
    wide = "".join(f"V{n} = {f'$(V{n + 1})' * 200}\n" for n in range(50))
    text = f"A = $(B)\nB = $(A)\n{wide}x:\n\tgo build $(A) -buildmode=plugin\n\tgo build $(V0) -buildmode=plugin\n"
    assert [command.trimpath for command in parse_makefile(text).commands] == [None, None]
    doubled = "A=x\n" + "A=$A$A\n" * 100 + "go build $A -buildmode=plugin\n"
    assert [command.trimpath for command in parse_script(doubled).commands] == [None]


_PARTS = (
    *("FROM golang:1.23 AS b\n", "RUN ", "go build ", "-buildmode=plugin ", "$(A)", "${A}", "$A", "A = ", "\n", "\\\n"),
    *(
        "\t",
        "x:\n",
        "services:\n",
        "  a:\n",
        "    image: ",
        "    command: ",
        "- ",
        "|\n",
        ">\n",
        "'",
        '"',
        "[",
        "]",
        "#",
    ),
    *(
        "go get ",
        "go env -w ",
        "GOFLAGS=-mod=mod ",
        "rm go.sum",
        "COPY --from=",
        "--platform=",
        "docker build ",
        "x: y\n",
    ),
    *("    build: ", "      args:\n", "nakama:3.22.0 "),
    *("jobs:\n  a:\n    steps:\n", "    - run: |\n        ", "tasks:\n  a: ", "script: ", "${{ env.a }}", "{{.a}}"),
    *("set a=", "%a%", "^\n", "rem ", "$env:a = ", "@(", '@"\n', '"@\n', "<#", '{"image": "', '"build": {'),
    *("<<EOF\n", "EOF\n", "&&", "docker run ", "sh -c ", "export ", "ENV ", "ARG ", "`", "$(", "${", "define x\n"),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(_PARTS), ANYTHING), max_size=40).map("".join))
def test_any_text_is_read(text: str) -> None:
    for parse in PARSERS:
        file = parse(text)
        spans = [each.span for each in file.images]
        spans += [each.span for each in file.commands]
        spans += [span for drift in file.drifts for span in (drift.step.span, drift.build)]
        spans += [each.span for command in file.commands for each in command.environment.values()]
        assert all(0 <= span.start <= span.end <= len(text) for span in spans)


_MOST_SECONDS = 30


@pytest.mark.parametrize(
    "part", ["'", '"', "`", "${", "$(", "\\\n", "RUN \\\n", "#", "a=b ", "- ", "x:\n\t", '["', "<<EOF\n"]
)
@pytest.mark.parametrize("parse", PARSERS)
def test_a_long_file_takes_no_longer_than_its_length(parse: Callable[[str], BuildFile], part: str) -> None:
    """Quadratic time would take minutes here."""
    text = f"FROM golang\nRUN go {part * (200_000 // len(part))}"
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < _MOST_SECONDS
