"""Convert Go's and our reading of a go.mod to the same form, so that tests can compare them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.gomod.parser import GoMod

Values = dict[str, Any]

_SCRAPS = (
    *"()[]{},/\"`'@\\;01 \t\n\r\x00\x0b\u00a0\u00e9\ufeff\U0001f600",
    *(
        "//",
        "/*",
        "*/",
        "\r\n",
        "=>",
        "=",
        " (\n",
        "\n)\n",
        "// indirect",
        "// indirect; why",
        "./a",
        "../a",
        ".",
        "..",
    ),
    *("v1", "v1.2", "v1.2.3", "v2.0.0", "+incompatible", "+meta", "-rc.1", "-0.20210101000000-abcdefabcdef", "latest"),
    *("module", "go", "toolchain", "godebug", "require", "require (", "exclude", "replace", "tool", "ignore"),
    *("example.com/a", "example.com/a/v2", "gopkg.in/a.v1", "1.21", "go1.21.0", "default", "a=b"),
)


@dataclass(frozen=True)
class GoResult:
    """Go's result for a go.mod: its values, or None, and the reason and the 1-based lines if Go refuses it."""

    values: Values | None
    words: str
    lines: frozenset[int]


def run_go(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Go without this machine's flags and workspace."""
    own = {"GOFLAGS": "", "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    return subprocess.run(
        ("go", *arguments),
        cwd=folder,
        env={**os.environ, **own, **environment},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def ask_go(folder: Path, *arguments: str, **environment: str) -> str:
    """The output of a run of Go that must succeed."""
    done = run_go(folder, *arguments, **environment)
    assert done.returncode == 0, f"go {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def selected_by_go(folder: Path, **environment: str) -> dict[str, str]:
    """The selected version of every module except the main one, for the build in `folder`; rewrites its go.mod."""
    output = ask_go(
        folder, "list", "-m", "-mod=mod", "-f", "{{if not .Main}}{{.Path}} {{.Version}}{{end}}", "all", **environment
    )
    return dict(line.split() for line in output.splitlines() if line)


def read_with_go(path: Path) -> GoResult:
    """Read a file with `go mod edit -json`; it must not be the go.mod of the working folder."""
    done = run_go(Path("/"), "mod", "edit", "-json", str(path))
    if done.returncode:
        assert "errors parsing" in done.stderr, f"Go did not get as far as reading {path}: {done.stderr}"
        return GoResult(None, done.stderr, _refused_lines(done.stderr, path))
    return GoResult(_from_go(json.loads(done.stdout)), "", frozenset())


def damaged(text: str, random: Random) -> str:
    """The text with a few random changes, similar to typing and merging."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text) + 1)
        words = list(re.finditer(r"\S+", text))
        lines = text.split("\n")
        match random.randrange(5):
            case 0:
                text = text[:at] + random.choice(_SCRAPS) + text[at:]
            case 1:
                text = text[:at] + text[at + random.randint(1, 4) :]
            case 2 if words:
                word = random.choice(words)
                text = text[: word.start()] + random.choice(_SCRAPS) + text[word.end() :]
            case 3:
                lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
                text = "\n".join(lines)
            case _:
                del lines[random.randrange(len(lines))]
                text = "\n".join(lines)
    return text


def values_of(gomod: GoMod) -> Values:
    """Our parser's result. Like `go mod edit`, without repeated or empty lines."""
    return {
        "module": _text(gomod.module) or "",
        "go": _text(gomod.go),
        "toolchain": _text(gomod.toolchain),
        "godebug": [(each.key, each.value) for each in gomod.godebugs if each.key],
        "require": [
            (_shown(each.module), _shown(each.version), each.indirect) for each in gomod.requires if each.module.text
        ],
        "exclude": _once((_shown(each.module), _shown(each.version)) for each in gomod.excludes if each.module.text),
        "replace": _last_of_each(
            (
                (_shown(each.module), _text(each.version) or ""),
                (_shown(each.target), _text(each.target_version) or ""),
            )
            for each in gomod.replaces
            if each.module.text
        ),
        "retract": [(_shown(each.low), _shown(each.high)) for each in gomod.retracts],
        "tool": _once(map(_shown, gomod.tools)),
        "ignore": _once(map(_shown, gomod.ignores)),
    }


def _refused_lines(words: str, path: Path) -> frozenset[int]:
    """The lines that Go reports; for an unclosed block the line where it opens."""
    name = re.escape(str(path))
    opened = re.search(rf"unterminated block started at {name}:(\d+)", words)
    named = [opened[1]] if opened else re.findall(rf"^{name}:(\d+)(?::\d+)?: ", words, re.MULTILINE)
    assert named, f"Go names no line: {words}"
    return frozenset(map(int, named))


def _from_go(answer: dict[str, Any]) -> Values:
    return {
        "module": answer["Module"]["Path"],
        "go": answer.get("Go"),
        "toolchain": answer.get("Toolchain"),
        "godebug": [(each["Key"], each["Value"]) for each in answer.get("GoDebug") or ()],
        "require": [(each["Path"], each["Version"], each.get("Indirect", False)) for each in answer["Require"] or ()],
        "exclude": [_pair(each) for each in answer["Exclude"] or ()],
        "replace": [(_pair(each["Old"]), _pair(each["New"])) for each in answer["Replace"] or ()],
        "retract": [(each["Low"], each["High"]) for each in answer["Retract"] or ()],
        "tool": [each["Path"] for each in answer["Tool"] or ()],
        "ignore": [each["Path"] for each in answer["Ignore"] or ()],
    }


def _pair(module: dict[str, str]) -> tuple[str, str]:
    return module["Path"], module.get("Version", "")


def _text(token: Token | None) -> str | None:
    return _shown(token) if token else None


def _shown(token: Token) -> str:
    """The text of a token in Go's JSON: Go writes U+FFFD for a byte that is not UTF-8."""
    return re.sub("[\udc80-\udcff]", "\ufffd", token.text)


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _last_of_each(replaces: Iterable[tuple[tuple[str, str], tuple[str, str]]]) -> list[Any]:
    """The last replace of each module version, at its position."""
    found = list(replaces)
    return [each for index, each in enumerate(found) if each[0] not in [later[0] for later in found[index + 1 :]]]
