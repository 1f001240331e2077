"""Damaged, truncated, huge or forged files give a result or one clear error, in bounded time and memory."""

from __future__ import annotations

import os
import random
import struct
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layerg_pin.binary.bounded_reader import BinaryError, open_reader
from layerg_pin.binary.go_binary import Binary, Role, read_binary
from layerg_pin.binary.predict import predict
from tests.binary.elf_files import BASE, elf_file, hash_table, symbols
from tests.built_binaries import BuiltBinaries
from tests.platform_marks import uses_pipe

STRTAB, SYMTAB, RELA, RELASZ, HASH, STRSZ, GNU_HASH = 5, 6, 7, 8, 4, 10, 0x6FFFFEF5
MOST_SECONDS = 5.0
MOST_BYTES = 160 << 20
MACOS = {"GOOS": "darwin", "GOARCH": "arm64", "CGO_ENABLED": "0"}


def assert_result_or_binary_error(path: Path) -> Binary | BinaryError:
    """A result, or the expected error with a readable message."""
    began = time.process_time()
    try:
        found: Binary | BinaryError = read_binary(str(path))
    except BinaryError as error:
        found = error
        text = str(error)
        assert str(path) in text, text
        assert not text.endswith("."), text
        assert ": " in text, f"{text} says neither why nor what to do"
    assert time.process_time() - began < MOST_SECONDS
    return found


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def damaged(content: bytes, places: list[int], rng: random.Random, file: Path, count: int) -> Iterator[bytes]:
    """A file with a few bytes changed, one change after another; each is undone."""
    with file.open("r+b", buffering=0) as stream:
        for _ in range(count):
            at = min(rng.choice(places) + rng.randrange(64), len(content) - 8)
            width = rng.choice((1, 2, 4, 8))
            value = rng.choice((bytes(width), b"\xff" * width, rng.randbytes(width), b"\x7f" * width))
            os.pwrite(stream.fileno(), value, at)
            yield value
            os.pwrite(stream.fileno(), content[at : at + width], at)


def tiny_plugin(built_binaries: BuiltBinaries) -> Path:
    """A plugin that links little more than the runtime, so that it is read fast."""
    return built_binaries.program("tiny", "-buildmode=plugin", "-ldflags=-s -w")


def tables(content: bytes) -> list[int]:
    """The offsets of an ELF file's headers, dynamic section and tables, where damage matters."""
    count = int.from_bytes(content[56:58], "little")
    places = [0, *range(64, 64 + 56 * count, 28)]
    for at in range(64, 64 + 56 * count, 56):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", content, at)
        if kind == 2:
            places += range(offset, offset + size, 16)
            for tag, value in struct.iter_unpack("<qQ", content[offset : offset + size]):
                if tag in (STRTAB, SYMTAB, RELA, GNU_HASH):  # in a library, addresses are offsets in the first segment
                    places += [value, value, value + 16]
    places.append(content.index(b"\xff Go buildinf:"))
    return places


@pytest.mark.parametrize("seed", range(4))
def test_damage_to_an_elf_file(built_binaries: BuiltBinaries, tmp_path: Path, seed: int) -> None:
    file = tmp_path / "damaged.so"
    content = tiny_plugin(built_binaries).read_bytes()
    file.write_bytes(content)
    host = read_binary(str(built_binaries.host("plain")))
    failed = 0
    for _ in damaged(content, tables(content), random.Random(seed), file, 400):
        found = assert_result_or_binary_error(file)
        failed += isinstance(found, BinaryError)
        if isinstance(found, Binary):
            predict(host, found)
    assert file.read_bytes() == content
    assert failed > 15, "the damage was none"


@pytest.mark.parametrize("seed", range(2))
def test_damage_to_a_macho_file(built_binaries: BuiltBinaries, tmp_path: Path, seed: int) -> None:
    file = tmp_path / "damaged"
    content = built_binaries.program("macos", **MACOS).read_bytes()
    file.write_bytes(content)
    host = read_binary(str(built_binaries.host("plain")))
    failed = 0
    places = [*range(0, 2048, 8), content.index(b"\xff Go buildinf:")]
    for _ in damaged(content, places, random.Random(seed), file, 1500):
        found = assert_result_or_binary_error(file)
        failed += isinstance(found, BinaryError)
        if isinstance(found, Binary):
            predict(host, found)
    assert failed > 15, "the damage was none"


@pytest.mark.parametrize("kind", ["elf", "macho"])
def test_cut_off_anywhere(built_binaries: BuiltBinaries, tmp_path: Path, kind: str) -> None:
    source = tiny_plugin(built_binaries) if kind == "elf" else built_binaries.program("macos", **MACOS)
    file = tmp_path / "cut"
    file.write_bytes(source.read_bytes())
    size, rng = file.stat().st_size, random.Random(1)
    lengths = sorted({*range(0, 600, 7), *(rng.randrange(size) for _ in range(300))}, reverse=True)
    for length in lengths:
        os.truncate(file, length)
        found = assert_result_or_binary_error(file)
        if kind == "elf":
            assert isinstance(found, BinaryError) or length > size * 0.9


def test_a_whole_file_written_by_hand_is_read(tmp_path: Path) -> None:
    """Ensure that the forged fields below would be read."""
    assert_read(tmp_path, plugin_file())


def plugin_file(names: bytes | None = None, **changes: int) -> bytes:
    """A plugin with the package `fmt`, whose hash is at the very start of the file."""
    prefix = b"\0go:link.pkghashbytes.fmt\0go:link.pkghash.fmt\0" if names is None else names
    content = {
        STRTAB: prefix,
        SYMTAB: symbols((1, BASE, 8), (26, BASE + 8, 16)),
        RELA: struct.pack("<QIIq", BASE + 16, 1, 2, 0),
        HASH: hash_table(3),
    }
    sizes = {STRSZ: len(prefix), RELASZ: 24}
    return elf_file(content, {**sizes, **{int(tag[1:]): value for tag, value in changes.items() if tag[0] == "t"}})


def assert_read(folder: Path, content: bytes) -> None:
    (folder / "small.so").write_bytes(content)
    found = read_binary(str(folder / "small.so"))
    assert (found.role, found.order) == (Role.PLUGIN, ("fmt",))
    assert found.hashes == {"fmt": content[:8].hex()}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("too many symbols", plugin_file().replace(hash_table(3), hash_table(0xFFFFFFFF)), "claims 4294967295 symbols"),
        ("symbols outside", plugin_file().replace(hash_table(3), hash_table(3_000_000)), "lie in no segment"),
        ("names outside", plugin_file(t10=1 << 40), "lie in no segment"),
        ("relocations outside", plugin_file(t8=24 << 10), "lie in no segment"),
        ("too many relocations", plugin_file(t8=1 << 60), "relocations, more than any Go binary has"),
        ("a table before the file", plugin_file(t5=0), "lie in no segment"),
        ("a table at the end of memory", plugin_file(t5=(1 << 64) - 8), "lie in no segment"),
        ("endless name", plugin_file(b"\0go:link.pkghashbytes." + b"a" * 5000 + b"\0"), "endless"),
        ("a segment that is not there", elf_file(segment_size=1 << 50), "is truncated"),
        ("hundreds of segments", elf_file(segments=300), "claims 301 segments"),
        ("32 bits", elf_file(width=1), "32-bit"),
        ("big-endian", elf_file(order=2), "big-endian"),
        ("an object file", elf_file(kind=1), "neither a program nor a library"),
    ],
)
def test_forged_fields(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    file = tmp_path / f"{name}.so"
    file.write_bytes(content)
    with little_memory():
        found = assert_result_or_binary_error(file)
    assert isinstance(found, BinaryError)
    assert says in str(found)


def test_an_endless_hash_chain(tmp_path: Path) -> None:
    file = tmp_path / "chain.so"
    table = struct.pack("<IIIIQI", 1, 1, 1, 0, 0, 1) + bytes(4 << 18)
    file.write_bytes(elf_file({STRTAB: b"\0go:link.pkghash.a\0", SYMTAB: symbols(), GNU_HASH: table}, {STRSZ: 19}))
    found = assert_result_or_binary_error(file)
    assert isinstance(found, BinaryError)
    assert "has no end" in str(found)


@pytest.mark.parametrize("ended", [b"", b"\0"])
def test_millions_of_packages(tmp_path: Path, ended: bytes) -> None:
    file = tmp_path / "names.so"
    names = b"\0" + (b"go:link.pkghashbytes." + ended) * (2 << 20)
    file.write_bytes(elf_file({STRTAB: names, SYMTAB: symbols(), HASH: hash_table(1)}, {STRSZ: len(names)}))
    with little_memory():
        found = assert_result_or_binary_error(file)
    assert isinstance(found, BinaryError)
    assert "has no end" in str(found)


def test_a_huge_file(tmp_path: Path) -> None:
    """A sparse file of 64 GiB in which every table claims the largest allowed size."""
    file = tmp_path / "huge.so"
    size = 64 << 30
    file.write_bytes(
        elf_file({STRTAB: b"\0"}, {STRSZ: 48 << 20, SYMTAB: BASE, RELA: BASE, RELASZ: 90 << 20}, segment_size=size)
    )
    os.truncate(file, size)
    with little_memory():
        found = assert_result_or_binary_error(file)
    assert isinstance(found, Binary)
    assert found.info is None
    file.write_bytes(elf_file(segment_size=size, segments=200))
    os.truncate(file, size)
    with little_memory():
        assert_result_or_binary_error(file)


@pytest.mark.parametrize(
    "kind", [pytest.param("pipe", marks=uses_pipe), "device", "folder", "missing", "NUL", "unreadable"]
)
def test_irregular_files(tmp_path: Path, kind: str) -> None:
    """None of them blocks the reader or fails otherwise."""
    path = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "NUL":
        path = Path(f"{path}\0")
    elif kind == "unreadable":
        path.symlink_to(path)
    assert isinstance(assert_result_or_binary_error(path), BinaryError)


def test_a_file_that_shrinks_while_it_is_read(
    built_binaries: BuiltBinaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a build overwrites gives an error; a mapped file would end the process with SIGBUS."""
    file = tmp_path / "shrinking.so"
    file.write_bytes(built_binaries.plugin("stripped").read_bytes())
    real = os.fstat

    def then_cut(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        os.truncate(file, 5000)
        return found

    monkeypatch.setattr(os, "fstat", then_cut)
    found = assert_result_or_binary_error(file)
    assert isinstance(found, BinaryError)
    assert "changed while it was read" in str(found)


def test_memory_stays_far_below_the_size_of_the_file(built_binaries: BuiltBinaries) -> None:
    host = built_binaries.host("plain")
    tracemalloc.start()
    read_binary(str(host))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < host.stat().st_size / 2


def test_a_build_can_replace_a_file_while_it_is_read(tmp_path: Path) -> None:
    path, new = tmp_path / "server", tmp_path / "new"
    path.write_bytes(b"old")
    new.write_bytes(b"new")
    with open_reader(str(path)) as reader:
        path.rename(tmp_path / "before")
        new.rename(path)
        assert reader.at(0, 3, "text") == b"old"
    assert path.read_bytes() == b"new"
