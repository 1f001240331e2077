"""Names and texts with control sequences, invisible characters, links, images or HTML, and workspaces full of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from layerg_pin.core.settings.project_file import toml_string
from tests.conftest import Examples

STEERING = "\x1b[31m\x9b31m\x7f\x07\u202e\u2066\u061c\u200e\u200b\u2028\u2029\ufe0f\u3164\U000e0041"
MARKUP = (
    "![i](https:evil.example)[c](command:evil)<img src=x onerror=y>&#8238;`a``[d](command:evil)`|~~s~~ __b__ "
    "www.evil.example me@evil.example $(trash) $x$"
)
NAME = f"evil{STEERING}"
"""For folders in which Go must work."""
TEXT = f"{NAME}{MARKUP} https://evil.example/i.png <https://evil.example> <!-- -->"
FORGED = "forged: everything fits"
WILD = f"{NAME}{MARKUP}\n{FORGED}\n\r# h"
"""For folders; 0xFF is added if a name need not be UTF-8."""

FORBIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Characters that must not be displayed: a separate list from the tested one. Tabs and line feeds are checked
separately.
"""
LINK = re.compile(r"\]\([a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BARE = re.compile(r"(?:https?|ftp)://|\bwww\.|\bmailto:|[^\s@]@[^\s@]+\.\w|[*_]{2}")
_OURS = re.compile(r"file:///|https://pkg\.go\.dev/")


class _Renderer(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # the library's name
        return True  # also links to files, which editors accept


def markup(text: str) -> list[str]:
    """Active elements of rendered Markdown that are not ours: images, HTML, links, headings, tables."""
    renderer = _Renderer("commonmark").enable(["table", "strikethrough"]).disable("text_join")
    found = []
    for block in renderer.parse(text):
        for token in (block, *(block.children or ())):
            is_ours = token.type == "link_open" and _OURS.match(str(token.attrs["href"]))
            wrong = ("image", "html_inline", "html_block", "link_open", "heading_open", "table_open", "s_open", "hr")
            if token.type in wrong and not is_ours:
                found.append(f"{token.type} {token.attrs} {token.content}")
            if token.type == "text" and _BARE.search(token.content):
                found.append(f"an address or markup: {token.content}")
    return found


def texts(value: object, but: frozenset[str] = frozenset()) -> Iterator[str]:
    """All texts in a JSON value, except those under some keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, each in value.items() if key not in but for text in (key, *texts(each, but)))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in texts(each, but))


def file_name(name: str) -> str:
    """As much of an odd name as a file may have on this system."""
    return name if os.name == "posix" else re.sub(r'[\0-\x1f<>:"/\\|?*\ud800-\udfff]', "", name)


def renamed(examples: Examples, name: str) -> Examples:
    """The examples in folders with odd names, where everything works: `check` finds differences, and `fix` removes
    them.
    """
    host = examples.host.rename(examples.host.with_name(file_name(f"host{name}")))
    plugin = examples.plugin.rename(examples.plugin.with_name(file_name(f"plugin{name}")))
    (plugin / "layerg-pin.toml").unlink()
    if "\udcff" not in name:  # otherwise no project file can name the host
        (plugin / "layerg-pin.toml").write_text(f"host = {toml_string(f'../{host.name}')}\n", "utf-8")
    gomod = plugin / "go.mod"
    gomod.write_text(gomod.read_text("utf-8").replace("zap v1.26.0", f"zap v1.26.0 // {NAME}"), "utf-8")
    return Examples(host, plugin)


def poisoned(examples: Examples) -> Examples:
    """The examples with odd texts in every input."""
    found = renamed(examples, WILD)
    host, plugin = found.host, found.plugin
    line = TEXT.replace("\u2028", "")
    (plugin / "layerg-pin.toml").write_text(
        f"host = {toml_string(f'../{host.name}')}\n{toml_string(TEXT)} = 1\n"
        f'severity = {{ {toml_string(TEXT)} = "error", "syntax" = {toml_string(TEXT)} }}\n',
        "utf-8",
    )
    listed = host / "vendor" / "modules.txt"
    text = listed.read_text("utf-8").replace("v1.27.0", f"v1.27.0{MARKUP.split(' ')[0]}{STEERING}")
    listed.write_text(text.replace("# github.com/gofrs", f"# {line} nonsense\n# github.com/gofrs"), "utf-8")
    gomod = plugin / "go.mod"
    quoted = json.dumps(f"./{NAME}[c](command:evil)", ensure_ascii=False)
    gomod.write_text(
        f"{gomod.read_text('utf-8')}\nrequire {json.dumps('example.com/' + NAME, ensure_ascii=False)} v1.0.0\n"
        f"replace example.com/evil => {quoted}\nreplace go.uber.org/zap => {quoted}\nfrob {line}\n",
        "utf-8",
    )
    odd_file = plugin / file_name(f"z{NAME}\udcff.go")
    odd_file.write_text(f'package main\n\nimport _ "example.com/{line}"\n// layerg-pin:ignore {line}\n', "utf-8")
    (plugin / "Dockerfile").write_text(
        f"FROM golang:1.19{line} AS {line}\nENV GOFLAGS='-tags={line}' X={line}\n"
        f"RUN go get {line} && go build -buildmode=plugin -tags={line}\nFROM heroiclabs/nakama:3.{line}\n",
        "utf-8",
    )
    (plugin / "docker-compose.yml").write_text(
        f"services:\n  {json.dumps(line)}:\n    image: heroiclabs/nakama:3.22.0{STEERING}\n"
        f"    command: [{json.dumps(line)}]\n    environment:\n      GOOS: {json.dumps(line)}\n",
        "utf-8",
    )
    return found


def log_text() -> str:
    """A host's log in which every part of a message is odd."""
    line = TEXT.replace("\u2028", "").replace("\u2029", "")
    return (
        f'plugin.Open("/m/{line}"): plugin was built with a different version of package example.com/{NAME}\n'
        f'plugin.Open("{line}"): realpath failed\n'
        f"{line}\ngo: example.com/evil@{line}: missing go.sum entry\n"
        f"/m/{line}.so: undefined symbol: {line}\n"
        f'{{"level":"fatal","msg":{json.dumps("plugin.Open(" + line + "): plugin.Open failed")}}}\n'
    )


def profile_text() -> str:
    """A host's profile in which every text is odd."""
    rows = [
        {"path": f"example.com/{TEXT}", "version": f"v1.0.0{TEXT}", "packages": [f"example.com/{TEXT}"]},
        {"path": "go.uber.org/zap", "version": f"v1.27.0{TEXT}", "packages": ["go.uber.org/zap"]},
    ]
    build = dict.fromkeys(("release", "minor", "goos", "goarch", "gcflags", "experiment", "libc", "libc_version"), TEXT)
    document = {
        **{"version": 1, "origin": {"reference": TEXT, "kind": TEXT}, "module": TEXT, "go": TEXT, "main": TEXT},
        **{"host_version": TEXT, "linked": True, "modules": rows},
        "build": {**build, "cgo": True, "trimpath": True, "race": False, "tags": [TEXT]},
    }
    return json.dumps(document)


def write_profile(folder: Path) -> Path:
    """The odd profile in a file with an odd name."""
    path = folder / file_name(f"host{NAME}.json")
    path.write_text(profile_text(), "utf-8")
    return path
