"""Builds whose command stands behind other words, or in quotation marks, in each kind of script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.build_file import BuildFile
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
