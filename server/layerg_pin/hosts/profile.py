"""Read and write host profiles (layerg-host.json), a host manifest as a file that a team can commit.

    {"version": 1,
     "origin": {"reference", "kind"},            the reference and kind of the host that was exported
     "module": PATH or null, "go": VERSION or null,
     "build": BUILD or null,
     "builder": BUILD or null or absent,         how the host's own plugin builder image is built
     "main": PATH or absent,                     the main package, such as `.` or `./cmd/server`
     "host_version": VERSION or null or absent,  the version of the host itself
     "linked": BOOL,                             whether the packages are exactly those that the host links
     "modules": [{"path", "version" or null, "replace": {"path", "version" or null} or absent,
                  "packages": [PATH] or null}]}

BUILD is {"release", "minor", "goos", "goarch", "cgo", "trimpath", "race", "tags", "experiment", "gcflags", "libc",
"libc_version", "fips", "sanitizer"}. Unknown values are null or an empty string.
Each module is written on its own line, so that findings can point to it. The version of the host's own module is null,
and unknown packages are null. A file of another form is refused with the cause and its place.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostModule
from layerg_pin.core.model.modules import Origin, Replacement, Source
from layerg_pin.core.text import LineIndex, json_escaped
from layerg_pin.system.text_files import FileError

VERSION = 1
MAX_PROFILE = 1024 * 1024
"""In bytes. The largest known host needs 200 KiB, and JSON takes up to 40 times its size in memory."""
_PATH = re.compile(r'"path": ("(?:[^"\\]|\\.)*")')


class ProfileError(FileError):
    """A profile cannot be read. The message gives the cause and its place, without a final dot."""


def write_profile(host: HostManifest) -> str:
    """The text of a host's profile. Folders that replace modules are written as absolute paths."""
    head = {
        "version": VERSION,
        "origin": {"reference": host.reference, "kind": host.kind},
        "module": host.module,
        "go": host.go,
        "host_version": host.version,
        "main": host.main,
        "build": _build_json(host.build),
        "builder": _build_json(host.builder),
        "linked": host.linked,
    }
    packages: dict[str, list[str]] = {}
    for package, provider in (host.packages or {}).items():
        packages.setdefault(provider, []).append(package)
    rows = []
    for path in sorted(host.modules):
        module = host.modules[path]
        row: dict[str, Any] = {"path": path, "version": module.version}
        if module.replacement:
            row["replace"] = {"path": module.replacement.path, "version": module.replacement.version}
        row["packages"] = None if host.packages is None else sorted(packages.get(path, ()))
        rows.append(json.dumps(row, ensure_ascii=False))
    text = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
    return json_escaped(f'{text},\n  "modules": [\n    ' + ",\n    ".join(rows) + "\n  ]\n}\n")


def read_profile(reference: str, path: str, text: str) -> HostManifest:
    """The manifest in the profile at an absolute path. Raises ProfileError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ProfileError(f"{path}: invalid JSON: {error}") from None
    except RecursionError:
        raise ProfileError(f"{path}: not a host profile: it is nested too deeply") from None
    document = _mapping(document, path, "the whole")
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ProfileError(
            f"{path}: version is {json.dumps(version)[:80]}, this layerg-pin reads {VERSION}: "
            "export it again with `layerg-pin host export`, or use a newer layerg-pin"
        )
    index = LineIndex(text)
    lines = {json.loads(match[1]): index.line_of(match.start()) for match in _PATH.finditer(text)}
    label = os.path.basename(path)
    modules: dict[str, HostModule] = {}
    packages: dict[str, str] = {}
    is_known = True
    for number, each in enumerate(_list(document.get("modules"), path, "modules")):
        where = f"modules[{number}]"
        entry = _mapping(each, path, where)
        name = _text(entry.get("path"), path, f"{where}.path")
        replacement = _replacement(entry.get("replace"), path, f"{where}.replace")
        left = _optional(entry.get("version"), path, f"{where}.version")
        modules[name] = HostModule(name, left, Origin(path, lines.get(name, 0), label), replacement)
        if entry.get("packages") is None:
            is_known = False
        else:
            listed = _list(entry["packages"], path, f"{where}.packages")
            packages |= {_text(package, path, f"{where}.packages"): name for package in listed}
    if not modules:
        raise ProfileError(f"{path}: modules is empty: export it again with `layerg-pin host export`")
    return HostManifest(
        reference=reference,
        path=path,
        kind="profile",
        module=_optional(document.get("module"), path, "module"),
        go=_optional(document.get("go"), path, "go"),
        modules=modules,
        packages=packages if is_known else None,
        linked=is_known and _flag(document.get("linked"), path, "linked"),
        asked=True,
        source=Source(path, index),
        build=_build(document.get("build"), path, "build"),
        builder=_build(document.get("builder"), path, "builder"),
        main=_text(document.get("main", ""), path, "main"),
        version=_optional(document.get("host_version"), path, "host_version"),
    )


def _build_json(build: HostBuild | None) -> dict[str, Any] | None:
    return (
        None
        if build is None
        else {
            "release": build.release,
            "minor": build.minor,
            "goos": build.goos,
            "goarch": build.goarch,
            "cgo": build.cgo,
            "trimpath": build.trimpath,
            "race": build.race,
            "tags": None if build.tags is None else list(build.tags),
            "experiment": build.experiment,
            "gcflags": build.gcflags,
            "libc": build.libc,
            "libc_version": build.libc_version,
            "fips": build.fips,
            "sanitizer": build.sanitizer,
        }
    )


def _build(value: object, path: str, where: str) -> HostBuild | None:
    if value is None:
        return None
    entry = _mapping(value, path, where)

    def text(name: str) -> str:
        return _text(entry.get(name, ""), path, f"{where}.{name}")

    def optional(name: str) -> str | None:
        return _optional(entry.get(name), path, f"{where}.{name}")

    def flag(name: str) -> bool | None:
        return None if entry.get(name) is None else _flag(entry[name], path, f"{where}.{name}")

    tags = None if entry.get("tags") is None else _list(entry["tags"], path, f"{where}.tags")
    return HostBuild(
        release=text("release"),
        goos=text("goos"),
        goarch=text("goarch"),
        cgo=flag("cgo"),
        trimpath=flag("trimpath"),
        race=flag("race"),
        tags=None if tags is None else tuple(_text(each, path, f"{where}.tags") for each in tags),
        experiment=optional("experiment"),
        gcflags=optional("gcflags"),
        minor=text("minor"),
        libc=text("libc"),
        libc_version=text("libc_version"),
        fips=optional("fips"),
        sanitizer=optional("sanitizer"),
    )


def _replacement(value: object, path: str, where: str) -> Replacement | None:
    if value is None:
        return None
    entry = _mapping(value, path, where)
    version = _optional(entry.get("version"), path, f"{where}.version")
    return Replacement(_text(entry.get("path"), path, f"{where}.path"), version)


def _mapping(value: object, path: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, where, "an object")
    return value


def _list(value: object, path: str, where: str) -> Iterator[Any]:
    if not isinstance(value, list):
        raise _wrong(path, where, "a list")
    return iter(value)


def _text(value: object, path: str, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, where, "a string")
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise _wrong(path, where, "text without unpaired surrogates") from None
    return value


def _optional(value: object, path: str, where: str) -> str | None:
    return None if value is None else _text(value, path, where)


def _flag(value: object, path: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, where, "true or false")
    return value


def _wrong(path: str, where: str, what: str) -> ProfileError:
    return ProfileError(f"{path}: {where} must be {what}: export it again with `layerg-pin host export`")
