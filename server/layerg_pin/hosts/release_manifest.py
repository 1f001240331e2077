"""Build the manifest of a host from its release in the catalogue, without any other file and without network."""

from __future__ import annotations

from layerg_pin.core.buildfiles.c_libraries import DEBIAN
from layerg_pin.core.buildfiles.go_flags import covers_shared
from layerg_pin.core.known.images import Flavour
from layerg_pin.core.known.release_names import ReleaseName, is_newer, release_path, unknown_release
from layerg_pin.core.known.releases import (
    ReleaseContents,
    ReleaseFacts,
    catalogue_file,
    catalogue_text,
    release_contents,
    releases,
)
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostModule, HostUnreadable
from layerg_pin.core.model.modules import Origin, Source
from layerg_pin.core.text import LineIndex


def release_manifest(reference: str, name: ReleaseName, named_at: Origin | None) -> HostManifest | HostUnreadable:
    """The manifest of a release. `named_at` is the line of a build file with its tag, if one names it."""
    flavour = Flavour.DEBUG if name.flavour is Flavour.DEBUG else Flavour.SERVER
    contents = release_contents(name.host.name, name.number, flavour) if name.number else None
    if contents is None:
        return _unknown(reference, name, named_at)
    facts = releases(name.host.name)[name.number]
    label = f"{name.host.title} {name.number}"
    path = catalogue_file(name.host.name)
    origin = named_at._replace(label=f"{label}, {named_at.label}") if named_at else None
    modules = {
        module: HostModule(module, each.version, origin or Origin(path, each.line, label, needs_line=False))
        for module, each in contents.modules.items()
    }
    own = next(module for module, each in contents.modules.items() if each.version is None)
    packages = {**contents.packages}
    for each in contents.packages_of.values():
        packages |= each
    return HostManifest(
        reference=reference,
        path=release_path(name),
        kind="release",
        module=own,
        go=facts.go_line,
        modules=modules,
        packages=packages,
        linked=True,
        asked=True,
        source=Source(path, LineIndex(catalogue_text(name.host.name))),
        advice=""
        if name.release.exact
        else f"{reference} names no single release; the newest that it can mean is {label}",
        build=_build(facts, contents),
        version=f"v{name.number}",
        main=".",
        builder=_builder(facts),
        named_at=named_at,
    )


def _unknown(reference: str, name: ReleaseName, named_at: Origin | None) -> HostUnreadable:
    """The result for a release that the catalogue does not have. A profile beside go.mod has priority over a tag."""
    message, newer = unknown_release(name), is_newer(name)
    if named_at:
        return HostUnreadable(reference, message if newer else f"{message}; correct the tag in {named_at}")
    remedy = "correct {}" if releases(name.host.name) else ""
    if newer:
        remedy = "then set {} to layerg-host.json" if name.module else ""
    return HostUnreadable(reference, message, remedy)


def _build(facts: ReleaseFacts, contents: ReleaseContents) -> HostBuild:
    """The build of the server. Its platform is known if there is only one."""
    flags = dict(flag.lstrip("-").partition("=")[::2] for flag in contents.flags)
    goos, _, goarch = facts.platforms[0].partition("/")
    gcflags = flags.get("gcflags", "")
    return HostBuild(
        release="" if facts.floats else f"go{facts.go}",
        minor=facts.go if facts.floats else "",
        goos=goos,
        goarch=goarch if len(facts.platforms) == 1 else "",
        cgo=True,
        trimpath="trimpath" in flags,
        race="race" in flags,
        tags=tuple(filter(None, flags.get("tags", "").split(","))),
        experiment="",
        gcflags=gcflags if covers_shared(gcflags) else "",
        libc="glibc",
        libc_version=DEBIAN[facts.distribution],
        fips="",
        sanitizer="",
    )


def _builder(facts: ReleaseFacts) -> HostBuild:
    """What the image of the plugin builder determines."""
    return HostBuild(
        release="" if facts.floats else f"go{facts.builder_go}",
        minor=facts.builder_go if facts.floats else "",
        goos=facts.platforms[0].partition("/")[0],
        libc="glibc",
        libc_version=DEBIAN[facts.distribution],
    )
