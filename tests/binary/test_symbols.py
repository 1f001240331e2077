"""Conclusions from the symbols of two files that no build on this machine covers."""

from __future__ import annotations

import struct
import time
from contextlib import suppress
from pathlib import Path

import pytest

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.symbols import Import, Linkage, find_unresolved_symbols, read_linkage
from tests.binary.elf_files import elf_file, hash_table

LIBC = "libc.so.6"


def linkage(*imports: Import, needs: tuple[str, ...] = (LIBC,), versions: tuple[tuple[str, str], ...] = ()) -> Linkage:
    return Linkage(needs, imports, frozenset(versions))


def glibc(name: str, version: str, library: str = LIBC) -> Import:
    return Import(name, f"GLIBC_{version}", library)


HOST = linkage(glibc("malloc", "2.2.5"), Import("helper", "", ""), versions=((LIBC, "GLIBC_2.32"),))


@pytest.mark.parametrize(
    ("versions", "uncertainty"),
    [
        (((LIBC, "GLIBC_2.32"),), ""),
        (((LIBC, "GLIBC_2.9"),), ""),
        ((("libm.so.6", "GLIBC_2.29"),), ""),
        (((LIBC, "GLIBC_2.38"), (LIBC, "GLIBC_2.34")), "with GLIBC_2.34, GLIBC_2.38, and the host needs GLIBC_2.32"),
        ((("libm.so.6", "GLIBC_2.35"),), "GLIBC_2.35"),
        (((LIBC, "GLIBC_ABI_DT_RELR"),), "GLIBC_ABI_DT_RELR"),
        (((LIBC, "GLIBC_PRIVATE"),), "GLIBC_PRIVATE"),
    ],
)  # fmt: skip
def test_versions_of_glibc(versions: tuple[tuple[str, str], ...], uncertainty: str) -> None:
    needs = tuple(dict.fromkeys(library for library, _ in versions))
    found = find_unresolved_symbols(HOST, linkage(needs=needs, versions=versions))
    assert found.missing == ()
    assert (uncertainty in found.uncertainties[0]) if uncertainty else not found.uncertainties


def test_the_oldest_glibc_is_enough_for_what_it_has() -> None:
    old = linkage(versions=((LIBC, "GLIBC_2.3.4"),))
    assert not find_unresolved_symbols(old, linkage(versions=((LIBC, "GLIBC_2.14"),))).uncertainties
    assert find_unresolved_symbols(old, linkage(versions=((LIBC, "GLIBC_2.18"),))).uncertainties


def test_what_the_host_has_is_there() -> None:
    names = [Import("malloc", "", ""), Import("helper", "", "")]
    assert find_unresolved_symbols(HOST, linkage(*names)) == ((), ())
    assert find_unresolved_symbols(HOST._replace(exports=frozenset({"own"})), linkage(Import("own", "", ""))) == (
        (),
        (),
    )


def test_a_library_of_both_can_define_what_the_host_does_not_import() -> None:
    both = (LIBC, "libz.so.1")
    found = find_unresolved_symbols(HOST._replace(libraries=both), linkage(Import("deflate", "", ""), needs=both))
    assert (found.missing, found.uncertainties) == ((), ("the host does not define deflate, so libz.so.1 must",))


def test_musl_gives_its_symbols_no_versions() -> None:
    musl = ("libc.musl-x86_64.so.1",)
    host = linkage(Import("malloc", "", ""), needs=musl)
    assert find_unresolved_symbols(host, linkage(Import("malloc", "", ""), needs=musl)) == ((), ())
    found = find_unresolved_symbols(host, linkage(Import("qsort", "", ""), needs=musl))
    assert (found.missing, len(found.uncertainties)) == ((), 1)


def test_tables_of_versions_that_lead_in_circles_or_nowhere_are_bounded(tmp_path: Path) -> None:
    names = b"\0gone\0libc.so.6\0GLIBC_2.34\0"
    symbol = bytes(24) + struct.pack("<IBBHQQ", 1, 16, 0, 0, 0, 0)
    circle = struct.pack("<HHIIIIHHII", 1, 0xFFFF, 6, 16, 0, 0, 0, 2, 16, 0xFFFFFFF0)
    for following in (0, 1, 16, 0xFFFFFFFF):
        need = struct.pack("<HHIII", 1, 0xFFFF, 6, 16, following) + circle[16:]
        tables = {5: names, 6: symbol, 4: hash_table(2), 0x6FFFFFFE: need, 0x6FFFFFF0: b"\0\0\2\0"}
        for count in (1, 0xFFFFFFFFFFFFFFFF):
            (tmp_path / "odd.so").write_bytes(elf_file(tables, {10: len(names), 0x6FFFFFFF: count}))
            began = time.process_time()
            with suppress(BinaryError):
                found = read_linkage(str(tmp_path / "odd.so"))
                assert [each.name for each in found.imports] == ["gone"]
            assert time.process_time() - began < 1


def test_a_file_that_is_not_elf_has_no_symbols(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no binary")
    assert read_linkage(str(tmp_path / "text")) == Linkage()
