"""The longest time that a server's event loop runs without a pause, for fuzzed texts and large valid files.

`LAYERG_PIN_FUZZ_SECONDS` sets the duration. The limit is on processor time and grows with the machine's current load,
so that the test does not fail because of other programs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

import pytest

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.fuzz.stalls import Stalls, measured_server, read_stalls
from tests.fuzz.test_fuzz import _GOFILES, _GOMODS, _MODULES_TXT, _TOML, SECONDS, SEED, mutated
from tests.hosts.image_files import Entries, layer, oci
from tests.raw_client import RawClient

LIMIT_SECONDS = 0.2
"""Twice the target for the longest stall."""
_CONTROL_SECONDS = 0.015
"""Duration of the control measurement on an idle machine."""
_EVERYWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
_NAKAMA = "require github.com/heroiclabs/nakama-common v1.40.0\n"


def large_gomod(count: int) -> str:
    """A go.mod with this many requires."""
    lines = "".join(f"\texample.com/group{number % 97}/module{number} v1.{number % 40}.0\n" for number in range(count))
    return f"module example.com/plugin\n\ngo 1.21\n\n{_NAKAMA}\nrequire (\n{lines})\n"


def large_listing(count: int) -> str:
    """A modules.txt with the modules of `large_gomod`, one in 20 of them at another version."""
    return "".join(
        f"# example.com/group{number % 97}/module{number} v1.{number % 40 + (number % 20 == 0)}.0\n"
        f"example.com/group{number % 97}/module{number}\n"
        for number in range(count)
    )


def host_and_plugin(root: Path, listing: str, gomod: str) -> Path:
    """A vendored host and a plugin beside it; returns the plugin's go.mod."""
    for folder, name, text in (
        ("host", "go.mod", "module example.com/host\n\ngo 1.21\n"),
        ("host/vendor", "modules.txt", listing),
        ("plugin", "layerg-pin.toml", 'host = "../host"\n'),
        ("plugin", "main.go", "package main\n\nfunc InitModule() {}\n"),
        ("plugin", "go.mod", gomod),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(text, encoding="utf-8", errors="replace")
    return root / "plugin" / "go.mod"


def asked(client: RawClient, uri: str) -> None:
    """All requests of an editor for a file."""
    document = {"textDocument": {"uri": uri}}
    numbers = [
        client.begin(f"textDocument/{method}", {**document, **more})
        for method, more in (
            ("codeAction", {"range": _EVERYWHERE, "context": {"diagnostics": []}}),
            ("inlayHint", {"range": _EVERYWHERE}),
            ("codeLens", {}),
            ("documentLink", {}),
            ("hover", {"position": {"line": 6, "character": 3}}),
            ("completion", {"position": {"line": 6, "character": 3}}),
        )
    ]
    for number in numbers:
        client.end_of(number)


def limit() -> float:
    """The current limit: higher on a slower machine."""
    text = large_gomod(5000)
    seconds = []
    for _ in range(5):
        before = time.thread_time()
        parse_gomod(text)
        seconds.append(time.thread_time() - before)
    return LIMIT_SECONDS * max(1.0, median(seconds) / _CONTROL_SECONDS)


def stalls(root: Path, use: Callable[[RawClient], None]) -> Stalls:
    """The stalls of a server without Go during such a session."""
    noted = root / "stalls.json"
    options = {"goPath": "/nonexistent/go"}
    with RawClient(root, command=measured_server(noted), options=options) as client:
        use(client)
        assert client.leave() == 0
    return read_stalls(noted)


def check(found: Stalls, record_property: Callable[[str, object], None]) -> None:
    """Report the longest stall, and fail if it is too long."""
    longest, most = found.steps[-1], limit()
    record_property(
        "stall", f"{longest.cpu * 1000:.0f} ms of {most * 1000:.0f} ms; late by {found.late[-1] * 1000:.0f}"
    )
    assert longest.cpu < most, "\n".join(f"{each.cpu:.3f} {each.wall:.3f} {each.callback}" for each in found.steps[-5:])


def test_fuzzed_texts(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    random = Random(f"{SEED} stalls")
    names = {"go.mod": _GOMODS, "main.go": _GOFILES, "go.work": _GOMODS[:20], "modules.txt": _MODULES_TXT}

    def use(client: RawClient) -> None:
        end, version = time.monotonic() + 5 * SECONDS, 0
        while time.monotonic() < end:
            version += 1
            root = tmp_path / str(version)
            gomod = mutated(random.choice(_GOMODS) + _NAKAMA, random, _GOMODS)
            path = host_and_plugin(root, mutated(random.choice(_MODULES_TXT), random, _MODULES_TXT), gomod)
            if version % 3 == 0:
                (path.parent / "layerg-pin.toml").write_text(mutated(_TOML, random, [_TOML]), errors="replace")
            opened = []
            for name, seeds in names.items():
                text = mutated(random.choice(seeds), random, seeds) if name != "go.mod" else gomod
                text = text.encode("utf-8", "replace").decode()
                opened.append(client.open(path.with_name(name), text, version))
                client.change(opened[-1], mutated(text, random, seeds).encode("utf-8", "replace").decode(), version + 1)
                asked(client, opened[-1])
            for uri in opened:
                client.notify_file("didClose", uri)

    check(stalls(tmp_path, use), record_property)


def test_a_large_plugin(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A go.mod with 5,000 requires, 250 of which differ from the host: open, edit, requests."""
    path = host_and_plugin(tmp_path, large_listing(5000), large_gomod(5000))
    text = path.read_text()

    def use(client: RawClient) -> None:
        uri = client.open(path)
        client.until(lambda: client.diagnostics(uri))
        for version in range(2, 7):
            at = len(text) // version
            client.change(uri, text[:at] + "\n" + text[at:], version)
            client.until(lambda version=version: client.shown[uri]["version"] == version)  # type: ignore[misc]
            asked(client, uri)
        listing = client.open(tmp_path / "host" / "vendor" / "modules.txt")
        asked(client, listing)
        asked(client, uri_of(str(path)))

    check(stalls(tmp_path, use), record_property)


def test_an_image(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A host in an image of 8,000 files and 200 MB, whose layers are compressed: open, change the image, edit."""
    path = host_and_plugin(tmp_path, large_listing(20), large_gomod(20))
    text = path.read_text()
    files: Entries = {f"f{number % 97}/{number}": b"" for number in range(8000)}
    layers = [layer({**files, "zeros": bytes(200 << 20)}), layer({"server": b"\x7fELF" + bytes(4 << 20)})]
    (path.parent / "layerg-pin.toml").write_text('host = "oci-archive:../image.tar"\n')
    oci(layers, Entrypoint=["/server"]).archive(tmp_path / "image.tar")

    def use(client: RawClient) -> None:
        uri = client.open(path)
        client.until(lambda: "host-unreadable" in client.codes(uri))
        oci(layers[1:], Entrypoint=["/server"]).archive(tmp_path / "image.tar")
        change = {"uri": (tmp_path / "image.tar").as_uri(), "type": 2}
        client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
        for version in range(2, 5):
            client.change(uri, text + "\n" * version, version)
            client.until(lambda version=version: client.shown[uri]["version"] == version)  # type: ignore[misc]
            asked(client, uri)

    check(stalls(tmp_path, use), record_property)


def _members(root: Path) -> None:
    """A go.work around the plugin that uses 1,400 other modules."""
    for number in range(1400):
        folder = root / "members" / f"m{number}"
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text(f"module example.com/m{number}\n\ngo 1.21\n")
    uses = "".join(f"use ./members/m{number}\n" for number in range(1400))
    (root / "go.work").write_text(f"go 1.21\n\nuse ./plugin\n{uses}")


def _sources(root: Path) -> None:
    """10,000 .go files in 100 packages of the plugin."""
    for number in range(10_000):
        folder = root / "plugin" / f"p{number % 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}.go").write_text(f"package p{number % 100}\n")


def _imports(root: Path) -> None:
    """8,000 imports in the file that is opened after go.mod."""
    imports = "".join(f'\t_ "example.com/group{number % 97}/module{number}/p"\n' for number in range(8000))
    (root / "plugin" / "main.go").write_text(f"package main\n\nimport (\n{imports})\n\nfunc InitModule() {{}}\n")


def _build_file(root: Path) -> None:
    (root / "host" / "Dockerfile").write_text("FROM golang:1.21\nRUN " + "a=; " * 20_000 + "go build\n")


HOSTILE: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "a workspace of 1,400 modules": (large_listing(20), large_gomod(20), _members),
    "9,000 comments that silence nothing": (
        large_listing(20),
        large_gomod(20) + "".join(f"// layerg-pin:ignore code-{number}\n" for number in range(9000)),
        lambda _: None,
    ),
    "a host with a long build file": (large_listing(20), large_gomod(20), _build_file),
    "5,000 requires, half of which differ": (
        large_listing(5000).replace(".0\n", ".1\n", 2500),
        large_gomod(5000),
        lambda _: None,
    ),
    "5,500 requires of one module": (
        large_listing(20),
        large_gomod(0) + "require (\n" + "\texample.com/m v1.0.1\n" * 5500 + ")\n",
        lambda _: None,
    ),
    "10,000 .go files": (large_listing(20), large_gomod(20), _sources),
    "8,000 imports in an open .go file": (large_listing(1000), large_gomod(1000), _imports),
    "1,400 replaces of 4,000 requires": (
        large_listing(4000),
        large_gomod(4000)
        + "".join(f"replace example.com/group{n % 97}/module{n} => example.com/x v1.0.0\n" for n in range(1400)),
        lambda _: None,
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files(tmp_path: Path, kind: str, record_property: Callable[[str, object], None]) -> None:
    listing, gomod, prepare = HOSTILE[kind]
    path = host_and_plugin(tmp_path, listing, gomod)
    prepare(tmp_path)

    def use(client: RawClient) -> None:
        uri = client.open(path)
        client.until(lambda: uri in client.shown)
        asked(client, uri)
        client.change(uri, gomod + "// x\n", 2)
        client.until(lambda: client.shown[uri]["version"] == 2)
        asked(client, uri)
        source = path.with_name("main.go")
        opened = client.open(source)
        asked(client, opened)
        client.change(opened, source.read_text() + "// x\n", 2)
        asked(client, opened)
        for changed in (tmp_path / "host" / "Dockerfile", tmp_path / "go.work"):
            if changed.exists():
                changed.write_text(changed.read_text() + "\n")
                client.notify_file("didSave", uri_of(str(changed)))
        client.change(uri, gomod + "// y\n", 3)
        client.until(lambda: client.shown[uri]["version"] == 3)
        client.until(lambda: any("go list for" in str(each.get("params")) for each in [*client.notifications]))

    check(stalls(tmp_path, use), record_property)
