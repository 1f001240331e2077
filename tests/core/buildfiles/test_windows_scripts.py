"""Builds of plugins in batch files and PowerShell scripts, as authors on Windows write them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.powershell import parse_powershell
from layerg_pin.core.text import Span

BATCH = """\
@echo off
rem docker run heroiclabs/nakama-pluginbuilder:1.0.0 build -buildmode=plugin
:: docker run heroiclabs/nakama-pluginbuilder:1.0.0 build -buildmode=plugin
setlocal
set VERSION=3.22.0
if "%MODE%"=="" set MODE=plugin
set "FLAGS=-trimpath -tags=a"
docker.exe run --rm ^
    -v "%cd%:/backend" -w /backend ^
    heroiclabs/nakama-pluginbuilder:%VERSION% build -buildmode=%MODE% %FLAGS% -o .\\build\\x.so || exit /b 1
"""

POWERSHELL = """\
<# docker run heroiclabs/nakama-pluginbuilder:1.0.0 build -buildmode=plugin
#>
param([switch]$Race, [string]$Version = "3.22.0")
# docker run heroiclabs/nakama-pluginbuilder:1.0.0 build -buildmode=plugin
$Image = "heroiclabs/nakama-pluginbuilder:$Version"
$Flags = @("-trimpath",
    '-tags=a')
docker run --rm `
    -v "${PWD}:/backend" -w "/backend" `
    $image build -buildmode=plugin @Flags -o .\\build\\x.so
"""


@pytest.mark.parametrize(("parse", "text"), [(parse_batch, BATCH), (parse_powershell, POWERSHELL)])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_docker_run_on_windows(parse: Callable[[str], BuildFile], text: str, ends: str) -> None:
    text = text.replace("\n", ends)
    file = parse(text)
    (image,), (command,) = file.images, file.commands
    assert (image.name, image.tag) == ("heroiclabs/nakama-pluginbuilder", "3.22.0")
    assert command.image == image
    assert (command.trimpath, command.tags, command.output) == (True, ("a",), "./build/x.so")
    assert text[command.span.start : command.span.end].endswith(".\\build\\x.so")
    assert file.unread is None


def written(text: str, span: Span) -> str:
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("docker run heroiclabs/nakama-pluginbuilder:3.22.0 build", "3.22.0"),
        ("docker run -v //c/plugin:/b -v C:\\x\\nakama:/c heroiclabs/nakama-pluginbuilder:3.22.0 build", "3.22.0"),
        ("docker run -v %~dp0:/b heroiclabs/nakama-pluginbuilder:3.22.0 build", "3.22.0"),
        ("set V=3.22.0\ndocker run heroiclabs/nakama-pluginbuilder:%v% build", "3.22.0"),
        ("set V=3.22\ndocker run heroiclabs/nakama-pluginbuilder:%V%%P% build", None),
        ("set V=3.22\ndocker run heroiclabs/nakama-pluginbuilder:%V%rc build", "3.22rc"),
        ("setlocal enabledelayedexpansion\nset V=1\ndocker run heroiclabs/nakama-pluginbuilder:!V! build", "1"),
        ("docker run heroiclabs/nakama-pluginbuilder:%1 build", None),
        ("docker run heroiclabs/nakama-pluginbuilder:%V:~0,3% build", None),
        ("set /p V=\ndocker run heroiclabs/nakama-pluginbuilder:%V% build", None),
        ("set V=1\nset V=2\ndocker run heroiclabs/nakama-pluginbuilder:%V% build", "2"),
        ("set V=1\nif defined X set V=2\ndocker run heroiclabs/nakama-pluginbuilder:%V% build", None),
        ("set V=1\nif defined X (\n set V=2\n)\ndocker run heroiclabs/nakama-pluginbuilder:%V% build", None),
        ("if not defined V set V=2\ndocker run heroiclabs/nakama-pluginbuilder:%V% build", "2"),
        ("if exist x.so (\n echo 1\n) else (\n docker run heroiclabs/nakama-pluginbuilder:1 build", "1"),
        ("if /i not %A% == b docker run heroiclabs/nakama-pluginbuilder:1 build", "1"),
        ("cd plugin && call docker run heroiclabs/nakama-pluginbuilder:1 build", "1"),
    ],
)
def test_batch_files(text: str, tag: str | None) -> None:
    (image,) = parse_batch(f"{text} -buildmode=plugin\n").images
    assert image.tag == tag
    assert len(parse_batch(f"{text} -buildmode=plugin\n").commands) == 1


def test_variables_of_batch_files_are_those_of_go() -> None:
    text = 'set CGO_ENABLED=1&& set "GOFLAGS=-trimpath"\r\ncd /d src\r\ngo.exe build -buildmode=plugin\r\n'
    (command,) = parse_batch(text).commands
    assert command.environment["CGO_ENABLED"].value == "1"
    assert written(text, command.environment["CGO_ENABLED"].span) == "CGO_ENABLED=1"
    assert (command.trimpath, command.folder, command.image) == (True, "src", None)


def test_the_entrypoint_is_replaced() -> None:
    text = 'docker run --rm --entrypoint "" -v "%~dp0:/app" heroiclabs/nakama-pluginbuilder:3.30.0 go build -v'
    (command,) = parse_batch(f"{text} -mod=mod -buildmode=plugin -trimpath -o build/x.so .\n").commands
    assert command.image
    assert (command.image.tag, command.mod, command.packages) == ("3.30.0", "mod", (".",))


def test_the_folder_of_powershell() -> None:
    (command,) = parse_powershell("Set-Location .\\src\r\ngo build -buildmode=plugin\r\n").commands
    assert command.folder == "src"


def test_image_builds_of_batch_files() -> None:
    (build,) = parse_batch("set V=3.22.0\ndocker build --build-arg V=%V% -f docker\\Dockerfile .").builds
    assert (build.dockerfile, build.context, build.arguments) == ("docker/Dockerfile", ".", {"V": "3.22.0"})


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ('$v = "3.22.0"\ndocker run "heroiclabs/nakama-pluginbuilder:$V" build', "3.22.0"),
        ("$v = '3.22.0'\n& docker run heroiclabs/nakama-pluginbuilder:${v} build", "3.22.0"),
        ('$env:V = "3.22.0"\ndocker run "heroiclabs/nakama-pluginbuilder:$env:V" build', "3.22.0"),
        ('$env:V = "3.22.0"\ndocker run "heroiclabs/nakama-pluginbuilder:$V" build', None),
        ('$v = "3.22.0"\ndocker run "heroiclabs/nakama-pluginbuilder:$($v)" build', "3.22.0"),
        ("$v = Get-Content v\ndocker run heroiclabs/nakama-pluginbuilder:$v build", None),
        ('$v = "1" + "2"\ndocker run heroiclabs/nakama-pluginbuilder:$v build', None),
        ('$v = "1"\n$v = "2"\ndocker run heroiclabs/nakama-pluginbuilder:$v build', "2"),
        ('$v = "1"\nif ($x) { $v = "2" }\ndocker run heroiclabs/nakama-pluginbuilder:$v build', None),
        ('$v = ""\n$v = "2"\ndocker run heroiclabs/nakama-pluginbuilder:$v build', "2"),
        ('if (-not $v) { $v = "2" }\ndocker run heroiclabs/nakama-pluginbuilder:$v build', "2"),
        ("if (Test-Path x) {\n  docker run -v //c/x:/b heroiclabs/nakama-pluginbuilder:1 build", "1"),
        ("param(\n  [string]$A,\n  [string]$V = '1'\n)\ndocker run heroiclabs/nakama-pluginbuilder:$V build", "1"),
        ("docker run -v \"$($PWD.Path):/b\" -v 'C:\\x:/c' heroiclabs/nakama-pluginbuilder:1 build", "1"),
    ],
)
def test_powershell_scripts(text: str, tag: str | None) -> None:
    file = parse_powershell(f"{text} -buildmode=plugin\n")
    assert len(file.commands) == 1
    assert [image.tag for image in file.images] == [tag]


BUILDER = "heroiclabs/nakama-pluginbuilder"


@pytest.mark.parametrize(
    ("text", "tag", "trimpath"),
    [
        ("$a = @('run', '-v', \"${src}:/b\", 'IMAGE:1', 'build', '-buildmode=plugin')\ndocker @a", "1", False),
        ("$a = @('run','-v',\"$($PWD.Path):/b\",'IMAGE:1','build','-buildmode=plugin')\n& docker $a", "1", False),
        (
            "$a = @('run'\n '-v'\n \"$(Join-Path $x y):/b\"\n 'IMAGE:1'\n 'build')\ndocker @a -buildmode=plugin",
            "1",
            False,
        ),
        ("$a = @('run', '-v', $src, 'IMAGE:1', 'build')\ndocker @a -buildmode=plugin -trimpath", "1", True),
        ("$a = @('run', '-v', $PWD.Path, 'IMAGE:1', 'build')\ndocker @a -buildmode=plugin", "1", False),
        ("$a = @('--rm', '-v', (Join-Path $x 'y,z'), 'IMAGE:1')\ndocker run @a build -buildmode=plugin", "1", False),
        ("$a = 'run','-v',\"${src}:/b\",'IMAGE:1',\n'build','-buildmode=plugin'\ndocker @a", "1", False),
        ("$a = @('run', \"IMAGE:$v\", 'build', '-buildmode=plugin')\ndocker @a", None, False),
        ("$a = @('run', 'IMAGE:1', 'build', '-buildmode=plugin', $flag)\ndocker @a", "1", None),
        ("$a = @('run', 'IMAGE:1', 'build')\n$a += '-buildmode=plugin', '-trimpath'\ndocker @a", "1", True),
        ("$a = @()\n$a += 'run', 'IMAGE:1', 'build'\n$a += '-buildmode=plugin'\ndocker @a", "1", False),
        ("$a = @('run', $x, 'IMAGE:1', 'build')\n$a += @('-buildmode=plugin', '-trimpath')\ndocker @a", "1", True),
        ("$a = @('run', 'IMAGE:1', 'build', '-buildmode=plugin')\nif ($x) { $a += '-trimpath' }\ndocker @a", "1", None),
        ("$a = @('run', 'IMAGE:1', 'build', '-buildmode=plugin')\n$a += Get-Flags\ndocker @a", "1", None),
        ("$a = @('run')\n$a += 'IMAGE:1'\n= 1\ndocker @a build -buildmode=plugin", "1", False),
    ],
)
def test_lists_of_powershell_with_unknown_items(text: str, tag: str | None, trimpath: bool | None) -> None:
    file = parse_powershell(text.replace("IMAGE", BUILDER))
    assert [(image.name, image.tag) for image in file.images] == [(BUILDER, tag)]
    assert [(command.mode, command.trimpath) for command in file.commands] == [("plugin", trimpath)]


@pytest.mark.parametrize(
    "text",
    [
        "$a = @('run', 'IMAGE:1' + $x, 'build', '-buildmode=plugin')\ndocker @a",  # the comma binds first
        "$a = @('run', 'IMAGE:1', 'build') + $x\ndocker @a -buildmode=plugin",
        "$a = @('run', $x, 'IMAGE:1', 'build')\nif ($y) { $a = @('ps') }\ndocker @a -buildmode=plugin",
        "$a = @('run', $x, 'IMAGE:1', 'build')\n$a = Get-Arguments\ndocker @a -buildmode=plugin",
        "$a = 'run'\n$a += $x, 'IMAGE:1', 'build'\ndocker @a -buildmode=plugin",
        "$a = @('ps', $x, 'IMAGE:1', 'build')\ndocker @a -buildmode=plugin",
    ],
)
def test_other_lists_of_powershell(text: str) -> None:
    assert parse_powershell(text.replace("IMAGE", BUILDER)).commands == ()


def test_long_lists_of_powershell_are_bounded() -> None:
    text = "$a = @('run', $x)\n" + "$a += 'x', $y\n" * 5000 + "docker @a\n" * 5000
    assert parse_powershell(text).commands == ()


def test_scripts_inside_of_powershell() -> None:
    text = '$env:GOARCH = "arm64"\ndocker run golang:1.22.4 sh -c @"\ncd /b\ngo build -buildmode=plugin -o "b"\n"@\n'
    (command,) = parse_powershell(text).commands
    assert written(text, command.span) == 'go build -buildmode=plugin -o "b"'
    assert (command.output, command.folder) == ("b", "/b")
    assert command.environment == {}, "variables of the machine are not those of the container"


PIECES = st.text(alphabet="a$@{}()[]\"'`#<>:;=%!^\\/ \r\n,&|x1@rem-", max_size=60)


@given(PIECES)
@settings(max_examples=500, deadline=None)
@pytest.mark.parametrize("parse", [parse_batch, parse_powershell])
def test_any_text(parse: Callable[[str], BuildFile], text: str) -> None:
    file = parse(f"{text}\ngo build -buildmode=plugin\n{text}")
    assert all(0 <= each.span.start <= each.span.end <= 2 * len(text) + 28 for each in file.commands)


@pytest.mark.parametrize("parse", [parse_batch, parse_powershell])
@pytest.mark.parametrize(
    "piece",
    [
        '"\\"',
        '"`"',
        "@'\n",
        "@(rem ",
        '"$(',
        "$a,",
        "%a:",
        "^\n",
        "[a",
        '$a="b",',
        "&@",
        "$a=@($b,",
        "$a+='b'\n",
        "$a=('",
    ],
)
def test_time_is_linear(parse: Callable[[str], BuildFile], piece: str) -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        parse(piece * (length // len(piece)))
        return time.process_time() - start

    assert min(seconds(80_000) for _ in range(2)) < 10 * max(seconds(20_000), 0.01)
