"""Hosts in images: the files and folders that tools write, with a real server of Go in them."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostImage, HostManifest, HostUnreadable
from layerg_pin.hosts import image_cache, image_streams
from layerg_pin.hosts.references import Hosts, resolve
from tests.built_binaries import BuiltBinaries
from tests.conftest import CACHE_VARIABLE
from tests.hosts.image_files import Entries, Layout, Link, docker_archive, layer, oci, packed

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine().lower())
LOCAL = f"linux/{ARCHITECTURE}"
OTHER = "linux/s390x"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a cache of its own."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def server(built_binaries: BuiltBinaries) -> bytes:
    return built_binaries.host("stripped").read_bytes()


@pytest.fixture(scope="module")
def other(built_binaries: BuiltBinaries) -> bytes:
    """Another server."""
    return built_binaries.host("replacing").read_bytes()


@pytest.fixture(scope="module")
def closed(built_binaries: BuiltBinaries) -> bytes:
    """A Go program that opens no plugins."""
    return built_binaries.host("closed").read_bytes()


def read(reference: str, architecture: str = "") -> HostManifest:
    found = Hosts().read(reference, resolve(reference, "/"), architecture=architecture)
    assert isinstance(found, HostManifest), found.message
    return found


def image(reference: str, architecture: str = "") -> HostImage:
    found = read(reference, architecture).image
    assert found
    return found


def refusal(reference: str) -> str:
    found = Hosts().read(reference, resolve(reference, "/"))
    assert isinstance(found, HostUnreadable), found
    return found.message


def test_all_forms_give_what_the_binary_gives(built_binaries: BuiltBinaries, server: bytes, tmp_path: Path) -> None:
    binary = Hosts().read("host", str(built_binaries.host("stripped")))
    assert isinstance(binary, HostManifest)
    layers = [layer({"etc/": None}), layer({"srv/game": server})]
    config: dict[str, Any] = {"Entrypoint": ["/srv/game"]}
    layout = oci(layers, **config, platform=LOCAL)
    facts = {"os": "linux", "architecture": ARCHITECTURE, "config": config}
    (tmp_path / "plain.tar").write_bytes(layer({"game": server}))
    rootfs = tmp_path / "rootfs.tar.gz"
    rootfs.write_bytes(packed(layer({"srv/": None, "srv/game": server, "etc/hostname": b"x"})))
    references = [
        layout.write(tmp_path / "layout"),
        layout.archive(tmp_path / "oci.tar"),
        layout.archive(tmp_path / "packed.tar.gz", packed),
        docker_archive(tmp_path / "docker.tar", {"acme/game:1": (layers, facts)}),
        str(tmp_path / "oci.tar"),
        str(tmp_path / "docker.tar"),
        str(tmp_path / "plain.tar"),
        str(rootfs),
    ]
    for reference in references:
        found = read(reference)
        assert found.kind == "image"
        same = ("module", "go", "packages", "linked", "asked", "uncertainty", "build", "version")
        assert {name: getattr(found, name) for name in same} == {name: getattr(binary, name) for name in same}
        assert {(each.path, each.version) for each in found.modules.values()} == {
            (each.path, each.version) for each in binary.modules.values()
        }
        assert found.image
        assert found.image.server.endswith("/game")
        is_tar_of_files = reference.endswith(("plain.tar", "rootfs.tar.gz"))
        assert found.image.platform == ("" if is_tar_of_files else LOCAL)
        origin = next(iter(found.modules.values())).origin
        assert str(origin) == f"game in {os.path.basename(found.path)}"


def test_a_second_reading_takes_the_server_from_the_cache(
    server: bytes, other: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = oci([layer({"game": server})], Entrypoint=["/game"]).write(tmp_path / "layout")
    first = read(reference)
    monkeypatch.setattr(image_streams, "MAX_SECONDS", -1.0)
    again = read(reference)
    assert again == first._replace(source=again.source)
    oci([layer({"game": other})], Entrypoint=["/game"]).write(tmp_path / "layout")
    assert "took longer" in refusal(reference)
    monkeypatch.setattr(image_streams, "MAX_SECONDS", 60.0)
    assert read(reference).modules != first.modules, "a changed image is read again"


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"Entrypoint": ["tini", "--", "/srv/game"]}, "/srv/game"),
        ({"Entrypoint": ["./game"], "WorkingDir": "/srv"}, "/srv/game"),
        ({"Cmd": ["game", "run"], "Env": ["A=b", "PATH=/bin:/srv"]}, "/srv/game"),
        (
            {"Entrypoint": ["/bin/sh", "-ec"], "Cmd": ["/srv/game migrate up && exec /srv/game --name=$HOST"]},
            "/srv/game",
        ),
        ({"Entrypoint": ["/start.sh"]}, "/srv/game"),
        ({"Entrypoint": ["/run/current"]}, "/srv/game"),
        ({"Entrypoint": ["/outside"]}, "/srv/game"),
    ],
)
def test_the_server_is_what_the_image_starts(
    config: dict[str, Any], path: str, server: bytes, other: bytes, closed: bytes, tmp_path: Path
) -> None:
    files: Entries = {
        "sbin/tini": closed[:30000],
        "bin/sh": closed,
        "start.sh": b'#!/bin/sh\nset -e\nexec /srv/game "$@"\n',
        "run/current": Link("../srv/./game"),
        "outside": Link("../../../srv/game"),
        "nakama/nakama": other,
        "srv/game": server,
    }
    found = image(oci([layer(files)], **config).write(tmp_path))
    assert (found.server, found.found_by) == (path, "its entrypoint")


def test_known_paths_and_the_only_server(server: bytes, other: bytes, closed: bytes, tmp_path: Path) -> None:
    files: Entries = {"bin/a": closed, "x/other": other, "nakama/nakama": server}
    found = image(oci([layer(files)], Entrypoint=["/bin/a"]).write(tmp_path / "a"))
    assert (found.server, found.found_by) == ("/nakama/nakama", "its known path")
    files = {"bin/a": closed, "x/server": server, "x/same": Link("x/server", hard=True), "x/link": Link("server")}
    found = image(oci([layer(files)]).write(tmp_path / "b"))
    assert (found.server, found.found_by) == ("/x/same", "being the only Go program in it that opens plugins")


def test_several_servers(server: bytes, other: bytes, tmp_path: Path) -> None:
    layers = [layer({"x/game": server}), layer({"y/other": other})]
    message = refusal(oci(layers).write(tmp_path / "a"))
    assert "contains 2 programs that open plugins, and starts none of them: /x/game, /y/other; copy" in message
    labels = {"org.opencontainers.image.source": "https://example.com/acme/game.git"}
    found = image(oci(layers, Labels=labels).write(tmp_path / "b"))
    assert (found.server, found.passed_over) == ("/x/game", ("/y/other",))


def test_no_server(closed: bytes, tmp_path: Path) -> None:
    assert "contains no Go program that opens plugins" in refusal(
        oci([layer({"a": b"#!/bin/sh\n"})]).write(tmp_path / "a")
    )
    found = read(oci([layer({"a": closed})], Entrypoint=["/a"]).write(tmp_path / "b"))
    assert "never calls plugin.Open" in found.uncertainty


def test_upper_layers_replace_lower_ones(server: bytes, other: bytes, tmp_path: Path) -> None:
    below = layer({"srv/": None, "srv/game": server, "old/": None, "old/game": server, "hid/game": server})
    above = layer({"srv/game": other, ".wh.old": b"", "hid/.wh..wh..opq": b"", "hid/.wh..wh.plnk": b""})
    found = read(oci([below, above], Entrypoint=["/old/game", "/hid/game", "/srv/game"]).write(tmp_path / "a"))
    assert found.image
    assert found.image.server == "/srv/game"
    assert found.modules["go.uber.org/multierr"].replacement
    files = {"srv/.wh.game": b"", "srv/game": server}  # both in one layer: a whiteout is about the layers below
    assert image(oci([below, layer(files)], Entrypoint=["/srv/game"]).write(tmp_path / "b")).server == "/srv/game"
    gone = layer({"srv/.wh.game": b"", "old/.wh.game": b"", ".wh.hid": b""})
    assert "no Go program" in refusal(oci([below, gone], Entrypoint=["/srv/game"]).write(tmp_path / "c"))


def test_links_stay_inside_the_image(server: bytes, other: bytes, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(other)
    files: Entries = {
        "a": Link(str(outside)),
        "b": Link("../../../../../../../.." + str(outside)),
        "c": Link("d"),
        "d": Link("c"),
        "../e": server,
        "f": Link(str(outside), hard=True),
        "usr/bin/": None,
        "bin": Link("usr/bin"),
    }
    upper = layer({"bin/game": server})
    words = ["/a", "/b", "/c", "/e", "/f", "/bin/game"]
    found = image(oci([layer(files), upper], Entrypoint=words).write(tmp_path / "layout"))
    assert found.server == "/usr/bin/game"
    layout = oci([layer({"game": server})], Entrypoint=["/game"])
    reference = layout.write(tmp_path / "linked")
    blob = next((tmp_path / "linked" / "blobs" / "sha256").iterdir())
    blob.rename(tmp_path / "moved")
    blob.symlink_to(tmp_path / "moved")
    assert "leads out of the folder" in refusal(reference)


def test_hard_links_to_lower_layers(server: bytes, tmp_path: Path) -> None:
    layers = [layer({"a/game": server}), layer({"b/game": Link("a/game", hard=True), "a/.wh.game": b""})]
    message = refusal(oci(layers, Entrypoint=["/b/game"]).write(tmp_path / "a"))
    assert "no Go program" in message, "the whiteout takes the file away before it is linked"
    layers = [layer({"a/game": server, "b/game": Link("/a/game", hard=True)}), layer({"a/.wh.game": b""})]
    assert image(oci(layers, Entrypoint=["/b/game"]).write(tmp_path / "b")).server == "/b/game"


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names(form: int, server: bytes, tmp_path: Path) -> None:
    folder = "/".join(["a" * 50] * 6)
    files: Entries = {f"{folder}/game": server, "link": Link(f"{folder}/game")}
    assert image(oci([layer(files, form)], Entrypoint=["/link"]).write(tmp_path)).server == f"/{folder}/game"


def test_platforms(server: bytes, other: bytes, tmp_path: Path) -> None:
    def for_platform(name: str, *, states_platform: bool = True) -> dict[str, Any]:
        content = server if name == LOCAL else other
        return layout.image([layer({"game": content})], name, states_platform=states_platform, Entrypoint=["/game"])

    layout = Layout()
    attestation = layout.image([layer({})], "unknown/unknown")
    attestation["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    layout.tag(layout.index(attestation, for_platform(OTHER), for_platform(LOCAL)), "1.0")
    reference = layout.write(tmp_path / "a")
    found = image(reference)
    assert (found.platform, found.others, found.name) == (LOCAL, (OTHER,), "1.0")
    assert image(f"{reference}:1.0", "s390x").platform == OTHER, "what the plugin is built for"
    assert image(reference, "riscv64").platform == LOCAL
    digest = layout.image([layer({"game": other})], OTHER, Entrypoint=["/game"])["digest"]
    assert image(f"{reference}@{digest}").platform == OTHER

    layout = Layout()
    layout.tag(for_platform(OTHER, states_platform=False), "1.0")
    assert image(layout.write(tmp_path / "b"), ARCHITECTURE).platform == OTHER, "the only one"
    layout = Layout()
    layout.tag(layout.index(for_platform(OTHER), for_platform("windows/amd64")))
    assert f"it is for {OTHER}, windows/amd64, and it is not known which" in refusal(layout.write(tmp_path / "c"))


def test_the_plugin_s_build_files_choose_the_platform(
    server: bytes, other: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout()
    images = ((content, f"linux/{name}") for content, name in ((server, "amd64"), (other, "arm64")))
    layout.tag(layout.index(*(layout.image([layer({"g": each})], name, Cmd=["/g"]) for each, name in images)))
    reference = layout.archive(tmp_path / "image.tar")
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "go.mod").write_text("module example.com/plugin\n\ngo 1.23\n")
    for name, rest in (("amd64", "arm64"), ("arm64", "amd64")):
        build = f"FROM --platform=linux/{name} golang:1.23\nRUN go build -buildmode=plugin -trimpath .\n"
        (plugin / "Dockerfile").write_text(build)
        assert main(["host", "show", str(plugin), "--host", reference]) == 0
        assert f"linux/{name} (also there: linux/{rest})" in capsys.readouterr().out


def test_tags(server: bytes, other: bytes, tmp_path: Path) -> None:
    layout = Layout()
    layout.tag(layout.image([layer({"game": server})], Entrypoint=["/game"]), "1.0")
    layout.tag(layout.image([layer({"game": other})], Entrypoint=["/game"]), "2.0")
    reference = layout.write(tmp_path / "layout")
    assert f"several images: 1.0, 2.0; add the tag, as in {reference}:1.0" in refusal(reference)
    assert image(f"{reference}:2.0").name == "2.0"
    assert image(f"{reference}:@1").name == "2.0"
    assert "no image 3.0, only 1.0, 2.0" in refusal(f"{reference}:3.0")
    assert "no image @2: it has 2" in refusal(f"{reference}:@2")
    facts = {"os": "linux", "architecture": ARCHITECTURE, "config": {"Entrypoint": ["/game"]}}
    images = {
        "docker.io/acme/game:1": ([layer({"game": server})], facts),
        "acme/game:2": ([layer({"game": server}), layer({"x": b""})], {**facts, "created": "x"}),
    }
    saved = docker_archive(tmp_path / "docker.tar", images)
    assert "several images: acme/game:2, docker.io/acme/game:1; add the name" in refusal(saved)
    assert image(f"{saved}:acme/game:1").name == "docker.io/acme/game:1"
    assert image(f"{saved}:@1").name == "acme/game:2"
    assert image(f"{saved}@{image(f'{saved}:@1').digest}").name == "acme/game:2"
    assert "no image acme/game:3" in refusal(f"{saved}:acme/game:3")


def _zstd(text: bytes) -> bytes:
    from backports import zstd

    return bytes(zstd.compress(text))


def test_zstd_layers(server: bytes, tmp_path: Path) -> None:
    reference = oci([layer({"game": server})], _zstd, Entrypoint=["/game"]).write(tmp_path)
    assert image(reference).server == "/game"


def test_without_zstd(server: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = oci([layer({"game": server})], _zstd, Entrypoint=["/game"]).write(tmp_path)
    monkeypatch.setattr(image_streams, "_ZSTD_MODULES", ("layerg_pin_has_no_such_module",))
    assert "compressed with zstd, which this Python cannot read: install" in refusal(reference)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _flip])
@pytest.mark.parametrize("pack", [bytes, packed, _zstd])
def test_damaged_layers(
    damage: Callable[[Path], None], pack: Callable[[bytes], bytes], server: bytes, tmp_path: Path
) -> None:
    reference = oci([layer({"game": server})], pack, Entrypoint=["/game"]).write(tmp_path)
    damage(max((tmp_path / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size))
    assert any(word in refusal(reference) for word in ("damaged", "truncated", "no Go program")), refusal(reference)


def test_limits(server: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = packed(layer({"zeros": bytes(64 << 20), "game": server}))
    layout = Layout()
    reference = layout.tag(layout.image([zeros], Entrypoint=["/game"])).write(tmp_path)
    for name, value, words in (("MAX_BYTES", 32 << 20, "larger than"), ("MAX_SECONDS", 0.0, "longer than 0 seconds")):
        with monkeypatch.context() as patch:
            patch.setattr(image_streams, name, value)
            assert words in refusal(reference)
    assert not list((tmp_path / "cache" / "layerg-pin" / "images").iterdir()), "nothing is left behind"
    assert image(reference).server == "/game"


def test_commands_take_images(
    server: bytes,
    built_binaries: BuiltBinaries,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    reference = oci([layer({"game": server})], Entrypoint=["/game"], platform=LOCAL).archive(tmp_path / "i.tar")
    plugin = built_binaries.plugin("plain")
    for host in (reference, "oci-archive:i.tar", "i.tar"):
        assert main(["predict", "--host", host, str(plugin)]) == 0
        assert main(["inspect", host]) == 0
        assert f"{host}: a host that opens plugins, for {LOCAL}" in capsys.readouterr().out
    assert main(["predict", "--host", "i.tar", str(built_binaries.plugin("uuid"))]) == 1
    assert main(["predict", "--host", "oci-archive:none.tar", str(plugin)]) == 2
    assert "nothing at" in capsys.readouterr().err
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "go.mod").write_text(built_binaries.folder("uuid").joinpath("go.mod").read_text())
    assert main(["init", "plugin", "--host", "oci-archive:i.tar"]) == 0
    assert 'host = "oci-archive:../i.tar"' in (folder / "layerg-pin.toml").read_text()
    main(["check", "plugin", "--format", "json"])
    out = capsys.readouterr().out
    report = json.loads(out[out.index("{") :])
    assert report["plugins"][0]["host"]["kind"] == "image"


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_are_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever a file contains, it is an image or a message, and nothing outside the cache is written."""
    files: Entries = {"a/b": Link("../x"), "a/.wh.c": b"", "bin/x": b"\x7fELF" + bytes(600 << 10), "s": b"#!/bin/x\n"}
    form: int = data.draw(st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
    packs: list[Callable[[bytes], bytes]] = [bytes, packed, _zstd]
    pack = data.draw(st.sampled_from(packs))
    layers = [layer(files, form), layer({"a": None})]
    layout = oci(layers, pack, Entrypoint=["/s"], Env=["PATH=/bin"])
    path = tmp_path / "image.tar"
    layout.archive(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from(_interesting(content)))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 3]))])
    assert isinstance(Hosts().read(str(path), str(path)), HostUnreadable)
    assert {each.name for each in tmp_path.iterdir()} <= {"image.tar", "cache"}


def _interesting(content: bytearray) -> list[int]:
    """The places of what is not zero, where a change matters."""
    return [at for at in range(min(len(content), 60_000)) if content[at]]


@pytest.mark.parametrize("size", ["77777777777", "-7777777777", "00000010000"])
def test_hostile_headers(size: str, tmp_path: Path) -> None:
    """A header with a false size is refused; its content is not read into memory, and reading never moves back."""
    for kind in (b"L", b"x", b"0", b"S"):
        block = bytearray(layer({"a": b""})[:512])
        block[124:136], block[156:157] = size.encode() + b"\0", kind
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        (tmp_path / "a.tar").write_bytes(bytes(block) * 100)
        assert "cannot be used" in refusal(str(tmp_path / "a.tar"))


@pytest.mark.parametrize(
    ("limit", "most", "tail", "words"),
    [
        ("MAX_ENTRIES", 2_000, "d/" * 400, "more than 2,000 files and folders"),
        ("MAX_PATHS", 1 << 20, "d" * 4_000, "more than 1 million characters"),
    ],
)
def test_long_paths(
    limit: str, most: int, tail: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path of 4 KiB can name 2,000 folders that no entry lists."""
    few, many = ({f"{number}/{tail}f": b"" for number in range(count)} for count in (4, 300))
    (tmp_path / "a.tar").write_bytes(layer(many))
    (tmp_path / "b.tar").write_bytes(layer(few))
    monkeypatch.setattr(image_streams, limit, most)
    assert words in refusal(str(tmp_path / "a.tar"))
    assert "no Go program" in refusal(str(tmp_path / "b.tar"))


@pytest.mark.parametrize("size", ["1234567890123456x", "-1", "9" * 5000, "1e3", "\u0661"])
def test_a_pax_record_with_an_invalid_size(size: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("a")
        member.pax_headers = {"size": size}
        tar.addfile(member)
    assert "an entry has no valid size" in refusal(str(path))


def test_a_kept_server_stays_the_same_host(server: bytes, tmp_path: Path) -> None:
    """Reading it marks it as used, which must not look like a change of the host."""
    record = image_cache.registry_record("example.com/game:1")
    source = tmp_path / "game"
    source.write_bytes(server)

    def extract(target: str) -> image_cache.ExtractedServer:
        shutil.copyfile(source, target)
        digest = hashlib.blake2b(server, digest_size=20).hexdigest()
        kept = HostImage(
            platform="linux/amd64", others=(), name="game:1", digest="", server="/game", found_by="its entrypoint"
        )
        return image_cache.ExtractedServer(digest, kept, ())

    image_cache.keep_server(record, extract)
    before = os.stat(record).st_mtime_ns
    assert image_cache.load_server(record)
    assert os.stat(record).st_mtime_ns == before
    os.utime(record, (0, 0))
    assert image_cache.load_server(record)
    assert os.stat(record).st_mtime_ns > 10**18, "a server that is used stays in the cache"
