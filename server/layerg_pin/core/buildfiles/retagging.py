"""Move the image tags in build files to another release of a host.

A tag is replaced where it is written out, or where the variables of the image reference are assigned: `ARG` and `ENV`,
defaults such as `${V:-3.22.0}`, build arguments, `.env` files, and the variables of Makefiles, scripts and workflows.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, ImageKind
from layerg_pin.core.known.images import HostImages, Release, release_of
from layerg_pin.core.text import LineIndex, Span, TextEdit, apply_edits

_DIGEST = re.compile(r"@sha256:[0-9a-fA-F]{1,64}")
_VARIABLES = re.compile(
    r"\$\{\{[ \t]*+(?:\w+\.)++([\w-]+)|\$[({]?(?:env:|script:|global:)?(\w+)|%(\w+)%|!(\w+)!|\{\{[ \t]*+\.(\w+)",
    re.ASCII | re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    r"""(?<![\w-])(?P<name>\w[\w-]{0,100}+)
    (?=(?:["']?[ \t]{0,50}+(?:::?=|[?+!]?=|:(?!-))[ \t]{0,50}+|:?-|[ \t]{1,50}+)
    ["'\[]?(?P<value>(?:\$\{\{[^}\n]{0,100}+\}\}|[^\s"'\#,\]@$]{1,100}+|\$){1,8}+))""",
    re.ASCII | re.VERBOSE,
)
"""An assignment in any of the formats, up to the end of the value's first word. Only the name is consumed, because the
first word of `ARG V=1` could be a name too.
"""
_MAX_STEPS = 8
"""Limit on the length of a chain of variables."""
_MAX_RELEASES = 20
"""Limit on the different releases whose variables are followed."""


class MoveTarget(NamedTuple):
    """The release that images are moved to."""

    host: HostImages
    number: str
    go: str
    """The Go release of the server, or its minor release if only that is known."""


class TagChange(NamedTuple):
    """A changed place in a build file."""

    path: str
    line: int
    """0-based, in the text before."""
    image: str
    """The image's name, or the name of the variable that has its tag."""
    before: str
    after: str
    digest_removed: bool = False
    """Whether a digest, which is that of the old image, was removed beside the tag."""


class Unmoved(NamedTuple):
    """An image that does not certainly name the release that it should."""

    path: str
    line: int
    reason: str
    """As a clause that begins with the image."""
    contradicts: bool
    """Whether it certainly names another release."""


def moved_tags(
    sources: Iterable[BuildSource], texts: Mapping[str, str], target: MoveTarget, before: str
) -> tuple[dict[str, str], tuple[TagChange, ...]]:
    """The changed texts of build files by path, and each change, in the order of the files.

    `texts` are those of all files that can assign variables. `before` is the old release, for images whose tag is
    unknown; it can be empty.
    """
    mover = _Mover(texts)
    for source in sources:
        for image in host_images(source, target.host):
            release = image.release
            if image.tag is None and before:
                mover.move(source, image, before, target.number)
            elif release and _is_another(release, target.number):
                mover.move(source, image, str(release), target.number)
        for image in _golang_images(source):
            if image.go and image.go != target.go and not _covers(image.go, target.go):
                mover.move(source, image, image.go, target.go)
    return mover.result()


def unmoved_images(sources: Iterable[BuildSource], target: MoveTarget, before: str) -> Iterator[Unmoved]:
    """The images of the host that do not certainly name the release, each place once."""
    seen = set()
    for source in sources:
        for image in source.file.images:
            known, line = image.known, source.index.line_of(image.span.start)
            if known is None or known.host is not target.host or image.kind is ImageKind.GOLANG:
                continue
            found = _uncertainty(image, target, before)
            if found and (source.path, line, found) not in seen:
                seen.add((source.path, line, found))
                yield Unmoved(source.path, line, *found)


def images_of_release(sources: Iterable[BuildSource], host: HostImages, number: str) -> Iterator[Unmoved]:
    """The images of a host in files that are not changed, if they name its old release."""
    for source in sources:
        for image in host_images(source, host):
            if image.release and image.release.exact and str(image.release) == number:
                line = source.index.line_of(image.span.start)
                yield Unmoved(source.path, line, f"{image.name}:{image.tag}", contradicts=True)


def _uncertainty(image: BuildImage, target: MoveTarget, before: str) -> tuple[str, bool] | None:
    """What is wrong with an image of the host, and whether it certainly names another release."""
    known, release, name = image.known, image.release, image.name
    if known is None:
        return None
    if not known.official:
        if before and image.tag and str(release) == before:
            return f"{name}:{image.tag} belongs to another owner, so its tag was not changed", False
        return None
    if image.tag is None:
        return f"{name} has a tag from a variable that is set elsewhere: set it to {target.number} there", False
    if release is None:
        what = f"{name}@{image.digest}" if not image.tag else f"{name}:{image.tag}"
        return f"{what} names no release: use {name}:{target.number}", False
    if not release.exact:
        if release.contradicts(_release(target.number)):
            return f"{name}:{image.tag} is not {target.number}", True
        return None  # a floating tag stays; the check host-mismatch reports it
    if str(release) != target.number:
        return f"{name}:{image.tag} is not {target.number}: its tag is put together from parts, change it by hand", True
    return None


def host_images(source: BuildSource, host: HostImages) -> Iterator[BuildImage]:
    """The images in a file that the host's owners publish."""
    for image in source.file.images:
        known = image.known
        if known and known.host is host and known.official and image.kind is not ImageKind.GOLANG:
            yield image


def _is_another(release: Release, number: str) -> bool:
    """Whether a tag's release must change; a floating tag only if it cannot mean the new release."""
    return str(release) != number if release.exact else release.contradicts(_release(number))


def _golang_images(source: BuildSource) -> Iterator[BuildImage]:
    """The images of Go releases that build plugins, including `actions/setup-go` of a workflow."""
    file = source.file
    used = [*file.builders, *(each.image for each in file.commands), *(each.image for each in file.delegates)]
    yield from dict.fromkeys(each for each in used if each and each.kind in (ImageKind.GOLANG, ImageKind.OTHER))


def _covers(line: str, go: str) -> bool:
    """Whether a floating tag, such as `1.26`, can mean a Go release, or a release belongs to the minor one `go`."""
    return f"{go}.".startswith(f"{line}.") or (go.count(".") == 1 and line.startswith(f"{go}."))


def _release(number: str) -> Release:
    return release_of(number) or Release(())


class _Mover:
    """Collects the edits of several files."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._indexes: dict[str, LineIndex] = {}
        self._spans: dict[str, list[Span]] = {}
        """The edited spans of each file, sorted; none overlaps another."""
        self._edits: dict[str, list[TextEdit]] = {}
        self._changes: list[TagChange] = []
        self._names: dict[tuple[str, str], set[str]] = {}
        """The variables whose values contain a release, by this release and the one that replaces it."""

    def move(self, source: BuildSource, image: BuildImage, old: str, new: str) -> None:
        """Replace the release `old` in the tag of an image, wherever that is written."""
        text, (start, end) = source.index.text, image.span
        written = text[start:end]
        if written == image.tag or _number(old).search(written):
            digest = _DIGEST.match(text, end)
            span = Span(start, digest.end() if digest else end)
            self._edit(source.path, text, span, image.name, written, _replaced(written, old, new))
        if written != image.tag and len(self._names) < _MAX_RELEASES:
            self._names.setdefault((old, new), set()).update(_names(written))

    def result(self) -> tuple[dict[str, str], tuple[TagChange, ...]]:
        """The new texts of the changed files, and all changes."""
        for (old, new), names in self._names.items():
            self._follow(names, old, new)
        texts = {path: apply_edits(self._texts[path], edits) for path, edits in self._edits.items()}
        order = {path: number for number, path in enumerate(self._texts)}
        return texts, tuple(sorted(self._changes, key=lambda each: (order[each.path], each.line)))

    def _edit(self, path: str, text: str, span: Span, what: str, before: str, after: str) -> None:
        if self._texts.get(path) != text:
            return
        spans = self._spans.setdefault(path, [])
        place = bisect_left(spans, span)
        if any(_overlap(span, each) for each in spans[max(0, place - 1) : place + 1]):
            return
        spans.insert(place, span)
        self._edits.setdefault(path, []).append(TextEdit(span, after))
        if path not in self._indexes:
            self._indexes[path] = LineIndex(text)
        self._changes.append(
            TagChange(
                path=path,
                line=self._indexes[path].line_of(span.start),
                image=what,
                before=before,
                after=after,
                digest_removed="@sha256:" in text[span.start : span.end],
            )
        )

    def _follow(self, names: set[str], old: str, new: str) -> None:
        """Replace the release where variables are assigned, and where the variables in their values are."""
        known, pending, number = set(names), set(names), _number(old)
        for _ in range(_MAX_STEPS):
            further = set[str]()
            for path, text in self._texts.items():
                done = 0
                for match in _ASSIGNMENT.finditer(text) if pending else ():
                    if match["name"] not in pending or match.start() < done:
                        continue
                    value, done = match["value"], match.end("value")
                    if number.search(value):
                        digest = _DIGEST.match(text, match.end("value"))
                        span = Span(match.start("value"), digest.end() if digest else match.end("value"))
                        self._edit(path, text, span, match["name"], value, _replaced(value, old, new))
                    further.update(_names(value))
            pending = further - known
            known |= pending


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _number(old: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\d.]){re.escape(old)}(?!\.?\d)")


def _replaced(written: str, old: str, new: str) -> str:
    """The text with the new release, without the digest of the old image."""
    return _DIGEST.sub("", _number(old).sub(lambda _: new, written))


def _names(text: str) -> list[str]:
    """The variables that a text refers to."""
    return [next(filter(None, match.groups())) for match in _VARIABLES.finditer(text)]
