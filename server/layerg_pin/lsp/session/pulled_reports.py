"""The diagnostics of all files for a client that requests them: what changed, and what the client has already.

The server never polls and is never polled: a request for the workspace's diagnostics stays open until something
changes, and the client is asked to request those of open files again.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from layerg_pin.lsp.protocol.diagnostics import NO_DIAGNOSTICS, full_report, result_id
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from layerg_pin.lsp.protocol.json_values import Json

_COLLECT_SECONDS = 0.1
"""How long changes are collected. After an edit the client requests the diagnostics itself, usually before that."""


class _FileReport(NamedTuple):
    items: list[Json]
    result_id: str
    version: int | None


_EMPTY = _FileReport([], NO_DIAGNOSTICS, None)


class _OpenRequest:
    """A request for the workspace's diagnostics that is not answered yet."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        """The result ids of the reports that the client has, by URI."""
        self.is_superseded = False
        self.changed = asyncio.Event()


class PulledReports:
    """Collects the diagnostics that would be published, and answers requests with them."""

    def __init__(self, refresh: Callable[[], None], is_open: Callable[[str], bool]) -> None:
        """`refresh` asks the client to request diagnostics again; `is_open` tells whether a document is open."""
        self._refresh = refresh
        self._is_open = is_open
        self._reports: dict[str, _FileReport] = {}
        """The reports with diagnostics, by URI."""
        self._pulled: dict[str, str] = {}
        """The result ids of the reports that the client has from requests for documents, by URI."""
        self._related: set[str] = set()
        """The URIs of the files whose reports the client got as those of related documents."""
        self._request: _OpenRequest | None = None
        """The open request for the workspace: the last one."""
        self._known: dict[str, str] | None = None
        """What the client knew after the last request for the workspace; None before there was one."""
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, params: Json) -> None:
        """Take PublishDiagnosticsParams."""
        uri, items = params["uri"], params["diagnostics"]
        before = self._reports.pop(uri, _EMPTY)
        if items:
            self._reports[uri] = _FileReport(items, result_id(items), params.get("version"))
        if self._reports.get(uri, _EMPTY).result_id != before.result_id and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_COLLECT_SECONDS, self._announce)

    def document(self, uri: str, previous: str | None, related: Iterable[str] | None = None) -> Json:
        """The DocumentDiagnosticReport of a file; `previous` is the id of the report that the client has.

        It includes the reports of the files with the URIs `related`, and those of files that were related before, are
        not open and changed since. `related` is None if the client does not support that.
        """
        report = self._of(uri)
        result = _report(report, previous)
        names = () if related is None else dict.fromkeys((*related, *self._outdated()))
        others = {each: _report(self._of(each), self._pulled.get(each)) for each in names if each != uri}
        self._related = {each for each in self._related.union(others) if self._of(each) is not _EMPTY}
        for each in (uri, *others):
            self._pulled[each] = self._of(each).result_id
            if self._request:
                self._request.known[each] = self._of(each).result_id
        return {**result, "relatedDocuments": others} if others else result

    async def workspace(
        self, previous: Mapping[str, str], stream: Callable[[Json], None] | None, ready: asyncio.Event
    ) -> Json:
        """The WorkspaceDiagnosticReport of all files that changed since `previous`, result ids by URI.

        With `stream`, which sends partial results, it sends them until the request is cancelled. Without `stream`, it
        returns as soon as there is a change, and the first request returns after the event `ready` even if nothing
        changed. A later request ends an earlier one.
        """
        if self._request:
            self._request.is_superseded = True
            self._request.changed.set()
        request = self._request = _OpenRequest(dict(self._named_as_here(previous)))
        is_first, is_streamed = self._known is None, False
        try:
            if stream is None and is_first:
                await ready.wait()
            while not request.is_superseded:
                request.changed.clear()
                changed = self._differences(request.known)
                others = [] if is_streamed else [uri for uri in request.known if uri not in changed]
                items = [self._item(uri, request.known.get(uri)) for uri in (*changed, *others)]
                if changed or is_first or (stream and not is_streamed):
                    self._note_known(request, changed)
                    if stream is None:
                        return {"items": items}
                    if items:
                        stream({"items": items})
                    is_streamed = True
                await request.changed.wait()
        finally:
            if self._request is request:
                self._request = None
            self._known = request.known
        return {"items": []}

    def _note_known(self, request: _OpenRequest, changed: Iterable[str]) -> None:
        for uri in changed:
            if uri in self._reports:
                request.known[uri] = self._reports[uri].result_id
            else:
                del request.known[uri]

    def _differences(self, known: Mapping[str, str]) -> dict[str, None]:
        """The URIs of the files whose reports are not those that the client knows, in their order."""
        gone = (uri for uri in known if uri not in self._reports and known[uri] != _EMPTY.result_id)
        changed = (uri for uri, report in self._reports.items() if known.get(uri) != report.result_id)
        return dict.fromkeys((*gone, *changed))

    def _outdated(self) -> list[str]:
        """The files that are not open and whose report, which the client got for a related document, is outdated."""
        others = (uri for uri in self._related if not self._is_open(uri))
        return [uri for uri in others if self._pulled.get(uri) != self._of(uri).result_id]

    def _item(self, uri: str, previous: str | None) -> Json:
        report = self._of(uri)
        return {**_report(report, previous), "uri": uri, "version": report.version}

    def _of(self, uri: str) -> _FileReport:
        """The report of a file. The client may write the URI of a file differently from this server."""
        if uri in self._reports:
            return self._reports[uri]
        path = path_of(uri)
        return self._reports.get(uri_of(path), _EMPTY) if path else _EMPTY

    def _named_as_here(self, previous: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Result ids by the URIs that this server uses."""
        names = {path_of(uri): uri for uri in self._reports}
        for uri, known in previous.items():
            yield (uri if uri in self._reports else names.get(path_of(uri), uri)), known

    def _announce(self) -> None:
        """Let the client know that diagnostics changed, unless it requested them meanwhile."""
        self._timer = None
        if self._request:
            self._request.changed.set()
        shown = {uri: known for uri, known in self._pulled.items() if self._is_open(uri)}
        kept = self._reports.keys() | self._related
        self._pulled = shown | {uri: known for uri, known in self._pulled.items() if uri in kept}
        is_stale = any(known != self._of(uri).result_id for uri, known in shown.items())
        if not self._request:  # an open request gets the changes of files that are not open
            is_stale = is_stale or bool(self._outdated())
            is_stale = is_stale or (self._known is not None and bool(self._differences(self._known)))
        if is_stale:
            self._refresh()


def _report(report: _FileReport, previous: str | None) -> Json:
    if previous == report.result_id:
        return {"kind": "unchanged", "resultId": report.result_id}
    return full_report(report.items)
