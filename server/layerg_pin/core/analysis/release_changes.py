"""What two releases of a host differ in: Go, platform, C library, plugin API, modules."""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.buildfiles.c_libraries import DEBIAN
from layerg_pin.core.known.images import HostImages
from layerg_pin.core.known.releases import ReleaseContents, ReleaseFacts, release_contents, releases


class ModuleChange(NamedTuple):
    """A linked module that differs; a version is None where the module is not linked."""

    path: str
    before: str | None
    after: str | None


class FactChange(NamedTuple):
    """A fact that differs, in words: `Go`, `1.22.4`, `1.26.5`."""

    name: str
    before: str
    after: str


class ReleaseChanges(NamedTuple):
    """The differences between two releases; empty if they are built alike."""

    facts: tuple[FactChange, ...]
    """What breaks most comes first."""
    modules: tuple[ModuleChange, ...]
    """Changed ones first, then those that appear, then those that go; sorted by path."""


def release_changes(host: HostImages, before: str, after: str) -> ReleaseChanges | None:
    """The differences between two releases of a host, by their numbers; None if one of them is not known."""
    known = releases(host.name)
    if before not in known or after not in known:
        return None
    contents = [release_contents(host.name, number) for number in (before, after)]
    linked = [_linked(each) if each else {} for each in contents]
    paths = sorted({*linked[0], *linked[1]} - set(host.modules))
    changes = [ModuleChange(path, linked[0].get(path), linked[1].get(path)) for path in paths]
    differing = [each for each in changes if each.before != each.after]
    return ReleaseChanges(
        tuple(_facts(host, known[before], known[after])),
        tuple(sorted(differing, key=lambda each: (each.before is None, each.after is None, each.path))),
    )


def _facts(host: HostImages, old: ReleaseFacts, new: ReleaseFacts) -> Iterator[FactChange]:
    pairs = (
        ("Go", _go(old.go, old), _go(new.go, new)),
        ("plugin builder's Go", _go(old.builder_go, old), _go(new.builder_go, new)),
        ("C library", *(f"glibc {DEBIAN[each.distribution]} ({each.distribution})" for each in (old, new))),
        ("platforms", ", ".join(old.platforms), ", ".join(new.platforms)),
        (host.api, old.api, new.api),
    )
    has_own_builder = old.builder_go != old.go or new.builder_go != new.go
    for name, before, after in pairs:
        if before != after and (has_own_builder or name != "plugin builder's Go"):
            yield FactChange(name, before, after)


def _go(release: str, facts: ReleaseFacts) -> str:
    return f"{release}.x" if facts.floats else release


def _linked(contents: ReleaseContents) -> dict[str, str | None]:
    """The versions of the modules of which packages are linked on any platform."""
    providers = {
        *contents.packages.values(),
        *(each for some in contents.packages_of.values() for each in some.values()),
    }
    return {path: contents.modules[path].version for path in providers if path in contents.modules}
