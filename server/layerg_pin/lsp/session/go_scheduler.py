"""Ask Go about plugins in the background, and use its answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.engine.build_query import keep_known
from layerg_pin.go.module_cache import known_versions
from layerg_pin.go.query_types import Cancellation, GoCancelled
from layerg_pin.lsp.session.analyser import Analyser
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.diagnoser import Diagnoser
from layerg_pin.lsp.session.documents import OpenDocuments
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.go_tasks import Answer, Question, ask, try_fixes
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.watched_files import WatchedFiles
from layerg_pin.system.text_files import hashes_of, was_modified_since

IDLE_SECONDS = 0.4
"""How long the user must pause typing before Go is asked about the new text."""

_T = TypeVar("_T")


class GoScheduler:
    """Runs at most one task that asks Go for each plugin. A newer text cancels the task of an older one."""

    def __init__(
        self,
        editor: Editor,
        documents: OpenDocuments,
        analyser: Analyser,
        diagnoser: Diagnoser,
        watched: WatchedFiles,
        tasks: BackgroundTasks,
    ) -> None:
        self._editor = editor
        self._documents = documents
        self._analyser = analyser
        self._diagnoser = diagnoser
        self._watched = watched
        self._tasks = tasks
        self._running: set[Cancellation] = set()
        """The cancellations of running commands."""
        self._unopened = asyncio.Semaphore()
        """Limits Go to one plugin at a time, among the plugins without open files."""
        self._is_env_current = False
        """Whether `go env` is known for the `go` that the settings name."""

    def ask_soon(self, plugin: Plugin, delay: float) -> None:
        """Ask Go about a plugin after `delay` seconds, unless it is called again before that."""
        plugin.cancel_go()
        plugin.cancellation = Cancellation()
        plugin.task = self._tasks.start(self._ask(plugin, plugin.cancellation, delay))

    def forget_env(self) -> None:
        """Run `go env` again with the next question, because the settings may name another `go`."""
        self._is_env_current = False

    def question(self, plugin: Plugin, text: str | None = None) -> Question | None:
        """The question to Go about a plugin, or about another text of its go.mod; None if it has no host."""
        gomod, host = plugin.analysis.snapshot.gomod, plugin.analysis.snapshot.host
        if not isinstance(host, HostManifest):
            return None
        return Question(
            folder=plugin.document.folder,
            gomod=gomod if text is None else parse_gomod(text, gomod),
            host=host,
            settings=plugin.settings,
            env=self._analyser.go_env if self._is_env_current else None,
            unsaved=self._documents.go_texts(plugin.document.folder),
            workspace=plugin.files.workspace,
            outside_workspace=plugin.files.outside_workspace,
        )

    async def run(self, title: str, work: Callable[..., _T], *arguments: object) -> _T:
        """Run `work` in a thread with these arguments and a Cancellation, and return its result.

        The user can cancel it, and the end of the session does.
        """
        cancellation = Cancellation()
        self._running.add(cancellation)
        try:
            async with self._editor.progress(title, cancellation):
                return await asyncio.to_thread(work, *arguments, cancellation)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        finally:
            self._running.discard(cancellation)

    def cached_versions(self, module: str) -> tuple[str, ...]:
        """The versions of a module in Go's module cache; none before Go has said where that is."""
        env = self._analyser.go_env
        return known_versions(env.modcache, module) if env else ()

    def close(self) -> None:
        """Cancel all commands."""
        for cancellation in self._running:
            cancellation.cancel()

    async def _ask(self, plugin: Plugin, cancellation: Cancellation, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            document = plugin.document
            if document.version is None and not self._documents.has_source_of(document):
                async with self._unopened:
                    await self._ask_now(plugin, cancellation)
            else:
                await self._ask_now(plugin, cancellation)
        except asyncio.CancelledError:
            cancellation.cancel()
            raise

    async def _ask_now(self, plugin: Plugin, cancellation: Cancellation) -> None:
        try:
            self._diagnoser.catch_up()
            question = self.question(plugin)
            if question is None:
                return
            self._editor.trace(f"asking Go about {plugin.document.path}", lambda: question.summary)
            begun = time.time_ns()
            async with self._editor.progress(f"asking Go about {plugin.name}", cancellation):
                answer = await asyncio.to_thread(ask, question, cancellation)
            new = [path for path in answer.sources if path not in self._watched]
            hashes = await asyncio.to_thread(_hashes_at, begun, new) if new else {}
        except GoCancelled:
            return
        self._use(plugin, question, answer, hashes)
        await self._diagnoser.diagnose_in_steps(plugin)
        with suppress(GoCancelled):
            await self._try_fixes(plugin, cancellation)

    def _use(self, plugin: Plugin, question: Question, answer: Answer, hashes: Mapping[str, int | None]) -> None:
        if answer.env:
            self._analyser.go_env, self._is_env_current = answer.env, True
        self._analyser.hosts.keep(question.host, answer.host)
        if answer.build:
            plugin.build = keep_known(plugin.build, answer.build)
        plugin.go_failure, plugin.go_failure_target, plugin.needs_download = (
            answer.go_failure,
            answer.go_failure_target,
            answer.needs_download,
        )
        is_new, plugin.mains, plugin.sources = answer.sources != plugin.sources, answer.mains, answer.sources
        if is_new and not plugin.is_closed:
            self._watched.follow(plugin, hashes)
        self._editor.trace(f"Go has answered about {plugin.document.path}", lambda: answer.summary)
        result = answer.go_failure or (f"{len(answer.build.packages)} packages" if answer.build else "nothing")
        self._editor.log(f"go list for {plugin.document.path}: {result} ({answer.seconds:.2f} s)")

    async def _try_fixes(self, plugin: Plugin, cancellation: Cancellation) -> None:
        """Let Go try the offered fixes, and those that replace refused ones. Publishes once, at the end."""
        if plugin.build is None or plugin.go_failure or plugin.build.gomod.text != plugin.document.text:
            return
        question, env = self.question(plugin), self._analyser.go_env
        if question is None or env is None:
            return
        started, before = time.monotonic(), plugin.trials
        async with self._editor.progress(f"trying fixes for {plugin.name}", cancellation):
            tried = await asyncio.to_thread(try_fixes, question, plugin.analysis, env.modcache, cancellation)
        plugin.build, plugin.trials = tried.build, tried.trials
        if number := len(plugin.trials) - len(before):
            seconds = time.monotonic() - started
            self._editor.log(f"tried {number} fixes for {plugin.document.path} ({seconds:.2f} s)")
        if plugin.trials:
            await self._diagnoser.diagnose_in_steps(plugin)


def _hashes_at(moment: int, paths: Iterable[str]) -> dict[str, int | None]:
    """Digests of files; None for those that changed since a moment, so that Go is asked about them again."""
    hashes = hashes_of(paths)  # first, so that a change meanwhile is noticed
    return {path: None if was_modified_since(path, moment) else known for path, known in hashes.items()}
