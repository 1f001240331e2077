"""The images that a bake file builds."""

from __future__ import annotations

import pytest

from layerg_pin.core.buildfiles.bake_file import parse_bake
from layerg_pin.core.buildfiles.build_file import BuildFile, ComposeRun
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables, parse_env

BAKE = """\
variable "V" { default = "3.22.0" }
variable "REG" {
  default = ""
  validation { condition = REG != "" }
}
group "default" { targets = ["plugin", "tests"] }
# A comment with a "
target "base" {
  args = {
    V = V
    W = "x-${V}"
    "Y" = upper("a"), Z = true
  }
}
target "plugin" {
  inherits = ["base"]
  context = "./plugin"  // its folder
  dockerfile = "build/File"
  platforms = ["linux/arm64"]
  args = { U = notequal("", V) ? V : "1" }
  tags = ["${REG}a:b", "c"]
}
target "tests" {
  matrix = { v = ["1", "2"] }
  args = { V = v }
  context = "${REG}"
}
target "remote" { context = "https://example.com/a.git" }
"""


def parsed(text: str, **values: str | None) -> BuildFile:
    environment = parse_env("".join(f"{name}={value}\n" for name, value in values.items()))
    runs = [(ComposeRun({}), environment)] if values else []
    return parse_bake(text, ComposeVariables(Environment(), runs))


def test_hcl() -> None:
    file = parsed(BAKE)
    assert file.unread is None
    plugin, tests = file.builds
    assert (plugin.dockerfile, plugin.context, plugin.platform) == ("plugin/build/File", "plugin", "linux/arm64")
    assert plugin.arguments == {"V": "3.22.0", "W": "x-3.22.0", "Y": None, "Z": "true", "U": None}
    assert tests.arguments == {"V": None}, "a matrix gives it several"


def test_variables_of_commands() -> None:
    same, other = parsed(BAKE, V="3.22.0"), parsed(BAKE, V="3.20.0")
    assert (same.builds[0].arguments["V"], other.builds[0].arguments["V"]) == ("3.22.0", None)


def test_json() -> None:
    text = '{"variable": {"V": {"default": "3"}}, "target": {"a": {"args": {"V": "${V}.1", "N": 1}}}}'
    (build,) = parsed(text).builds
    assert build == ("Dockerfile", ".", {"V": "3.1", "N": "1"}, None)


def test_an_inline_dockerfile_is_named() -> None:
    file = parsed('target "a" {\n  dockerfile-inline = <<EOT\nFROM heroiclabs/nakama:3.22.0\nEOT\n}\n')
    assert file.builds == ()
    assert [problem.message for problem in file.uncertainties] == ["dockerfile-inline is not read"]
    assert not parsed('target "a" {\n  dockerfile-inline = "FROM postgres"\n}\n').uncertainties


@pytest.mark.parametrize(
    "text",
    [
        *('{"x', "= =", 'target "a" {\n' * 5000, "a = [" * 5000, '{"a":' * 5000, "a = (" * 50_000, '"' * 50_000),
        "".join(f'target "t{n}" {{ inherits = ["t{n - 1}", "t{n - 1}", "t{n - 1}"] }}\n' for n in range(1000)),
        "".join(f'variable "v{n}" {{ default = "${{v{n - 1}}}${{v{n - 1}}}" }}\n' for n in range(1000))
        + 'target "a" { args = { V = v999 } }\n',
    ],
)
def test_any_text_is_bounded(text: str) -> None:
    file = parsed(text)
    assert file.unread or all(each is None for build in file.builds for each in build.arguments.values())
