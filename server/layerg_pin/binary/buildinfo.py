"""Read the build info that Go's linker writes into a binary: the release, the modules and the settings.

Sources: Go's debug/buildinfo (its place and encoding since Go 1.18) and runtime/debug.ParseBuildInfo (its lines).
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError, Reader
from layerg_pin.core.gomod.versions import parse_go_release

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_HEADER = 32
_INLINE = 2
_MAX_LENGTH = 16 << 20
_MAX_SEARCHED = 256 << 20
"""The linker puts it near the start of the data."""
_MAX_VARINT = 10
_FRAME = 16
"""Bytes before and after the modules, by which Go finds them in a running program."""
DEVEL = ("", "(devel)")
"""The versions of a module that is built from a folder."""
_RECORDED_SINCE = {"-trimpath": (1, 19), "-buildmode": (1, 20)}
_ESCAPE = re.compile(r'\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\"]))')
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')


class Module(NamedTuple):
    """A module in a build, at the version left of `=>`."""

    path: str
    version: str
    """`(devel)` for a module built from a folder."""
    sum: str = ""
    replace: "Module | None" = None

    def __str__(self) -> str:
        named = f"{self.path} {self.version}" if self.version not in DEVEL else self.path
        return f"{named} => {self.replace}" if self.replace else named


class BuildInfo(NamedTuple):
    """The build info of a binary."""

    go: str
    """The toolchain's version: `go1.26.8`, or `go1.26.8-X:newinliner` with an experiment."""
    path: str = ""
    """The path of the main package; `command-line-arguments` if files were named."""
    main: Module | None = None
    deps: tuple[Module, ...] = ()
    settings: Mapping[str, str] = MappingProxyType({})

    @property
    def release(self) -> str:
        """The Go release without experiments, which are a setting."""
        return go_release(self.go)


def records(go: str, settings: Mapping[str, str], setting: str) -> bool:
    """Whether the build settings of a binary of this Go release record the given flag.

    Go 1.18 does not record -trimpath. A binary linked by a tool other than `go build`, such as Bazel, has no
    settings at all.
    Source: Go: cmd/go/internal/load/pkg.go, setBuildInfo, of 1.18.0 to 1.27.1.
    """
    if setting in settings:
        return True
    release = parse_go_release(go)
    since = _RECORDED_SINCE.get(setting)
    return "-compiler" in settings and (since is None or release is None or release.release[:2] >= since)


def go_release(version: str) -> str:
    """`go1.26.8` for a toolchain version such as `go1.26.8-X:newinliner`; development versions are unchanged."""
    return version if version.startswith("devel ") else version.partition(" ")[0].partition("-X:")[0]


def read_build_info(reader: Reader, ranges: Iterable[tuple[int, int]]) -> BuildInfo | None:
    """The build info in the first range of the file that has one, or None.

    `ranges` are offsets and sizes. Raises BinaryError if the build info cannot be read.
    """
    left = _MAX_SEARCHED
    for offset, size in ranges:
        size = max(min(size, reader.size - offset, left), 0)
        left -= size
        for at in reader.find(_MAGIC, offset, size):
            if (at - offset) % _ALIGN == 0 and at + _HEADER <= offset + size:
                return _decode(reader, at, offset + size)
    return None


def parse_build_info(path: str, go: str, text: str) -> BuildInfo:
    """Parse the build info in the format of `go version -m`, without indentation. Raises BinaryError."""
    info = BuildInfo(go)
    deps: list[Module] = []
    settings: dict[str, str] = {}
    last: str | None = None
    for number, line in enumerate(text.split("\n")[:-1], 1):
        kind, _, rest = line.partition("\t")
        fields = rest.split("\t")
        try:
            if kind == "path":
                info = info._replace(path=rest)
            elif kind in ("mod", "dep"):
                module = Module(fields[0], fields[1], fields[2] if len(fields) > 2 else "")
                if kind == "mod":
                    info = info._replace(main=module)
                else:
                    deps.append(module)
                last = kind
            elif kind == "=>":
                replacement = Module(fields[0], fields[1], fields[2])
                if last == "mod" and info.main:
                    info = info._replace(main=info.main._replace(replace=replacement))
                elif last == "dep":
                    deps[-1] = deps[-1]._replace(replace=replacement)
                else:
                    raise ValueError("a replacement of nothing")
                last = None
            elif kind == "build":
                key, value = _setting(rest)
                settings[key] = value
        except (IndexError, ValueError):
            raise BinaryError(
                f"{path} is damaged: line {number} of its build info cannot be read; build it again"
            ) from None
    return info._replace(deps=tuple(deps), settings=settings)


def _decode(reader: Reader, at: int, end: int) -> BuildInfo:
    flags = reader.at(at, _HEADER, "build info")[15]
    if not flags & _INLINE:
        raise BinaryError(
            f"{reader.path} was built by a Go before 1.18, which is not supported: build it with a newer one"
        )
    go, at = _string(reader, at + _HEADER, end)
    text, _ = _string(reader, at, end)
    framed = len(text) >= 2 * _FRAME + 1 and text[-_FRAME - 1 : -_FRAME] == b"\n"
    modules = text[_FRAME:-_FRAME] if framed else b""
    return parse_build_info(reader.path, go.decode("utf-8", "replace"), modules.decode("utf-8", "replace"))


def _string(reader: Reader, at: int, end: int) -> tuple[bytes, int]:
    """A length-prefixed string, and its end (Go: encoding/binary.Uvarint)."""
    length = 0
    for shift, byte in enumerate(reader.at(at, min(_MAX_VARINT, max(end - at, 0)), "build info")):
        length |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            at += shift + 1
            if length <= min(_MAX_LENGTH, end - at):
                return reader.at(at, length, "build info"), at + length
            break
    raise BinaryError(f"{reader.path} is damaged: its build info extends beyond its section; build it again")


def _setting(text: str) -> tuple[str, str]:
    quoted = _QUOTED.match(text)
    key = _unquoted(quoted) if quoted else text.partition("=")[0]
    rest = text[quoted.end() :] if quoted else text[len(key) :]
    if not key or not rest.startswith("="):
        raise ValueError("no key")
    value = rest[1:]
    if value[:1] in ('"', "`"):
        whole = _QUOTED.fullmatch(value)
        if whole is None:
            raise ValueError("an open quotation")
        value = _unquoted(whole)
    return key, value


def _unquoted(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    return _ESCAPE.sub(_character, match[1])


def _character(match: re.Match[str]) -> str:
    if match[5]:
        return _LETTERS.get(match[5], match[5])
    code = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
