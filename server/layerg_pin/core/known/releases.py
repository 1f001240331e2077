"""The release catalogue: the Go release, API version, modules and packages of each known host release.

The data is in the folder catalogue, one file per host. `scripts/add_release.py` adds a release from its source tree.

A file is UTF-8 text, and each line is a row of words that are separated by single spaces. Rows that begin with `#` are
comments. The first row is `format 1`. Then come, in this order:

    release NAME KEY=VALUE...           the releases, oldest first
    flags FLAVOUR RANGE WORDS           the flags of `go build`, quoted as in a shell
    module PATH                         a module that is linked or vendored; the rows below it begin with a blank
     VERSION RANGE...                   its version in these releases; `-` for the module of the host itself
     packages RANGE[,RANGE]... NAME...  the linked packages on all platforms, relative to the module; `.` is its root
     packages/ARCH RANGE... NAME...     the packages that are linked on linux/ARCH only

A NAME of the form `3.13.0=3.13.1` joins releases that are built from the same modules by the same Go.
The keys of a release are `go` (of server, debug server and plugin builder; `1.23.x` if the image's tag floats),
`builder-go` (only where it differs), `api` (the version of the module that plugins import), `line` and `toolchain` (of
its go.mod), `debian` (the distribution that the images are based on) and `platforms`.
A RANGE is `FIRST..LAST`, one release, or `FIRST..` up to the newest release of the file.

Sources: `build/Dockerfile`, `build/Dockerfile.dsym`, `build/pluginbuilder/Dockerfile`, go.mod and `vendor/modules.txt`
of each release's tag; `go list -deps` of its main package for the packages.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from layerg_pin.core.known.images import HOSTS, Flavour, HostImages, Release, release_of

FLAVOURS = {"server": Flavour.SERVER, "debug": Flavour.DEBUG}
"""The names of flavours in the catalogue's files."""


class ReleaseFacts(NamedTuple):
    """The facts about a release."""

    releases: tuple[str, ...]
    """All releases with the same facts, without `v`."""
    go: str
    """The Go release of the server: `1.22.4`, or `1.23` if it floats."""
    builder_go: str
    """The Go release of the plugin builder."""
    floats: bool
    """Whether only the minor Go releases are known."""
    api: str
    """The version of the module that plugins import, such as `v1.32.0`."""
    distribution: str
    """The Debian release of builder and server, such as `bookworm`."""
    go_line: str = ""
    """The `go` line of its go.mod, such as `1.21`."""
    toolchain: str = ""
    """The `toolchain` line of its go.mod, such as `go1.23.4`; empty if there is none."""
    platforms: tuple[str, ...] = ()
    """The platforms of its images, such as `linux/amd64`."""


class ReleaseModule(NamedTuple):
    """A module of a release."""

    version: str | None
    """None for the module of the host itself."""
    line: int
    """The 0-based line of the catalogue's file that states it."""


class ReleaseContents(NamedTuple):
    """What a release is built from."""

    modules: Mapping[str, ReleaseModule]
    """By module path, including vendored modules of which nothing is linked."""
    packages: Mapping[str, str]
    """The module that provides each package that is linked on all platforms."""
    packages_of: Mapping[str, Mapping[str, str]]
    """The same for the packages that are linked on one architecture only, by its name in Go."""
    flags: tuple[str, ...]
    """The flags of `go build`."""


def catalogue_file(host: str) -> str:
    """The path of the catalogue's file for a host, for people to read; absolute if this package is a folder."""
    return f"{__file__.removesuffix('releases.py')}catalogue/{host}.txt"


@cache
def catalogue_text(host: str) -> str:
    """The text of the catalogue's file for a host; empty if it has none."""
    import pkgutil  # imported here: many plugins name no release; the same below

    try:
        return (pkgutil.get_data(__package__, f"catalogue/{host}.txt") or b"").decode()
    except OSError:
        return ""


@cache
def releases(host: str) -> Mapping[str, ReleaseFacts]:
    """What is known of each release of a host, oldest first, by the release's number without `v`."""
    found: dict[str, ReleaseFacts] = {}
    for row in catalogue_text(host).split("\nmodule ", 1)[0].split("\n"):
        kind, _, rest = row.partition(" ")
        if kind == "release":
            facts = _facts(*rest.split(" "))
            found |= dict.fromkeys(facts.releases, facts)
    return found


def _facts(names: str, *pairs: str) -> ReleaseFacts:
    values = dict(pair.split("=", 1) for pair in pairs)
    go = values["go"].removesuffix(".x")
    return ReleaseFacts(
        releases=tuple(names.split("=")),
        go=go,
        builder_go=values.get("builder-go", go),
        floats=values["go"].endswith(".x"),
        api=values["api"],
        distribution=values["debian"],
        go_line=values["line"],
        toolchain=values.get("toolchain", ""),
        platforms=tuple(values["platforms"].split(",")),
    )


def release_facts(host: HostImages, release: Release | None) -> ReleaseFacts | None:
    """What is known of a release; None where it floats, or is not in the catalogue."""
    return releases(host.name).get(str(release)) if release and release.exact else None


def module_release_facts(module: str | None, version: str | None) -> ReleaseFacts | None:
    """The facts about the release with the host's own module path and version."""
    host = next((each for each in HOSTS if module in each.modules), None)
    return release_facts(host, release_of(version)) if host and version else None


@lru_cache(maxsize=4)
def release_contents(host: str, release: str, flavour: Flavour = Flavour.SERVER) -> ReleaseContents | None:
    """What a release is built from; None if it is not in the catalogue."""
    order = {name: number for number, name in enumerate(releases(host))}
    if release not in order:
        return None
    has_release = _HasRelease(order, release)
    modules: dict[str, ReleaseModule] = {}
    common: dict[str, str] = {}
    packages_of: dict[str, dict[str, str]] = {}
    flags: tuple[str, ...] = ()
    module = ""
    for number, row in enumerate(catalogue_text(host).split("\n")):
        if not row.startswith(" "):
            kind, _, module = row.partition(" ")
            if kind == "flags":
                name, ranges, words = module.split(" ", 2)
                if FLAVOURS[name] is flavour and has_release[ranges]:
                    import shlex

                    flags = tuple(shlex.split(words))
            continue
        first, _, rest = row[1:].partition(" ")
        ranges, _, names = rest.partition(" ")
        if not has_release[ranges]:
            continue
        if not first.startswith("packages"):
            modules[module] = ReleaseModule(None if first == "-" else first, number)
            continue
        architecture = first.partition("/")[2]
        found = packages_of.setdefault(architecture, {}) if architecture else common
        found |= {f"{module}/{name}" if name != "." else module: module for name in names.split(" ")}
    return ReleaseContents(modules, common, packages_of, flags)


class _HasRelease(dict[str, bool]):
    """Whether a list of ranges, such as `3.9.0..3.21.1,3.27.0..`, contains a release; each list is parsed once."""

    def __init__(self, order: Mapping[str, int], release: str) -> None:
        super().__init__()
        self._order = order
        self._number = order[release]

    def __missing__(self, ranges: str) -> bool:
        found = self[ranges] = any(map(self._is_in, ranges.split(",")))
        return found

    def _is_in(self, part: str) -> bool:
        first, dots, last = part.partition("..")
        end = self._order[last] if last else len(self._order) if dots else self._order[first]
        return self._order[first] <= self._number <= end
