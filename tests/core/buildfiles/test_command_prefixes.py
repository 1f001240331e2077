"""Builds whose command stands behind other words, or in quotation marks, in each kind of script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.powershell import parse_powershell
from layerg_pin.core.buildfiles.shell_script import parse_script

BUILD = "docker run --rm -v x:/b heroiclabs/nakama-pluginbuilder:3.22.0 build -buildmode=plugin -trimpath"


@pytest.mark.parametrize("parse", [parse_script, parse_batch, parse_powershell])
@pytest.mark.parametrize(
    "text",
    [
        f"wsl {BUILD}",
        f"wsl.exe -d Ubuntu-22.04 -u root --cd /mnt/c/work -- {BUILD}",
        f"wsl --exec {BUILD}",
        f'wsl -d Ubuntu bash -lc "cd /mnt/c/work && {BUILD}"',
        f'wsl -- sh -c "{BUILD}"',
        f"cmd /c {BUILD}",
        f'cmd.exe /s /c "{BUILD} && echo built"',
        f'powershell -NoProfile -ExecutionPolicy Bypass -Command "{BUILD}"',
        f"pwsh -Command {BUILD}",
        f"winpty {BUILD}",
    ],
)
def test_programs_of_windows_that_run_a_command(parse: Callable[[str], BuildFile], text: str) -> None:
    file = parse(f"{text}\n")
    assert [(image.name, image.tag) for image in file.images] == [("heroiclabs/nakama-pluginbuilder", "3.22.0")]
    assert [command.trimpath for command in file.commands] == [True]


@pytest.mark.parametrize(
    "text",
    [
        f"sudo -u builder {BUILD}",
        f"MSYS_NO_PATHCONV=1 winpty {BUILD}",
        f"DOCKER_BUILDKIT=1 sudo -n env A=b {BUILD}",
        f"timeout 600 {BUILD}",
        f"timeout -k 5 10m {BUILD}",
        f"time -f %e nice -n 5 {BUILD}",
        f"nohup {BUILD} &",
        f'eval "{BUILD}"',
        f'/mnt/c/Windows/System32/cmd.exe /c "{BUILD}"',
    ],
)
def test_programs_that_run_a_command(text: str) -> None:
    assert [command.trimpath for command in parse_script(f"{text}\n").commands] == [True]


@pytest.mark.parametrize("name", ["Invoke-Expression", "iex"])
def test_scripts_that_powershell_evaluates(name: str) -> None:
    run = "docker run -v ${PWD}:/b heroiclabs/nakama-pluginbuilder:$v build -buildmode=plugin"
    file = parse_powershell(f'$v = "3.22.0"\n{name} "{run}"\n')
    assert [image.tag for image in file.images] == ["3.22.0"]
    assert len(file.commands) == 1


@pytest.mark.parametrize(
    "text",
    ["timeout /t 5", "wsl", "cmd /c", f'echo "{BUILD}"', f'wsl echo "{BUILD}"', f"command -v {BUILD[:6]}", "sudo -u"],
)
def test_other_commands(text: str) -> None:
    assert parse_script(f"{text}\n").commands == ()


def test_many_prefixes() -> None:
    assert parse_script(f"{'A=b sudo ' * 2000}{BUILD}\n").commands == ()
    assert len(parse_script(f"{'sudo ' * 2000}{BUILD}\n").commands) == 1


@pytest.mark.parametrize(
    ("option", "set_before", "trimpath"),
    [
        ("-e GOFLAGS", "-trimpath", True),
        ("--env GOFLAGS", "-trimpath", True),
        ("--env=GOFLAGS", "-trimpath", True),
        ("-eGOFLAGS", "-trimpath", True),
        ("-e GOFLAGS", None, None),
        ("-e OTHER", "-trimpath", False),
        ("", "-trimpath", False),
        ("-e GOFLAGS=-trimpath", None, True),
        ("-eGOFLAGS=-trimpath", None, True),
        ("-e GOFLAGS=-race", "-trimpath", False),
    ],
)
def test_variables_that_docker_passes(option: str, set_before: str | None, trimpath: bool | None) -> None:
    """Without `=`, a variable has its value in the environment of docker: the reference of `docker run`, --env."""
    run = f"docker run {option} heroiclabs/nakama-pluginbuilder:3.22.0 build -buildmode=plugin\n"
    texts = [(parse_script, f"export GOFLAGS={set_before}\n"), (parse_batch, f"set GOFLAGS={set_before}\n")]
    for parse, before in (*texts, (parse_powershell, f'$env:GOFLAGS = "{set_before}"\n')):
        (command,) = parse(f"{before if set_before else ''}{run}").commands
        assert command.trimpath is trimpath


BUILDER = "heroiclabs/nakama-pluginbuilder:3.22.0"
IN_SHELL = "go mod tidy && go build -buildmode=plugin -o x.so ."


@pytest.mark.parametrize("parse", [parse_script, parse_batch, parse_powershell])
@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (f'--entrypoint sh {BUILDER} -c "{IN_SHELL}"', IN_SHELL[15:]),
        (f'--entrypoint=/bin/sh -w /b {BUILDER} -c "{IN_SHELL}"', IN_SHELL[15:]),
        (f'--entrypoint /bin/bash golang:1.22.4 -lc "{IN_SHELL}"', IN_SHELL[15:]),
        (
            f"--entrypoint /usr/local/go/bin/go {BUILDER} build -buildmode=plugin -o x.so",
            "build -buildmode=plugin -o x.so",
        ),
        (f"--entrypoint env {BUILDER} A=b go build -buildmode=plugin -o x.so", "go build -buildmode=plugin -o x.so"),
        (f'--entrypoint "" {BUILDER} sh -c "{IN_SHELL}"', IN_SHELL[15:]),
        (f"--entrypoint= {BUILDER} go build -buildmode=plugin -o x.so", "go build -buildmode=plugin -o x.so"),
    ],
)
def test_the_entrypoint_of_a_container(parse: Callable[[str], BuildFile], arguments: str, command: str) -> None:
    text = f"docker run --rm -v x:/b {arguments}\n"
    (found,) = parse(text).commands
    assert text[found.span.start : found.span.end] == command
    assert (found.trimpath, found.output) == (False, "x.so")
    assert found.image == parse(text).images[0]


def test_an_empty_entrypoint_in_powershell() -> None:
    run = f"docker run --entrypoint '\"\"' {BUILDER} go build -buildmode=plugin"
    assert len(parse_powershell(run).commands) == 1


@pytest.mark.parametrize("entrypoint", ["cat", "$ENTRYPOINT", "echo", "/bin/sh", '""'])
def test_an_entrypoint_that_does_not_build(entrypoint: str) -> None:
    file = parse_script(f"docker run --entrypoint {entrypoint} {BUILDER} build -buildmode=plugin\n")
    assert (file.commands, len(file.images)) == ((), 1)


@pytest.mark.parametrize("program", ["make", "/b/build.sh", "sh"])
def test_an_entrypoint_that_calls_another_file(program: str) -> None:
    text = f"docker run --entrypoint {program} {BUILDER} {'build.sh' if program == 'sh' else ''}\n"
    (delegate,) = parse_script(text).delegates
    assert delegate.image == parse_script(text).images[0]
    assert delegate.span.start < delegate.span.end


@pytest.mark.parametrize(
    "keys",
    [
        'entrypoint: ["sh", "-c"]\n    command: ["go mod tidy && go build -buildmode=plugin -o x.so"]',
        "entrypoint: [/bin/sh, -c]\n    command: ['go build -buildmode=plugin -o x.so']",
        'entrypoint: ["sh", "-c", "go build -buildmode=plugin -o x.so"]',
        'command: ["bash", "-ec", "cd /b; go build -buildmode=plugin -o x.so"]\n    entrypoint: []',
        'entrypoint: sh\n    command: -c "go build -buildmode=plugin -o x.so"',
    ],
)
def test_the_entrypoint_of_a_service(keys: str) -> None:
    text = f"services:\n  b:\n    image: {BUILDER}\n    {keys}\n"
    (found,) = parse_compose(text).commands
    assert text[found.span.start : found.span.end] == "go build -buildmode=plugin -o x.so"
    assert (found.trimpath, found.output) == (False, "x.so")


@pytest.mark.parametrize(
    "keys",
    [
        'entrypoint: ["echo"]\n    command: ["go build -buildmode=plugin"]',
        'entrypoint: ["sh", "-c"]\n    command: go build -buildmode=plugin',  # the script is only the word go
        'entrypoint: ["sh", "-c"]\n    command: ["go build -buildmode=plugin\n      -trimpath"]',  # one line for YAML
        'entrypoint: ["sh", "-c"]\n    command: ["go build -buildmode=plugin -trimpath\\n"]',
    ],
)
def test_a_service_whose_script_is_not_read(keys: str) -> None:
    assert parse_compose(f"services:\n  b:\n    image: {BUILDER}\n    {keys}\n").commands == ()
