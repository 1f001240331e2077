"""Compose files that are merged with each other."""

from __future__ import annotations

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.compose import merge_compose, parse_compose
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables
from layerg_pin.core.buildfiles.yaml_words import load_yaml

BASE = """\
services:
  nakama:
    image: heroiclabs/nakama:3.22.0
    profiles: [server]
    volumes: ['.\\modules:/nakama/data/modules', 'C:\\x:/y']
  builder:
    image: heroiclabs/nakama-pluginbuilder:3.22.0
    platform: linux/amd64
    entrypoint: [go]
    command: build -buildmode=plugin
    environment: {GOFLAGS: -trimpath}
  own:
    build: {context: ., args: {A: "1", B: "1"}}
"""


def merged(*texts: str) -> list[BuildFile]:
    files = [load_yaml(text, Budget()) for text in texts]
    return [merge_compose(files, each, ComposeVariables(Environment()), Budget()) for each in files]


def test_an_override_replaces_an_image() -> None:
    override = "services:\n  nakama: {image: 'heroiclabs/nakama:3.21.0'}\n"
    base, other = merged(BASE, override)
    assert [(image.name, image.tag) for image in base.images] == [("heroiclabs/nakama-pluginbuilder", "3.22.0")]
    (image,) = other.images
    assert override[image.span.start : image.span.end] == "3.21.0"
    assert other.commands == ()


def test_an_override_replaces_a_command() -> None:
    override = "services:\n  builder:\n    command: [build, -buildmode=plugin, -race]\n"
    base, other = merged(BASE, override)
    assert base.commands == ()
    (command,) = other.commands
    assert (command.race, command.trimpath) == (True, True)
    assert command.image
    assert (command.image.tag, command.image.platform) == ("3.22.0", "linux/amd64")
    assert override[command.span.start : command.span.end].startswith("build, -buildmode=plugin")
    spans = [command.image.span, *(each.span for each in command.environment.values())]
    assert all(0 <= span.start <= span.end <= len(override) for span in spans)


def test_arguments_of_builds_are_merged() -> None:
    base, other = merged(BASE, 'services:\n  own: {build: {args: {B: "2", C: "3"}}}\n')
    (build,), (same,) = base.builds, other.builds
    assert build == same
    assert build.arguments == {"A": "1", "B": "2", "C": "3"}


def test_a_file_alone() -> None:
    file = parse_compose(BASE)
    assert merged(BASE) == [file]
    assert not file.unread
    assert [image.tag for image in file.images] == ["3.22.0", "3.22.0"], "a service with a profile counts"
    assert [command.trimpath for command in file.commands] == [True]


def test_values_in_quotation_marks() -> None:
    text = "services:\n  a:\n    image: 'golang:${GO:-1.22.4}'\n    command: \"go build -buildmode=plugin\"\n"
    file = parse_compose(text)
    assert [image.tag for image in file.images] == ["1.22.4"]
    assert len(file.commands) == 1
