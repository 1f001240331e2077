"""The files that a build leaves out, as go/build decides."""

from __future__ import annotations

import pytest

from layerg_pin.core.gofile.build_constraints import Target, reason_left_out
from layerg_pin.core.gofile.go_syntax import parse_go_file

LINUX = Target("linux", "amd64", ("nakama",))


def left_out(name: str, head: str = "", target: Target = LINUX) -> str:
    return reason_left_out(name, parse_go_file(f"{head}package main\n"), target)


@pytest.mark.parametrize(
    ("name", "is_built"),
    [
        ("x.go", True),
        ("linux.go", True),
        ("windows.go", True),
        ("x_linux.go", True),
        ("x_amd64.go", True),
        ("x_linux_amd64.go", True),
        ("x_unix.go", True),
        ("x_windows_x.go", True),
        ("x_windows.y.go", False),
        ("x_windows.go", False),
        ("x_arm64.go", False),
        ("x_linux_arm64.go", False),
        ("x_windows_amd64.go", False),
        ("_windows.go", False),
    ],
)
def test_file_names(name: str, is_built: bool) -> None:
    assert (left_out(name) == "") is is_built


@pytest.mark.parametrize(
    ("expression", "is_built"),
    [
        ("linux", True),
        ("unix", True),
        ("cgo && gc", True),
        ("nakama", True),
        ("!windows", True),
        ("windows || (linux && !arm64)", True),
        ("go1.99", True),
        ("race || !goexperiment.x", True),
        ("!go1.21", True),
        ("windows && go1.21", False),
        ("windows", False),
        ("darwin || freebsd", False),
        ("ignore", False),
        ("!cgo", False),
        ("!(linux || windows)", False),
        ("!(!windows)", False),
        ("windows ||", True),
        ("!!windows", True),
        ("windows && (", True),
        ("windows linux", True),
        ("windows /", True),
        ("(" * 500 + "windows" + ")" * 500, True),
    ],
)
def test_expressions(expression: str, is_built: bool) -> None:
    assert (left_out("x.go", f"// Copyright\n\n//go:build {expression}\n\n") == "") is is_built


@pytest.mark.parametrize(
    ("lines", "is_built"),
    [
        ("// +build windows\n\n", False),
        ("//+build windows\n\n", False),
        ("// +build windows\n", True),
        ("// +build windows linux\n\n", True),
        ("// +build linux,!amd64\n\n", False),
        ("// +build linux\n// +build other\n\n", False),
        ("//go:build linux\n// +build windows\n\n", True),
        ("// +build \n\n", True),
        ("// +build windows\n/*\n\n*/\n\n", True),
        ("// +build windows\n\n/* C */\n", False),
        ("/*\n//go:build windows\n*/\n\n", True),
        ("//go:buildwindows\n\n", True),
    ],
)
def test_lines(lines: str, is_built: bool) -> None:
    assert (left_out("x.go", lines) == "") is is_built


def test_what_is_not_known() -> None:
    target = Target("linux", "", None)
    assert left_out("x_arm64.go", target=target) == ""
    assert left_out("x.go", "//go:build other || arm64\n\n", target) == ""
    assert left_out("x.go", "//go:build amd64.v1 || arm64.v8.1\n\n", target) == ""
    assert left_out("x.go", "//go:build other && windows\n\n", target) == "`//go:build other && windows`"


def test_a_tag_that_is_the_name_of_a_system() -> None:
    assert left_out("x_windows.go", target=Target("linux", "amd64", ("windows",))) == ""


def test_a_constraint_below_the_package_clause() -> None:
    assert reason_left_out("x.go", parse_go_file("package main\n\n//go:build windows\n"), LINUX) == ""
