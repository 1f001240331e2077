"""The state of one client's session. The event loop owns it: other threads get values and return values.

Each change of a go.mod is checked at once against what is known. Go is asked in the background after an open, a
save or a pause, and its answer refines what was shown.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.analysis.import_findings import import_findings
from layerg_pin.core.analysis.overview import Overview, host_words
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gofile.go_file import parse_go_file
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import MainPackage, SourceFile
from layerg_pin.core.text import apply_edits, count
from layerg_pin.engine.build_query import keep_known
from layerg_pin.engine.plugin_discovery import HostReference, find_host, in_module_cache, is_plugin, says_plugin
from layerg_pin.engine.plugin_snapshot import PluginFiles, read_plugin_files, read_plugin_files_at_once, take_snapshot
from layerg_pin.engine.project_settings import ProjectFile, read_project_file
from layerg_pin.engine.settings import Settings, with_values
from layerg_pin.go.module_cache import known_versions
from layerg_pin.go.query_types import Cancellation, GoCancelled, GoEnv, GoError
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.documents import Opened, may_make_a_plugin, read_again, text_on_disk
from layerg_pin.lsp.first_analysis import Look, look, read_host, settings_for
from layerg_pin.lsp.go_tasks import Answer, Question, ask, fetch, tidy, tidy_and_vendor, try_fixes
from layerg_pin.lsp.json_messages import SECTION, uri_of
from layerg_pin.lsp.state import Document, Editor, Margin, Plugin, TidyResult, refuse_unsound
from layerg_pin.lsp.watched_files import WatchedFiles, depends_on
from layerg_pin.source_tree.go_work import uses_many_modules
from layerg_pin.source_tree.main_packages import is_source_of
from layerg_pin.system.text_files import read_text

_LOG = logging.getLogger(__name__)
_LARGE_TEXT = 128 * 1024
"""In characters of a go.mod."""
_LARGE_LINES = 1500
_IDLE_SECONDS = 0.4
"""How long typing has to rest before Go is asked about the new text."""

_T = TypeVar("_T")


class Session:
    """The plugins that are open, and the hosts they are held against."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.folders: tuple[str, ...] = ()
        """The workspace's folders, absolute."""
        self._plugins: dict[str, Plugin] = {}
        self._edited: set[str] = set()
        """The plugins whose text is newer than what is known of it, by URI."""
        self._unshown: set[str] = set()
        """The plugins whose text is newer than what is shown of it, by URI."""
        self._opened = Opened()
        self._settings = Settings()
        self._values: dict[str, object] = {}
        """The client's settings for a go.mod's URI, where it was asked."""
        self._told: set[str] = set()
        self._watched = WatchedFiles(editor.watch)
        self._waiting: dict[str, Document] = {}
        """The go.mod files that were opened and not looked at yet, by URI; see `_consider_soon`."""
        self._is_busy = False
        """Whether one was looked at in this turn of the event loop."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[Cancellation] = set()
        """Of what commands run."""
        self._hosts = Hosts()
        self._env: GoEnv | None = None
        self._env_is_known = False
        """Whether it is that of the `go` which is set now."""

    @property
    def plugins(self) -> dict[str, Plugin]:
        """Those of the open go.mod files that are plugins', by URI, each with what follows from its current text."""
        self._catch_up()
        return self._plugins

    def configure(self, values: object, origin: str) -> None:
        """Settings that hold for all files come in; those that were there and are not set again stay."""
        self._settings, problems = with_values(self._settings, values, origin)
        self._tell(problems)

    def take_values(self, values: Mapping[str, object]) -> None:
        """The client's settings for files, by URI, as it has told them already."""
        self._values.update(values)

    def set_trust(self, trusted: bool) -> None:
        """Whether Go may be run, and files outside the workspace read."""
        self._settings = self._settings._replace(trusted=trusted)

    async def reconfigure(self) -> None:
        """The client's settings may have changed: ask it for them, file by file, and check anew where they have."""
        changed = {each.uri for each in list(self._opened.gomods.values()) if await self._fetch(each)}
        self._env_is_known = self._env_is_known and not changed
        self._recheck([each for each in self._opened.gomods.values() if each.uri in changed])

    def recheck(self) -> None:
        """Settings or folders have changed: find every open plugin's host anew, and ask Go, which may be another."""
        self._env_is_known = False
        self._watched.again()
        self._recheck(list(self._opened.gomods.values()))

    def _recheck(self, documents: Iterable[Document]) -> None:
        for document in documents:
            plugin = self.plugins.get(document.uri)
            if plugin:
                self._renew(plugin)
            else:
                self._consider(document)
        for source in list(self._opened.sources.values()):
            self._hold(source)

    def opened(self, document: Document) -> None:
        """A go.mod is shown: if it is a plugin's, check it and ask Go."""
        if document.uri in self.plugins:
            self.changed(document.uri, document.version, document.text)
            return
        held = self._opened.at(document.path)
        if held and held.version is None:
            self._drop(held.uri)
        self._opened.gomods[document.uri] = document
        if self.editor.configuration is None or document.uri in self._values:
            self._consider_soon(document)
        else:
            self._spawn(self._open_configured(document))

    def opened_source(self, document: Document) -> None:
        """A .go file or a go.work is shown, or its text is another: what it says counts before it is saved."""
        before = self._opened.sources.pop(document.uri, None)
        self._opened.sources[document.uri] = document
        if before is None:
            self._hold(document)
        if before is None or before.text != document.text:
            for plugin in self._around(document.path):
                if _is_work(document.path):
                    plugin.beside = self._read_beside(plugin)
                self._refresh(plugin)
                self._ask(plugin, delay=_IDLE_SECONDS)

    def changed(self, uri: str, version: int | None, text: str) -> None:
        """The text of an open file is another."""
        if source := self._opened.sources.get(uri):
            self.opened_source(Document(uri, source.path, version, text))
        document = self._opened.gomods.get(uri)
        if document is None:
            return
        document.version, document.text = version, text
        if plugin := self._plugins.get(uri):
            self._check_soon(plugin)
            self._ask(plugin, delay=_IDLE_SECONDS)
        elif uri not in self._waiting and says_plugin(parse_gomod(text), None):
            self._consider(document)

    def saved(self, path: str) -> None:
        """A file was saved: it may change what the plugins around it compile, or the host."""
        for document in list(self._opened.gomods.values()):
            if document.uri not in self.plugins and path.startswith(document.folder + os.sep):
                if document.version is None and not may_make_a_plugin(path):
                    continue  # reading all the sources of a module at each save is only for those that are looked at
                self._consider(document)
        for plugin in self._around(path):
            self._renew(plugin)

    def noticed(self, paths: Collection[str]) -> None:
        """Files may have changed. Their content decides whether anything is to be done."""
        changed = self._watched.changed(paths)
        plugins = {plugin.document.uri: plugin for path in sorted(changed) for plugin in self._around(path)}
        new = [path for path in paths if path not in self._watched and os.path.isfile(path)]
        for plugin in self.plugins.values() if new else ():
            if any(is_source_of(plugin.document.folder, path) for path in new):
                plugins[plugin.document.uri] = plugin
        for plugin in plugins.values():
            self._renew(plugin)

    def closed(self, uri: str) -> None:
        """A file is no longer shown."""
        if source := self._opened.sources.pop(uri, None):
            for each in self._around(source.path):
                if each.document.version is None and not self._opened.is_needed(each.document):
                    self._drop(each.document.uri)
                    continue
                if _is_work(source.path):
                    each.beside = self._read_beside(each)
                self._refresh(each)
                self._ask(each, delay=0)
        gomod = self._opened.gomods.get(uri)
        if gomod is None:
            return
        plugin, text = self.plugins.get(uri), text_on_disk(gomod.path)
        needed = self._opened.is_needed(gomod) and not self._opened.is_open_twice(gomod)
        if plugin and text is not None and plugin.settings.go_files and needed:
            self.changed(uri, None, text)
            return
        self._drop(uri)
        for source in list(self._opened.sources.values()):
            self._hold(source)

    def plugin(self, uri: str) -> Plugin | None:
        """The plugin of an open go.mod, with what follows from its current text; None for any other file."""
        if waiting := self._waiting.pop(uri, None):
            self._consider(waiting)
        self._catch_up()
        return self._plugins.get(uri)

    def _consider_soon(self, document: Document) -> None:
        """Begin with a go.mod that was opened: at once, but of many that are opened together only one in each turn of
        the event loop, so that an edit among them need not wait for the rest.
        """
        self._waiting[document.uri] = document
        if not self._is_busy:
            self._consider_next()

    def _consider_next(self) -> None:
        self._is_busy = bool(self._waiting)
        if not self._waiting:
            return
        document = self._waiting.pop(next(iter(self._waiting)))
        soon = asyncio.get_running_loop().call_soon
        soon(soon, self._consider_next)  # between the two turns, what has come is read and answered
        try:
            if self._opened.gomods.get(document.uri) is document:
                self._consider(document)
        except Exception as error:
            self._report(error)

    def _check_soon(self, plugin: Plugin) -> None:
        """Check a plugin's new text, and show what is found, once all that has come is read: of a burst of edits the
        last counts.

        Who asks about the plugin before that is answered first, and from the new text, see `plugins`.
        """
        if not self._unshown:
            soon = asyncio.get_running_loop().call_soon
            soon(soon, self._show_edited)  # the first turn of the loop brings what has come, the second reads it
        self._edited.add(plugin.document.uri)
        self._unshown.add(plugin.document.uri)

    def _catch_up(self) -> None:
        """Check the plugins whose text is newer than what is known of it."""
        while self._edited:
            plugin = self._plugins.get(self._edited.pop())
            if plugin is None:
                continue
            try:
                self._analyse(plugin)
            except Exception as error:
                self._unshown.discard(plugin.document.uri)
                self._report(error)

    def _show_edited(self) -> None:
        """Show what is found in the plugins whose text is newer than what is shown of it."""
        self._catch_up()
        while self._unshown:
            plugin = self._plugins.get(self._unshown.pop())
            try:
                if plugin:
                    self._show(plugin)
            except Exception as error:
                self._report(error)

    def _hold(self, source: Document) -> None:
        """Begin with the plugin that an open .go file belongs to, from its go.mod on disk, where that is not open.

        Outside the workspace, as in Go's own sources, nobody builds a plugin.
        """
        if self.folders and not any(source.path.startswith(folder + os.sep) for folder in self.folders):
            return
        if gomod := self._opened.gomod_of(source.path):
            self.opened(gomod)

    def _drop(self, uri: str) -> None:
        """Know nothing more of a go.mod, and take back what was shown for it."""
        self._opened.gomods.pop(uri, None)
        self._values.pop(uri, None)
        self._waiting.pop(uri, None)
        if plugin := self._plugins.pop(uri, None):
            _stop(plugin)
            self.editor.forget(plugin)
            self._watched.forget(plugin)

    async def download(self, uri: str) -> None:
        """Download what Go misses, because the person asked for it, and ask Go again. Raises GoError."""
        plugin = self.plugins[uri]
        question = self._question(plugin)
        if question is None:
            return
        wanted = sorted(plugin.analysis.alignment.untried)
        await self.run(f"downloading modules for {plugin.name}", fetch, question, wanted)
        if self.plugins.get(uri) is plugin:
            self._ask(plugin, delay=0)

    async def align_and_tidy(self, uri: str) -> TidyResult | None:
        """What go.mod and go.sum read when all pins are set and `go mod tidy` has run; None without a host.

        Raises GoError with Go's own words, and FileError, see `refuse_unsound`.
        """
        plugin = self.plugins[uri]
        refuse_unsound(plugin)
        before = plugin.analysis.snapshot.gomod.text
        fix = together_fix(plugin.analysis.snapshot, plugin.analysis.alignment)
        question = self._question(plugin, apply_edits(before, fix.edits) if fix else before)
        if question is None:
            return None
        gomod, gosum = await self.run(f"aligning and tidying {plugin.name}", tidy, question)
        if plugin.document.text != before:
            raise GoError("go.mod was edited in the meantime; nothing was changed")
        gosum_path = os.path.join(plugin.document.folder, "go.sum")
        return TidyResult(
            document=plugin.document, gomod=gomod, gosum_path=gosum_path, gosum=gosum, others=fix.others if fix else ()
        )

    async def tidy_and_vendor(self, uri: str) -> None:
        """Run `go mod tidy` and `go mod vendor` in the plugin's folder, because the person asked, and check again.

        Raises GoError with Go's own words.
        """
        plugin = self.plugins[uri]
        if read_text(plugin.document.path) != plugin.document.text:
            raise GoError("go.mod is not saved yet: save it, then tidy and vendor")
        question = self._question(plugin)
        if question is None:
            return
        await self.run(f"tidying and vendoring {plugin.name}", tidy_and_vendor, question)
        if self.plugins.get(uri) is plugin:
            self._renew(plugin)

    async def run(self, title: str, work: Callable[..., _T], *arguments: object) -> _T:
        """What `work` gives, which runs beside the event loop and takes a Cancellation after its arguments: the person
        can end it, and so does the end of the session.
        """
        cancellation = Cancellation()
        self._running.add(cancellation)
        try:
            async with self.editor.progress(title, cancellation):
                return await asyncio.to_thread(work, *arguments, cancellation)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        finally:
            self._running.discard(cancellation)

    def versions_at_hand(self, module: str) -> tuple[str, ...]:
        """The versions of a module in Go's module cache; none until Go has said where that is."""
        return known_versions(self._env.modcache, module) if self._env else ()

    def document_at(self, path: str) -> tuple[str, int | None]:
        """The URI and version of the file at a path: the client's where it is open, else its own and none."""
        document = self._opened.at(path)
        return (document.uri, document.version) if document else (uri_of(path), None)

    def close(self) -> None:
        """End all that runs in the background."""
        for plugin in self._plugins.values():
            _stop(plugin)
        for task in self._tasks:
            task.cancel()
        for cancellation in self._running:
            cancellation.cancel()
        self._watched.close()

    def _around(self, path: str) -> list[Plugin]:
        """The plugins that depend on a file."""
        return [plugin for plugin in self.plugins.values() if depends_on(plugin, path)]

    async def _open_configured(self, document: Document) -> None:
        await self._fetch(document)
        if self._opened.gomods.get(document.uri) is document:
            self._consider_soon(document)

    async def _fetch(self, document: Document) -> bool:
        """Ask the client for the settings of a go.mod, if it can be asked; whether they are other than those known."""
        if self.editor.configuration is None:
            return False
        values = await self.editor.configuration(document.uri)
        if self._opened.gomods.get(document.uri) is not document:
            return False  # it was closed meanwhile
        is_known = document.uri in self._values and self._values[document.uri] == values
        self._values[document.uri] = values
        return not is_known

    def _consider(self, document: Document) -> None:
        """Begin with a go.mod if it is a plugin's. Reading all its sources is not for the event loop."""
        if in_module_cache(document.folder) or not read_again(document):
            return
        project = read_project_file(document.folder)
        gomod = parse_gomod(document.text)
        if document.uri in self.plugins or (self.editor.configuration and document.uri not in self._values):
            return
        if says_plugin(gomod, project):
            self._begin(document, gomod, project)
            return

        async def look() -> None:
            found = await asyncio.to_thread(is_plugin, document.folder, gomod, project)
            if found and self._opened.gomods.get(document.uri) is document and document.uri not in self.plugins:
                self._begin(document, parse_gomod(document.text, gomod), project)

        self._spawn(look())

    def _begin(self, document: Document, gomod: GoMod, project: ProjectFile | None) -> None:
        settings = self._settings_for(document, project)
        if document.version is None and not settings.go_files:
            return
        host = find_host(document.folder, gomod, project, settings, self.folders)
        first_pass = partial(
            look, project=project, settings=settings, folders=self.folders, hosts=self._hosts, host=host
        )
        works, trusted = self._works(), settings.trusted
        takes_long = _is_large(document.text) or uses_many_modules(document.folder, works)
        if takes_long or (isinstance(host, HostReference) and self._hosts.takes_long(host.path)):
            self._spawn(self._begin_after(document, gomod, project, settings, first_pass))
        else:
            beside = read_plugin_files_at_once(document.folder, works, trusted=trusted)
            self._begin_with(document, project, settings, first_pass(document.path, gomod, beside=beside))

    async def _begin_after(
        self,
        document: Document,
        gomod: GoMod,
        project: ProjectFile | None,
        settings: Settings,
        first_pass: Callable[..., Look],
    ) -> None:
        """Begin with a large plugin, or one with a large host, after a first pass outside the event loop."""

        def run(gomod: GoMod, works: Mapping[str, str]) -> Look:
            beside = read_plugin_files(document.folder, works, trusted=settings.trusted)
            return first_pass(document.path, gomod, beside=beside)

        text = document.text
        first = await asyncio.to_thread(run, gomod, self._works())
        while document.text != text:
            text = document.text
            gomod = parse_gomod(text, gomod)
            first = await asyncio.to_thread(run, gomod, self._works())
        if self._opened.gomods.get(document.uri) is document and document.uri not in self._plugins:
            self._begin_with(document, project, settings, first)

    def _begin_with(self, document: Document, project: ProjectFile | None, settings: Settings, first: Look) -> None:
        overview = Overview(first.analysis)
        plugin = Plugin(
            document=document,
            project=project,
            settings=settings,
            host=first.host,
            overview=overview,
            findings=first.findings,
            beside=first.beside,
        )
        self._plugins[document.uri] = plugin
        self._watched.follow(plugin)
        self._find_imports(plugin)
        self._show(plugin)
        if first.beside.is_partial:
            self._spawn(self._read_rest(plugin, first.beside))
        self._ask(plugin, delay=0)

    def _renew(self, plugin: Plugin) -> None:
        """Read again what stands beside the plugin, and ask Go again."""
        document = plugin.document
        plugin.project = read_project_file(document.folder)
        plugin.settings = self._settings_for(document, plugin.project)
        if not read_again(document) or (document.version is None and not plugin.settings.go_files):
            self._drop(document.uri)
            return
        plugin.beside = self._read_beside(plugin)
        plugin.trials = {}
        gomod = parse_gomod(document.text, plugin.analysis.snapshot.gomod)
        plugin.host = find_host(document.folder, gomod, plugin.project, plugin.settings, self.folders)
        self._watched.follow(plugin)
        if isinstance(plugin.host, HostReference) and self._hosts.takes_long(plugin.host.path):
            self._spawn(self._refresh_after(plugin, plugin.host))
            return
        self._refresh(plugin)
        self._ask(plugin, delay=0)

    async def _refresh_after(self, plugin: Plugin, host: HostReference) -> None:
        """Check a plugin again once its changed host, which is large, was read outside the event loop."""
        await asyncio.to_thread(self._hosts.read, host.text, host.path)
        if self._plugins.get(plugin.document.uri) is plugin:
            self._refresh(plugin)
            self._ask(plugin, delay=0)

    def _settings_for(self, document: Document, project: ProjectFile | None) -> Settings:
        own, problems = with_values(self._settings, self._values.get(document.uri), SECTION)
        self._tell(problems)
        if project:
            self._tell(project.problems, project.path)
        return settings_for(own, document.path, project, self.folders)

    def _tell(self, problems: Iterable[str], path: str | None = None) -> None:
        """Tell what is wrong with the settings, or with the project file at `path`, each thing once."""
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                self.editor.warn(problem, path)

    def _refresh(self, plugin: Plugin) -> None:
        self._analyse(plugin)
        self._show(plugin)

    def _analyse(self, plugin: Plugin) -> None:
        document = plugin.document
        host = read_host(self._hosts, plugin.host)
        known = plugin.analysis.snapshot
        mains = tuple(self._current(main) for main in plugin.mains)
        snapshot = take_snapshot(
            document.path,
            parse_gomod(document.text, known.gomod),
            host,
            plugin.build,
            plugin.trouble,
            mains=mains,
            files=plugin.beside,
            trials=plugin.trials,
            local=self._env.local if self._env else None,
            before=known,
            trouble_at=plugin.trouble_at,
        )
        before = plugin.analysis
        plugin.overview = Overview(analyse(snapshot, plugin.settings.severity, before.cache, before))
        self._check(plugin)

    def _check(self, plugin: Plugin) -> None:
        plugin.findings = run_checks(plugin.analysis)
        self._find_imports(plugin)

    def _find_imports(self, plugin: Plugin) -> None:
        """Add the findings at the imports of open Go files to those of the checks."""
        plugin.opened = tuple(self._opened.compiled(plugin.document)) if plugin.settings.go_files else ()
        plugin.findings = (*plugin.findings, *import_findings(plugin.overview, plugin.findings, plugin.opened))

    def _show(self, plugin: Plugin) -> None:
        """Show what was found; hints and lenses are asked for anew where only that has changed."""
        self._unshown.discard(plugin.document.uri)
        self.editor.publish(plugin)
        said = count(len(plugin.findings), "finding")
        self.editor.trace(f"{plugin.document.path}: {said}", partial(_summary, plugin))
        before, plugin.shown = plugin.shown, Margin(plugin.settings, plugin.overview, plugin.findings)
        if before is None or before.is_stale(plugin.shown):
            self.editor.refresh()

    def _current(self, main: MainPackage) -> MainPackage:
        """A main package with the texts that its files have in the editor, which edits have to refer to."""
        return main._replace(files=tuple(self._current_file(each) for each in main.files))

    def _current_file(self, known: SourceFile) -> SourceFile:
        source = self._opened.source_at(known.path)
        if source is None or source.text == known.file.text:
            return known
        return SourceFile(known.path, parse_go_file(source.text))

    def _read_beside(self, plugin: Plugin) -> PluginFiles:
        """Read what stands beside a plugin; what takes long is read in a thread, and until then as it was before."""
        trusted = self._settings.trusted
        found = read_plugin_files_at_once(plugin.document.folder, self._works(), plugin.beside, trusted=trusted)
        if found.is_partial:
            self._spawn(self._read_rest(plugin, found))
        return found

    async def _read_rest(self, plugin: Plugin, unfinished: PluginFiles) -> None:
        """Read large build files and workspaces in a thread, and check the plugin with what they state."""
        found = await asyncio.to_thread(read_plugin_files, plugin.document.folder, self._works())
        if self._plugins.get(plugin.document.uri) is plugin and plugin.beside is unfinished:
            plugin.beside = found
            self._watched.follow(plugin)
            self._refresh(plugin)
            if (found.alone, found.workspace) != (unfinished.alone, unfinished.workspace):
                self._ask(plugin, delay=0)

    def _works(self) -> Mapping[str, str]:
        """The texts of the open go.work files, by path."""
        return {each.path: each.text for each in self._opened.sources.values() if _is_work(each.path)}

    def _ask(self, plugin: Plugin, delay: float) -> None:
        """Ask Go about the plugin's text; what was asked about an earlier text is dropped."""
        _stop(plugin)
        plugin.cancellation = Cancellation()
        plugin.task = self._spawn(self._refine(plugin, plugin.cancellation, delay))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A fault of ours in the background is told, not only when Python happens to collect the task."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._report(error)

    def _report(self, error: BaseException) -> None:
        _LOG.error("%s", error, exc_info=error)
        self.editor.log(f"internal error of layerg-pin: {error!r}")

    async def _refine(self, plugin: Plugin, cancellation: Cancellation, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            self._catch_up()
            question = self._question(plugin)
            if question is None:
                return
            self.editor.trace(f"asking Go about {plugin.document.path}", lambda: question.summary)
            async with self.editor.progress(f"asking Go about {plugin.name}", cancellation):
                answer = await asyncio.to_thread(ask, question, cancellation)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        except GoCancelled:
            return
        self._take(plugin, question, answer)
        with suppress(GoCancelled):
            await self._try(plugin, cancellation)

    async def _try(self, plugin: Plugin, cancellation: Cancellation) -> None:
        """Let Go try the fixes that are offered, and those that are offered instead where it refuses them.

        What was found is shown once all is tried.
        """
        if plugin.build is None or plugin.trouble or plugin.build.gomod.text != plugin.document.text:
            return
        question, env = self._question(plugin), self._env
        if question is None or env is None:
            return
        started, before = time.monotonic(), plugin.trials
        async with self.editor.progress(f"trying fixes for {plugin.name}", cancellation):
            tried = await asyncio.to_thread(try_fixes, question, plugin.analysis, env.modcache, cancellation)
        plugin.build, plugin.trials = tried.build, tried.trials
        number, seconds = len(plugin.trials) - len(before), time.monotonic() - started
        if number:
            self.editor.log(f"tried {number} fixes for {plugin.document.path} ({seconds:.2f} s)")
        if plugin.trials:
            self._refresh(plugin)

    def _question(self, plugin: Plugin, text: str | None = None) -> Question | None:
        """What Go is asked about a plugin, or about another text of its go.mod; None where there is no host."""
        gomod, host = plugin.analysis.snapshot.gomod, plugin.analysis.snapshot.host
        if not isinstance(host, HostManifest):
            return None
        if text is not None:
            gomod = parse_gomod(text, gomod)
        folder, workspace = plugin.document.folder, plugin.beside.workspace
        env = self._env if self._env_is_known else None
        alone = plugin.beside.alone
        return Question(
            folder=folder,
            gomod=gomod,
            host=host,
            settings=plugin.settings,
            env=env,
            unsaved=self._unsaved(plugin),
            workspace=workspace,
            alone=alone,
        )

    def _unsaved(self, plugin: Plugin) -> Mapping[str, str]:
        """The texts of the open .go files of the plugin's module, by path."""
        inside = plugin.document.folder + os.sep
        sources = (each for each in self._opened.sources.values() if not _is_work(each.path))
        return {each.path: each.text for each in sources if each.path.startswith(inside)}

    def _take(self, plugin: Plugin, question: Question, answer: Answer) -> None:
        if answer.env:
            self._env, self._env_is_known = answer.env, True
        self._hosts.keep(question.host, answer.host)
        if answer.build:
            plugin.build = keep_known(plugin.build, answer.build)
        plugin.trouble, plugin.trouble_at, plugin.absent = answer.trouble, answer.trouble_at, answer.absent
        plugin.mains, plugin.sources = answer.mains, answer.sources
        if self._plugins.get(plugin.document.uri) is plugin:
            self._watched.follow(plugin)
        self.editor.trace(f"Go has answered about {plugin.document.path}", lambda: answer.summary)
        said = answer.trouble or (f"{len(answer.build.packages)} packages" if answer.build else "nothing")
        self.editor.log(f"go list for {plugin.document.path}: {said} ({answer.seconds:.2f} s)")
        self._refresh(plugin)


def _is_large(text: str) -> bool:
    """Whether a first analysis of a go.mod may take longer than the event loop may wait."""
    return len(text) > _LARGE_TEXT or text.count("\n") > _LARGE_LINES


def _is_work(path: str) -> bool:
    return os.path.basename(path) == "go.work"


def _summary(plugin: Plugin) -> str:
    host = plugin.analysis.snapshot.host
    findings = (f"{each.severity} {each.code} in {each.path}: {each.message}" for each in plugin.findings)
    return "\n".join((f"host: {host_words(host)}", *findings))


def _stop(plugin: Plugin) -> None:
    plugin.cancellation.cancel()
    if plugin.task:
        plugin.task.cancel()
