"""
# host-mismatch

The build files use another release of the host than the one that the plugin is checked against, or two releases at
once.

## Why it breaks

A plugin fits one release of its host: another release can have another Go, and other versions of modules that both
link.
If a plugin is checked against one release, but built for another or loaded by another, the server can refuse it or
crash.
A plugin builder image is made for the server with the same tag.

A floating tag, such as `latest` or `3.22`, means whatever release was newest when the image was pulled.

## Example

```
FROM heroiclabs/nakama-pluginbuilder:3.21.1 AS builder
RUN go build -buildmode=plugin -trimpath -o backend.so .

FROM heroiclabs/nakama:3.40.0
COPY --from=builder /backend/backend.so /nakama/data/modules/
```

## How to fix it

Use one release everywhere: the same tag for builder and server, and that release as the host to check against.
`layerg-pin upgrade RELEASE` moves the exact tags of the host's own images to a release, and the plugin with them.
Change a floating tag, or an image of another owner, by hand.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.host_release import HostIdentity
from layerg_pin.core.analysis.plugin_builders import (
    at_image,
    facts_of_image,
    host_identity,
    retagged,
    short_name,
    tag_fixes,
)
from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, ImageKind
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import NO_FIXES, Finding, Fixes, Related, Severity, at_host
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.known.images import Flavour, KnownImage, Release, release_of
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import reference_words

if TYPE_CHECKING:
    from layerg_pin.core.known.releases import ReleaseFacts

_MAX_RELATED = 50
"""Limit on the images that are compared for related places."""


class _Named(NamedTuple):
    """An image of a known host with the release of its tag."""

    source: BuildSource
    image: BuildImage
    known: KnownImage
    release: Release

    def __str__(self) -> str:
        kind = {Flavour.BUILDER: "builder", Flavour.DEBUG: "debug server"}.get(self.known.flavour, "server")
        return f"{kind} image {short_name(self.image)}"


class _Verdict(NamedTuple):
    severity: Severity
    reason: str
    certain: bool = True
    """Whether the host's release is certainly the one to build for."""
    remedy: str = ""
    """A second remedy."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    named = list(_named(analysis))
    if not named:
        return
    identity, folder = host_identity(analysis.snapshot), analysis.snapshot.folder
    reported = set()
    for each in named:
        if identity is None or each.known.host is not identity.host:
            continue
        found = _against_host(each, identity) or _floating(each, identity)
        if found:
            found = found._replace(remedy=_of_profile(each, identity))
            reported.add((each.source.path, each.image))
            others = [other for other in named[:_MAX_RELATED] if each.release.contradicts(other.release)]
            yield _finding(each, found, identity.only_release(), (*_host_line(identity), *map(_line, others)))
    if identity and (host := _naming_host(identity, named)):
        reported.add((host.source.path, host.image))
        yield from _at_host(host, [each for each in named if each.release.contradicts(host.release)], folder)
    left = [each for each in named if (each.source.path, each.image) not in reported]
    yield from _among(left, offers=identity is None)


def _named(analysis: Analysis) -> Iterator[_Named]:
    """The images of known hosts that build or load plugins, the nearest file first."""
    for source in analysis.snapshot.builders:
        for image in source.file.images:
            known, release = image.known, image.release
            if image.kind is ImageKind.GOLANG or known is None or release is None:
                continue
            # Other owners use the same image name, with versions of their own.
            if known.official or (image.tag and facts_of_image(image)):
                yield _Named(source, image, known, release)


def _against_host(named: _Named, identity: HostIdentity) -> _Verdict | None:
    title, facts = named.known.host.title, identity.facts_of(named.release)
    of = f"{named} is for {title} {named.release}"
    if identity.release:
        if not named.release.numbers or not named.release.contradicts(identity.release):
            return None
        same = _are_built_alike(named, facts, identity.facts)
        return _Verdict(_severity(named, same=same), f"{of}, but the host is {title} {identity.release}")
    if facts is None:
        return _not_known(named, identity)
    first_difference = identity.first_difference(facts)
    if not first_difference:
        return None
    if not first_difference.startswith("Go "):
        content = f"{identity.host.api.rpartition('/')[2]} {facts.api}"
        if identity.api and identity.api.version == facts.api:  # the go line contradicts the release
            content = f"built with Go {facts.go}"
        return _Verdict(_severity(named, same=False), f"{of} ({content}), but the host has {first_difference}")
    if named.known.flavour is Flavour.BUILDER:
        return None  # toolchain-mismatch compares the Go of builder images
    mine, theirs = parse_go_release(facts.go), parse_go_release(first_difference.removeprefix("Go "))
    patch = mine is not None and theirs is not None and mine.release[:2] == theirs.release[:2]
    return _Verdict(
        _severity(named, same=patch), f"{of} (built with Go {facts.go}), but the host is built with {first_difference}"
    )


def _of_profile(named: _Named, identity: HostIdentity) -> str:
    """How to renew the host's profile, if it may be older than a tag that contradicts it."""
    if identity.manifest.kind != "profile" or not named.release.exact or not named.known.official:
        return ""
    renew = f"layerg-pin host export --host {identity.host.name}@{named.release}"
    return f"; if {reference_words(identity.manifest.reference)} is out of date, run `{renew}`"


def _are_built_alike(named: _Named, facts: "ReleaseFacts | None", host: "ReleaseFacts | None") -> bool:
    """Whether an image of another release makes no difference: a builder gives the plugin only its Go and C library."""
    if facts is None or host is None:
        return False
    if named.known.flavour is not Flavour.BUILDER or facts.floats or host.floats:
        return facts == host
    return (facts.builder_go, facts.distribution) == (host.builder_go, host.distribution)


def _not_known(named: _Named, identity: HostIdentity) -> _Verdict | None:
    """The verdict on a release that is not in the catalogue, by the host's plugin API."""
    likely = release_of(identity.only_release()) if named.release.exact else None
    if likely is None or identity.api is None or not named.release.contradicts(likely):
        return None
    title, api = identity.host.title, f"{identity.host.api.rpartition('/')[2]} {identity.api.version}"
    reason = f"{named} is for {title} {named.release}, but the host has {api}, like {title} {likely}"
    return _Verdict(Severity.WARNING, reason, certain=False)


def _floating(named: _Named, identity: HostIdentity | None) -> _Verdict | None:
    """The verdict on a tag that names no release, without a digest."""
    if named.release.exact or named.image.digest or not named.known.official:
        return None
    of = "the host" if identity else "the other image"
    what = "may build for" if named.known.flavour is Flavour.BUILDER else "may run"
    return _Verdict(Severity.WARNING, f"{named} has a floating tag and {what} another release than {of}")


def _severity(named: _Named, *, same: bool) -> Severity:
    """An error, unless both releases are built from the same modules, or the image may belong to another owner."""
    return Severity.WARNING if same or not named.known.official else Severity.ERROR


def _naming_host(identity: HostIdentity, named: Sequence[_Named]) -> _Named | None:
    """The image whose tag made its release the host; None if the host is known otherwise."""
    place = identity.manifest.named_at
    for each in named if place else ():
        if place and each.source.path == place.path and each.source.index.line_of(each.image.span.start) == place.line:
            return each
    return None


def _at_host(host: _Named, others: Sequence[_Named], folder: str) -> Iterator[Finding]:
    """The finding at the line that names the host, if another line contradicts it: either can be the mistake."""
    others = [each for each in others if each.known.host is host.known.host]
    if others:
        reason = f"{host} and {others[0]} ({_place(others[0], folder)}) are different releases"
        facts = facts_of_image(host.image)
        alike = (_are_built_alike(each, facts_of_image(each.image), facts) for each in others)
        severities = [_severity(each, same=same) for each, same in zip(others, alike, strict=True)]
        severity = Severity.ERROR if Severity.ERROR in severities else Severity.WARNING
        yield _finding(host, _Verdict(severity, reason), "", tuple(map(_line, others[:_MAX_RELATED])))


def _place(named: _Named, folder: str) -> str:
    """The file of an image, relative to the plugin's folder, and its line."""
    name = relative_path(named.source.path, folder)
    return f"{name}:{named.source.index.line_of(named.image.span.start) + 1}"


def _among(named: Sequence[_Named], *, offers: bool) -> Iterator[Finding]:
    """Findings for images that contradict the first one with a release, a server's before a builder's.

    With `offers`, the server's tag is taken for the host's, and offered as the builder's tag if its release is known.
    """
    for host in dict.fromkeys(each.known.host for each in named):
        family = [each for each in named if each.known.host is host]
        ordered = sorted(family, key=lambda each: (not each.release.exact, each.known.flavour is Flavour.BUILDER))
        first, *rest = ordered
        exact = {each.release for each in family if each.known.flavour is not Flavour.BUILDER and each.release.exact}
        tag = str(first.release) if offers and len(exact) == 1 and not _is_unknown(first) else ""
        for each in rest:
            if each.release.contradicts(first.release):
                facts = facts_of_image(each.image)
                same = facts is not None and facts == facts_of_image(first.image)
                verdict = _Verdict(_severity(each, same=same), f"{each} and {first} are different releases")
            elif each.release == first.release or (found := _floating(each, None)) is None:
                continue
            else:
                verdict = found
            release = tag if each.known.flavour is Flavour.BUILDER else ""
            yield _finding(each, verdict, release, (_line(first),))


def _is_unknown(named: _Named) -> bool:
    """Whether the catalogue has releases of this host, but not this one: its modules and its Go are not known."""
    # imported here: the table is large, and most tags agree
    from layerg_pin.core.known.release_names import ReleaseName
    from layerg_pin.core.known.releases import releases

    host = named.known.host
    return bool(releases(host.name)) and not ReleaseName(host, named.release).number


def _finding(named: _Named, verdict: _Verdict, release: str, related: tuple[Related, ...]) -> Finding:
    image, fixes, remedy = named.image, NO_FIXES, "use one release everywhere"
    offers = release and verdict.certain and named.known.released
    tag = retagged(image.tag or "", release) if offers else ""
    if tag and tag == image.tag:  # the same release, built by another Go release
        remedy = "check against the server that runs in production"
    elif tag:
        remedy = f"use {image.name.rpartition('/')[2]}:{tag}"
        fixes = Fixes(partial(tag_fixes, named.source, image, tag))
    message = f"{verdict.reason}: {remedy}{verdict.remedy}"
    return Finding(
        code=CHECK.code,
        severity=verdict.severity,
        message=message,
        path=named.source.path,
        span=image.span,
        related=related,
        fixes=fixes,
    )


def _line(named: _Named) -> Related:
    return at_image(named.source, named.image)


def _host_line(identity: HostIdentity) -> tuple[Related, ...]:
    """The line that states the host's API version. If a tag names the host, its line is listed by itself."""
    return at_host(identity.api) if identity.api and not identity.manifest.named_at else ()


CHECK = Check("host-mismatch", Severity.ERROR, __doc__, _run)
