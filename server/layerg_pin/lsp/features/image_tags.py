"""Hover and completion at the image tags of build files: what a release is built with, and the known releases."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lsprotocol import types

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.overview import fit_words
from layerg_pin.core.analysis.release_summary import release_label, release_sentences
from layerg_pin.core.buildfiles.build_file import BuildImage
from layerg_pin.core.checks import run_checks
from layerg_pin.core.known.images import HostImages, known_image
from layerg_pin.core.known.release_names import ReleaseName, unknown_release
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, Span, printable
from layerg_pin.hosts.release_manifest import release_manifest
from layerg_pin.lsp.features.hover import Row, as_hover, sentence
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.conversion import offset_of, range_of
from layerg_pin.lsp.session.documents import Document
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.session import Session

_IMAGE_BEFORE = r"(?:^|[\s\"'=,\[(])([\w./-]+(?::\d+/[\w./-]+)?):([\w.-]*)\Z"
"""The name of an image and the part of its tag before the cursor."""
_MAX_PLUGINS = 5
"""Limit on the plugins that are compared with a release in one hover: each takes some milliseconds."""
_MAX_LINE = 2000
"""In characters. Longer lines get no completions."""


class _TagInFile(NamedTuple):
    """An image of a known host, with the plugins that are built from the file."""

    image: BuildImage
    lines: LineIndex
    plugins: tuple[Plugin, ...]


def tag_hover(session: Session, params: types.HoverParams, document: Document, client: Client) -> types.Hover | None:
    """The hover over an image of a known host in a build file of an open plugin; None for anything else."""
    found = _tag_at(session, params.position, document, client)
    if found is None or found.image.known is None or found.image.release is None:
        return None
    name = ReleaseName(found.image.known.host, found.image.release, found.image.known.flavour)
    where = range_of(found.image.span, found.lines, client.encoding)
    title = f"{name.host.title} {name.number or name.release or 'latest'}"
    return as_hover(title, _rows(name, found.plugins), where, client)


def tag_completion(params: types.CompletionParams, document: Document, client: Client) -> types.CompletionList | None:
    """The known releases, newest first, at the tag of an image of a known host; None elsewhere."""
    index = LineIndex(document.text)
    offset = offset_of(params.position, index, client)
    line = index.line_span(params.position.line)
    if offset - line.start > _MAX_LINE:
        return None
    match = re.search(_IMAGE_BEFORE, document.text[line.start : offset])
    known = known_image(match[1]) if match else None
    if match is None or known is None:
        return None
    rest = re.match(r"[\w.-]*", document.text[offset : line.end])
    span = Span(offset - len(match[2]), offset + (rest.end() if rest else 0))
    return types.CompletionList(False, _items(known.host, span, index, client))


def _tag_at(session: Session, position: types.Position, document: Document, client: Client) -> _TagInFile | None:
    found: _TagInFile | None = None
    for plugin in session.current_plugins():
        for source in plugin.files.builders if plugin.settings.hover else ():
            if source.path != document.path:
                continue
            offset = offset_of(position, source.index, client)
            image = next(
                (each for each in source.file.images if each.known and _is_at(each, source.index, offset)), None
            )
            if image and found is None:
                found = _TagInFile(image, source.index, (plugin,))
            elif image and found:
                found = found._replace(plugins=(*found.plugins, plugin))
    return found


def _is_at(image: BuildImage, index: LineIndex, offset: int) -> bool:
    """Whether an offset is in the tag of an image, or in the name before it."""
    start, end = image.span
    text = index.text
    while start and not text[start - 1].isspace() and text[start - 1] not in "\"'=":
        start -= 1
    return start <= offset <= end


def _rows(name: ReleaseName, plugins: tuple[Plugin, ...]) -> Iterator[Row]:
    if not name.number:
        yield [sentence(unknown_release(name))]
        return
    if not name.release.exact:
        yield ["This tag names no single release: the newest one that it can mean is shown."]
    for each in release_sentences(name.host, name.number):
        yield [each]
    for plugin in plugins[:_MAX_PLUGINS]:
        yield [f"{plugin.name}: {_fit_words(name, plugin)}."]


def _fit_words(name: ReleaseName, plugin: Plugin) -> str:
    """Words that say whether a plugin fits a release, which need not be its host's."""
    snapshot, host = plugin.analysis.snapshot, release_manifest(str(name), name, None)
    if not isinstance(host, HostManifest):
        return host.message
    if isinstance(snapshot.host, HostManifest) and snapshot.host.path == host.path:
        return fit_words(plugin.analysis, plugin.findings)
    analysis = analyse(snapshot._replace(host=host, trials={}), plugin.settings.severity, AnalysisCache())
    return f"{fit_words(analysis, run_checks(analysis))}, if this release loads it"


def _items(host: HostImages, span: Span, index: LineIndex, client: Client) -> list[types.CompletionItem]:
    where = range_of(span, index, client.encoding)
    newest_first = reversed(list(releases(host.name).items()))
    return [
        types.CompletionItem(
            label=number,
            kind=types.CompletionItemKind.Value,
            detail=printable(release_label(facts, host)),
            sort_text=f"{place:05}",
            text_edit=types.TextEdit(where, number),
        )
        for place, (number, facts) in enumerate(newest_first)
    ]
