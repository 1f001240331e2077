"""Read the names of releases of known hosts, such as `nakama@3.22.0` and `heroiclabs/nakama:3.22.0`."""

import re
from typing import NamedTuple

from layerg_pin.core.known.images import (
    HOSTS,
    Flavour,
    HostImages,
    KnownImage,
    Release,
    debug_image,
    known_image,
    release_of,
)
from layerg_pin.core.known.releases import catalogue_file, releases
from layerg_pin.core.text import nearest_word

_MAX_NAME = 400
"""In characters. No name of a release is longer."""
_IMAGE = r"(?P<name>[\w./-]+(?::\d+(?=/)[\w./-]+)?)(?::(?P<tag>[\w.+-]+))?(?:@(?P<digest>sha256:[0-9a-fA-F]+))?"
_SHORT = r"(?P<name>[A-Za-z][\w-]*)[@: ]\s*(?P<release>v?\d[\w.+-]*|latest)"
_SHORT_OR_NAME = r"(?P<name>[A-Za-z][\w-]*)(?:[@: ]\s*(?P<release>v?\d[\w.+-]*|latest))?"
_MODULE = r"(?P<module>[\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)+)@(?P<release>v?\d[\w.+-]*|latest)"


class ReleaseName(NamedTuple):
    """A release of a known host, as a reference names it."""

    host: HostImages
    release: Release
    """Floating where the reference names fewer than three numbers."""
    flavour: Flavour = Flavour.SERVER

    @property
    def number(self) -> str:
        """The release in the catalogue: the one that is named, or the newest one that a floating name can mean.

        Empty if the catalogue has none.
        """
        known = releases(self.host.name)
        if self.release.exact:
            return str(self.release) if str(self.release) in known else ""
        fits = [each for each in known if (found := release_of(each)) and not self.release.contradicts(found)]
        return fits[-1] if fits else ""

    @property
    def module(self) -> str:
        """The release as a module in the form that Go reads, `PATH@vVERSION`; empty if its release is floating."""
        path = self.module_path
        return f"{path}@v{self.release}" if path and self.release.exact else ""

    @property
    def module_path(self) -> str:
        """The path of its module; empty if Go has no module for this major version, or if that is not known."""
        paths, numbers = self.host.modules, self.release.numbers
        if not numbers:
            return next((path for path in paths[:1] if re.search(r"/v\d+\Z", path, re.ASCII)), "")
        major = f"/v{numbers[0]}" if numbers[0] > 1 else ""
        return next((path for path in paths if path.endswith(major)), "") if major else "".join(paths[-1:])

    def __str__(self) -> str:
        """The short form, which `release_name` reads; a debug server has none but its image."""
        number = self.number or self.release or "latest"
        if self.flavour is Flavour.DEBUG and (image := debug_image(self.host)):
            return f"{image}:{number}"
        return f"{self.host.name}@{number}"


def release_path(name: ReleaseName) -> str:
    """The value that identifies a release where code expects the path of a host. No file has this name."""
    flavour = "-debug" if name.flavour is Flavour.DEBUG else ""
    return f"{catalogue_file(name.host.name)}@{name.number or name.release or 'latest'}{flavour}"


def may_be_release_path(path: str) -> bool:
    """Whether a path has the form that `release_path` gives."""
    return path.rpartition("@")[0].endswith(".txt")


def release_name(reference: str) -> ReleaseName | None:
    """The release that a reference names, whether the catalogue has it or not; None for other references."""
    if len(reference) > _MAX_NAME:
        return None
    if match := re.fullmatch(_SHORT, reference, re.ASCII):
        host, release = _host(match["name"]), release_of(match["release"])
        if host and release:
            return ReleaseName(host, release)
    if match := re.fullmatch(_MODULE, reference, re.ASCII):
        host = next((each for each in HOSTS if match["module"] in each.modules), None)
        release = release_of(match["release"])
        return ReleaseName(host, release) if host and release else None
    image = _image(reference)
    if image is None or (image.digest and not image.tag):
        return None
    release = release_of(image.tag)
    is_short = "/" not in image.name and bool(image.tag)
    return (
        ReleaseName(image.known.host, release, image.known.flavour)
        if release and (image.known.official or is_short)
        else None
    )


class _Image(NamedTuple):
    """An image of a known host, or of somebody who uses the same name."""

    known: KnownImage
    name: str
    tag: str
    digest: str


def _image(reference: str) -> _Image | None:
    match = re.fullmatch(_IMAGE, reference.removeprefix("docker.io/"), re.ASCII)
    known = known_image(match["name"]) if match else None
    return _Image(known, match["name"], match["tag"] or "", match["digest"] or "") if match and known else None


def _host(name: str) -> HostImages | None:
    return next((each for each in HOSTS if each.name == name.lower()), None)


def near_release(reference: str) -> str:
    """What to write instead of a reference that nearly names a release, as a sentence without a final dot; empty for
    other references.
    """
    if len(reference) > _MAX_NAME:
        return ""
    if right := _rewritten(reference):
        return right
    if (match := re.fullmatch(_SHORT_OR_NAME, reference, re.ASCII)) and not _host(match["name"]):
        return _of_near_host(match["name"], (match["release"] or "").removeprefix("v"))
    if (named := _host(reference)) and (known := list(releases(named.name))):
        return f"{reference} names no release: write it, as in {named.name}@{known[-1]}"
    if named:
        return unknown_release(ReleaseName(named, Release(())))
    image = _image(reference)
    if image is None or not (image.tag or image.digest):
        return ""
    host = image.known.host
    release = release_of(image.tag) if image.tag else None
    if not releases(host.name):
        return unknown_release(ReleaseName(host, release or Release(())))
    number = ReleaseName(host, release).number if release else ""
    example = f"{host.name}@{number or list(releases(host.name))[-1]}"
    if image.tag and not release:
        return f"the tag {image.tag} of {image.name} names no release: write the release, as in {example}"
    if image.digest and not image.tag:
        return f"a digest names no release of {host.title}: write the release, as in {example}"
    return f"{image.name} is not an image of {host.title}'s publisher: if it is a copy of a release, write {example}"


def _of_near_host(name: str, number: str) -> str:
    """The advice for a misspelt host, with the number of a release or without one; empty if none is near."""
    near = nearest_word(name.lower(), [each.name for each in HOSTS], cutoff=0.7)
    if not near:
        return ""
    number = number or next(reversed(list(releases(near))), "VERSION")
    return f"no host is known as {name}; did you mean {near}@{number}?"


def _rewritten(reference: str) -> str:
    """The advice for extra blanks, a number without a host, or the address of a web page; empty for other names."""
    plain = " ".join(reference.split())
    if plain != reference and (name := release_name(plain)):
        return f"there are too many spaces in this name: write {name}"
    release = release_of(plain) if plain[:2].lstrip("v")[:1].isdecimal() else None
    if release:
        known = [each for host in HOSTS if (each := ReleaseName(host, release)).number]
        right = str(known[0]) if len(known) == 1 else "nakama@3.22.0"
        return f"{plain} names no host: write the host before it, as in {right}"
    if "://" not in plain:
        return ""
    numbers = re.search(r"(?<![\w.])v?(\d+\.\d+\.\d+)(?![\w])", plain, re.ASCII)
    parts = re.split(r"[/?=&:@#]+", plain.lower())
    named = next(
        (host for host in HOSTS if any(each.rpartition("/")[2] in parts for each in _repositories(host))), None
    )
    if not named:
        return ""
    example = numbers[1] if numbers else next(reversed(list(releases(named.name))), "VERSION")
    return f"an address names no release: write {named.name}@{example}"


def _repositories(host: HostImages) -> tuple[str, ...]:
    """The paths of a host's modules without a major version."""
    return tuple(re.sub(r"/v\d+\Z", "", path) for path in (*host.modules, host.name))


def release_of_api(api: str, version: str) -> ReleaseName | None:
    """The release with this version of the module that plugins import; None if there is none, or more than one."""
    host = next((each for each in HOSTS if each.api == api), None)
    known = releases(host.name).values() if host else ()
    found = list(dict.fromkeys(facts.releases for facts in known if facts.api == version))
    release = release_of(found[0][-1]) if len(found) == 1 else None
    return ReleaseName(host, release) if host and release else None


def unknown_release(name: ReleaseName, *, is_upgrade: bool = False) -> str:
    """Why the catalogue has no release of this name, and the remedy, as a sentence without a final dot.

    An upgrade needs a release of the catalogue: another way to name the host does not help it.
    """
    known = list(releases(name.host.name))
    if not known:
        label = f"{name.host.title} {name.release}".rstrip()
        return f"this layerg-pin has no facts about {label}: {other_ways(name)}"
    fact = unknown_fact(name)
    if is_newer(name):
        if is_upgrade:
            return f"{fact}: update layerg-pin, or upgrade to {name.host.name}@{known[-1]}"
        if not name.module:
            return f"{fact}: use the server's binary as the host"
        return (
            f"{fact}: run `layerg-pin host export --host {name}`, which gets it through the Go module proxy and "
            "writes layerg-host.json"
        )
    nearest = min(known, key=lambda each: _distance(name.release, each))
    return f"{fact}: use {name.host.name}@{nearest}, or see `layerg-pin host list`"


def unknown_fact(name: ReleaseName) -> str:
    """The fact that the catalogue of a host has no release of this name, without a remedy."""
    label = f"{name.host.title} {name.release}"
    if is_newer(name):
        return f"{label} is newer than all releases that this layerg-pin knows"
    return f"{label} is not a known release"


def is_newer(name: ReleaseName) -> bool:
    """Whether a release is newer than all that the catalogue has of its host."""
    known = list(releases(name.host.name))
    newest = release_of(known[-1]) if known else None
    return newest is not None and name.release.numbers > newest.numbers


def other_ways(name: ReleaseName) -> str:
    """How to name the host of a release that the catalogue does not have, without a final dot."""
    if not name.host.modules:
        return "set the host to the server's binary"
    module = name.module or (f"{name.module_path}@VERSION" if name.module_path else "")
    return f"set the host to the server's source folder or binary{f', or to {module}' if module else ''}"


def _distance(asked: Release, known: str) -> tuple[int, ...]:
    """How far a release is from another, by major, minor and patch, the first one counting most."""
    other = release_of(known)
    numbers = other.numbers if other else ()
    mine = (*asked.numbers, 0, 0, 0)
    return tuple(abs(mine[position] - number) for position, number in enumerate(numbers))
