"""Hover texts in go.mod, for a require, replace, exclude or the module line; and at an import of a Go file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from lsprotocol import types

from layerg_pin.core.analysis.host_summary import build_facts
from layerg_pin.core.analysis.overview import ModuleStatus, ModuleView, Overview, fit_words, host_words
from layerg_pin.core.analysis.verdict import uncertainties
from layerg_pin.core.finding import Severity
from layerg_pin.core.gofile.go_syntax import Import
from layerg_pin.core.markdown import escaped
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import SourceFile
from layerg_pin.core.text import LineIndex, count, printable
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.conversion import offset_of, range_of
from layerg_pin.lsp.protocol.file_uris import line_uri, path_of
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.session import Session

_DOCUMENTATION = "https://pkg.go.dev"


class Link(NamedTuple):
    """A text that links to a URI."""

    text: str
    uri: str


Row = Sequence[str | Link]
"""One paragraph of a hover."""


def hover(session: Session, params: types.HoverParams, client: Client) -> types.Hover | None:
    """The hover at a position of a go.mod or a Go file; None if there is nothing to show."""
    if plugin := session.current_plugin(params.text_document.uri):
        return _in_gomod(plugin, params.position, client) if plugin.settings.hover else None
    path = path_of(params.text_document.uri)
    for plugin in session.current_plugins():
        source = next((each for each in plugin.open_sources if each.path == path), None)
        if source and plugin.settings.hover:
            return _in_source(plugin, source, params.position, client)
    return None


def as_hover(title: str, rows: Iterable[Row], where: types.Range, client: Client) -> types.Hover:
    """A title with paragraphs below it; as Markdown if the client supports it."""
    if client.markdown:
        text = "\n\n".join((f"**{escaped(title)}**", *("".join(map(_markdown, row)) for row in rows)))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), where)
    text = "\n".join((printable(title), *("".join(map(_plain, row)) for row in rows)))
    return types.Hover(types.MarkupContent(types.MarkupKind.PlainText, text), where)


def sentence(text: str) -> str:
    """A clause as a sentence. A path at its start keeps its case."""
    first = text.split(" ", 1)[0]
    return f"{text[:1].upper() if first.isalpha() else text[:1]}{text[1:]}."


def _in_gomod(plugin: Plugin, position: types.Position, client: Client) -> types.Hover | None:
    snapshot = plugin.analysis.snapshot
    index, gomod = snapshot.plugin.index, snapshot.gomod
    line = index.line_span(position.line)
    if gomod.module and line.start <= gomod.module.span.start <= line.end:
        return as_hover(
            gomod.module.text, _host_rows(plugin), range_of(gomod.module.span, index, client.encoding), client
        )
    found = gomod.directive_at(line)
    if found is None:
        return None
    view = plugin.overview.module(found.module.text)
    where = range_of(found.line.span, index, client.encoding)
    return as_hover(_title(view), _rows(plugin, view), where, client)


def _in_source(plugin: Plugin, source: SourceFile, position: types.Position, client: Client) -> types.Hover | None:
    index = LineIndex(source.file.text)
    offset = offset_of(position, index, client)
    imported = next((each for each in source.file.imports if each.span.start <= offset <= each.span.end), None)
    module = plugin.overview.provider(imported.path.text) if imported else None
    if imported is None or module is None:
        return None
    view = plugin.overview.module(module)
    rows = ([sentence(each)] for each in _package_clauses(plugin.overview, view, imported))
    where = range_of(imported.span, index, client.encoding)
    return as_hover(_title(view), (*rows, *_rows(plugin, view)), where, client)


def _package_clauses(overview: Overview, view: ModuleView, imported: Import) -> Iterator[str]:
    """Facts about an imported package: whether both sides link it, and whether a blank import keeps a pin."""
    package = imported.path.text
    if package in view.shared:
        yield f"{package} is linked into both"
    elif view.host and overview.is_compiled(package):
        yield f"{package} is not linked into the host"
    if imported.is_blank and view.status is ModuleStatus.AGREES and overview.analysis.snapshot.gomod.require(view.path):
        yield (
            f"This blank import keeps {view.path} {view.version}, the host's version, in "
            "go.mod: `go mod tidy` does not remove it"
        )


def _title(view: ModuleView) -> str:
    host = ""
    if view.host:
        other = f"{view.host.path} " if view.host.path != view.path else ""
        host = f", host {other}{view.host.version or 'itself'}"
    return f"{view.path} {view.version or '(not in the build)'}{host}"


def _rows(plugin: Plugin, view: ModuleView) -> Iterator[Row]:
    overview, snapshot = plugin.overview, plugin.analysis.snapshot
    yield [sentence(view.verdict)]
    if requirement := overview.requirement(view.path):
        yield [f"Plugin: {view.version}, {requirement}"]
    for replace in snapshot.gomod.replaces:
        if replace.module.text == view.path:
            line = snapshot.plugin.index.line_of(replace.line.span.start) + 1
            version = f" {replace.target_version.text}" if replace.target_version else ""
            yield [f"Replaced by {replace.target.text}{version} at go.mod:{line}"]
    if view.host:
        origin = view.host.origin
        replaced = f" => {view.host.replacement}" if view.host.replacement else ""
        line_of_host = str(origin) if origin.line is None else Link(str(origin), line_uri(origin.path, origin.line))
        yield [f"Host: {view.host.version or 'its own module'}{replaced}, ", line_of_host]
    if shared := overview.shared_words(view.path):
        yield [shared[0].upper() + shared[1:]]
    if overview.only_pins(view.path):
        yield [
            "This require only pins the host's version for later imports: gopls may call it unused "
            "and `go mod tidy` may remove it; the plugin loads either way"
        ]
    for finding in plugin.findings:
        if finding.module == view.path and finding.path == snapshot.plugin.path and finding.fixes:
            yield [f"Fix: {next(iter(finding.fixes)).title}"]
            break
    documented = view.host or view
    if documented.version:
        uri = f"{_DOCUMENTATION}/{_quoted(documented.path)}@{_quoted(documented.version)}"
        yield [Link(f"Documentation of {documented.version}", uri)]


def _host_rows(plugin: Plugin) -> Iterator[Row]:
    snapshot = plugin.analysis.snapshot
    host = snapshot.host
    yield [sentence(fit_words(plugin.analysis, plugin.findings))]
    if isinstance(host, HostManifest):
        modules, packages = count(host.required, "module"), count(plugin.analysis.shared, "package")
        path = host.source.path
        file = Link(path, line_uri(path, 0)) if host.source.index.text else path
        yield [f"Host: {host_words(host)}: {modules} from ", file]
        for words, origin in build_facts(host):
            yield [f"{words}, ", Link(str(origin), line_uri(origin.path, origin.line or 0))]
        yield [f"Linked into both: {packages}" if snapshot.build else "Linked into both: not known"]
        if not any(each.severity in (Severity.ERROR, Severity.WARNING) for each in plugin.findings):
            yield from ([f"No verdict: {each}."] for each in uncertainties(plugin.analysis, plugin.findings))
    else:
        yield [sentence(host.message)]


def _quoted(text: str) -> str:
    """Escape a part of a URL that is used in a Markdown link."""
    return quote(text, safe="/+~.!", errors="replace")


def _markdown(part: str | Link) -> str:
    return f"[{escaped(part.text)}]({part.uri})" if isinstance(part, Link) else escaped(part)


def _plain(part: str | Link) -> str:
    if isinstance(part, str):
        return printable(part)
    return printable(part.text) if part.uri.startswith("file:") else f"{printable(part.text)}: {part.uri}"
