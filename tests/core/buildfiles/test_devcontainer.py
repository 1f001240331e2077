"""The image, Dockerfile and compose files of a devcontainer.json."""

from __future__ import annotations

import time

import pytest

from layerg_pin.core.buildfiles.devcontainer import parse_devcontainer

TEXT = """\
// where the author works
{
\t"name": "plugin", /* "image": "golang:1.0" */
\t"image": "heroiclabs/nakama-pluginbuilder:3.22.0",
\t"customizations": {"x": {"image": "golang:1.1"}},
\t"build": {
\t\t"dockerfile": "../docker/Dockerfile", "context": "..",
\t\t"args": {"NAKAMA": "3.22.0", "GO": "${localEnv:GO:1.22.4}", "HOME": "${localEnv:HOME}",},
\t},
\t"dockerComposeFile": ["../docker-compose.yml", "compose.yaml"],
}
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_devcontainer(ends: str) -> None:
    text = TEXT.replace("\n", ends)
    file = parse_devcontainer(text)
    (image,), (build,) = file.images, file.builds
    assert text[image.span.start : image.span.end] == image.tag == "3.22.0"
    assert (build.dockerfile, build.context) == ("../docker/Dockerfile", "..")
    assert build.arguments == {"NAKAMA": "3.22.0", "GO": "1.22.4", "HOME": None}
    assert file.composes == ("../docker-compose.yml", "compose.yaml")
    assert not file.unread


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ('{"image": "golang:1.22"}', "1.22"),
        ('{"image": "golang:${localEnv:V}"}', None),
        ('{"image": "golang:1.22", "a": [{"image": "golang:1.21"}]}', "1.22"),
        ('{"a": "\\"", "image": "golang\\u003a1.22"}', "1.22"),
    ],
)
def test_forms(text: str, tag: str | None) -> None:
    (image,) = parse_devcontainer(text).images
    assert image.tag == tag
    assert parse_devcontainer(text).builders == ()


def test_the_older_form() -> None:
    (build,) = parse_devcontainer('{"dockerFile": "Dockerfile", "context": ".."}').builds
    assert (build.dockerfile, build.context) == ("Dockerfile", "..")


def test_time_is_linear() -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        parse_devcontainer('"\\' * length)
        return time.process_time() - start

    assert seconds(80_000) < 10 * max(seconds(20_000), 0.01)


def test_depth_and_number_are_bounded() -> None:
    assert parse_devcontainer("[" * 51).unread
    assert parse_devcontainer("[" + '"a",' * 20_001 + "]").unread
    assert not parse_devcontainer("[" * 50 + '"a": b } ] ] "image": "x" /* "').unread
