"""Variables after the branches of a shell script, and here-documents."""

from __future__ import annotations

import time

import pytest

from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.shell_script import parse_script

RUN = "docker run heroiclabs/nakama:$V\n"


def tags(text: str) -> list[str | None]:
    return [image.tag for image in parse_script(text).images]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('V=1.1.1\nif [ "$1" ]; then V=2.2.2; fi\n', None),
        ("if a; then V=2.2.2; else V=2.2.2; fi\n", "2.2.2"),
        ("V=1.1.1\nif a; then V=2.2.2\nelif b; then V=2.2.2\nelse\n  V=2.2.2\nfi\n", "2.2.2"),
        ("V=1.1.1\nif a; then V=2.2.2; elif b; then V=2.2.2; fi\n", None),
        ("V=1.1.1\nif a; then echo usage; exit 1; fi\n", "1.1.1"),
        ("V=1.1.1\nif [ a ] && [ b ]; then V=2.2.2; fi\n", None),
        ("if a; then\n  if b; then V=2.2.2; fi\nfi\n", "2.2.2"),
        ('[ -z "$V" ] && V=3.3.3\n', "3.3.3"),
        ('V=1.1.1\n[ "$1" ] && V=$1\n', None),
        ('V=1.1.1\n[ "$1" ] || \\\n  V=4.4.4\n', None),
        ("V=1.1.1\ncd x || exit 1\n", "1.1.1"),
        ("case $1 in\n a) V=1.1.1;;\n b) V=2.2.2 ;;\nesac\n", None),
        ("case $1 in\n a|b) V=1.1.1;;\n *) echo x; exit 1;;\nesac\n", "1.1.1"),
        ("V=0.0.0\ncase $1 in\n a) V=1.1.1;;\n *) V=1.1.1\nesac\n", "1.1.1"),
        ("V=0.0.0\ncase $1 in\n a) V=1.1.1;;\nesac\n", None),
        ("V=1.1.1\nold() { V=2.2.2; }\n", None),
        ("V=1.1.1\nfunction old {\n V=2.2.2\n}\n", None),
        ("old() { V=2.2.2; }\nV=1.1.1\n", "1.1.1"),
        ("old() { V=2.2.2; }\nV=1.1.1\nold\n", None),
        ("function old {\n V=2.2.2\n}\nV=1.1.1\nif a; then old; fi\n", None),
        ("same() { V=1.1.1; }\nV=1.1.1\nsame\n", "1.1.1"),
        ("V=1.1.1\nold() { V=2.2.2; return; }\n", None),
        ("V=1.1.1\nif a; then V=2.2.2; return; fi\n", "1.1.1"),
        ("V=1.1.1\n{ V=2.2.2; }\n", "2.2.2"),
        ("V=1.1.1\nwhile a; do V=2.2.2; done\n", None),
        ("V=1.1.1\nfor V in a b; do true; done\n", None),
        ("V=1.1.1\nwhile a; do\n for V in a b; do true; done\ndone\n", None),
        ("V=1.1.1\ntrue; do for\n", "1.1.1"),
        (': "${V:=3.3.3}"\n', "3.3.3"),
        ("readonly V=3.3.3\n", "3.3.3"),
        ("declare -rx V=3.3.3\n", "3.3.3"),
    ],
)
def test_the_value_after_branches(script: str, expected: str | None) -> None:
    assert tags(script + RUN) == [expected]


def test_the_value_in_a_branch() -> None:
    assert tags(f"V=1.1.1\nif a; then V=2.2.2; {RUN}else {RUN}fi\n") == ["2.2.2", "1.1.1"]
    assert tags(f"build() {{\n  local V=3.3.3\n  {RUN}}}\n") == ["3.3.3"]
    assert tags(f"cd x && V=1.1.1 && {RUN}") == ["1.1.1"]
    (command,) = parse_dockerfile(
        "FROM golang:1.22\n"
        "RUN if a; then export CGO_ENABLED=0; else export CGO_ENABLED=1; fi; go build -buildmode=plugin\n"
    ).commands
    assert command.environment["CGO_ENABLED"].value is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cat > x <<EOF\ndocker run heroiclabs/nakama:1.1.1\nEOF\n", []),
        ("cat <<-'EOF' > x\n\tdocker run heroiclabs/nakama:1.1.1\n\tEOF\n", []),
        ("cat <<A <<B\ndocker run heroiclabs/nakama:1.1.1\nA\ndocker run heroiclabs/nakama:1.1.1\nB\n", []),
        ("sudo bash <<EOF\ndocker run heroiclabs/nakama:1.1.1\nEOF\n", ["1.1.1"]),
        ("cat <<EOF\ndocker run heroiclabs/nakama:1.1.1\n", ["1.1.1"]),
        ("cat <<<EOF\ndocker run heroiclabs/nakama:1.1.1\nEOF\n", ["1.1.1"]),
    ],
)
def test_here_documents(script: str, expected: list[str]) -> None:
    assert tags(f"{script}V=2.2.2\n{RUN}") == [*expected, "2.2.2"]


def test_here_documents_of_a_dockerfile() -> None:
    text = (
        "FROM golang:1.22\nCOPY <<EOF /x\nFROM golang:1.20\nEOF\nRUN cat <<EOF >x\ngo build -buildmode=plugin\nEOF\n"
        "RUN --mount=type=cache,target=/x <<EOF\ngo build -buildmode=plugin\nEOF\nFROM golang:1.21\n"
    )
    file = parse_dockerfile(text)
    assert [image.tag for image in file.images] == ["1.22", "1.21"]
    assert len(file.commands) == 1


@pytest.mark.parametrize(
    "line",
    [
        *("if a; then V{}=1; fi\n", "[ a ] && V{}=1\n", "case a in b) V{}=1;; esac\n", "f{}() {{ V=1; }}\n"),
        *("cat <<A{}\n", "cat <<A <<A\nA\nA\n", "if a; then\n", "{{ V{}=1\n"),
    ],
)
def test_the_time_is_linear(line: str) -> None:
    """In quadratic time this takes minutes."""
    start = time.monotonic()
    parse_script("".join(line.format(number) for number in range(3000)))
    assert time.monotonic() - start < 30
