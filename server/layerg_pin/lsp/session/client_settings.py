"""The client's settings for each file, and the problems in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings, with_values
from layerg_pin.lsp.protocol.client import SECTION
from layerg_pin.lsp.session.documents import Document, OpenDocuments
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.first_pass import settings_for


class ClientSettings:
    """Settings for all files, and on top of them the client's settings for single files where it can be asked."""

    def __init__(self, editor: Editor, documents: OpenDocuments) -> None:
        self._editor = editor
        self._documents = documents
        self._common = Settings()
        self._values: dict[str, object] = {}
        """The client's settings by the URI of a go.mod."""
        self._reported: set[str] = set()
        """The problems that the user was warned of."""
        self.folders: tuple[str, ...] = ()
        """The workspace's folders, absolute."""

    @property
    def trusted(self) -> bool:
        """Whether the session may run Go and read files outside the workspace."""
        return self._common.trusted

    @property
    def readable_folders(self) -> tuple[str, ...] | None:
        """The folders in which files above a plugin may be read; None for all."""
        return None if self.trusted else self.folders

    def set_trust(self, trusted: bool) -> None:
        """Set whether the workspace is trusted."""
        self._common = self._common._replace(trusted=trusted)

    def update_common(self, values: object, origin: str) -> None:
        """Replace the settings that `values` contains. `origin` names their source in messages."""
        self._common, problems = with_values(self._common, values, origin)
        self._warn(problems)

    def update_files(self, values: Mapping[str, object]) -> None:
        """Take the client's settings for files, by URI."""
        self._values.update(values)

    def are_known(self, document: Document) -> bool:
        """Whether the settings of a go.mod need not be requested first."""
        return self._editor.configuration is None or document.uri in self._values

    async def request(self, document: Document) -> bool:
        """Request the client's settings for a go.mod. Returns whether they changed."""
        if self._editor.configuration is None:
            return False
        values = await self._editor.configuration(document.uri)
        if self._documents.gomods.get(document.uri) is not document:
            return False  # it was closed meanwhile
        is_known = document.uri in self._values and self._values[document.uri] == values
        self._values[document.uri] = values
        return not is_known

    def forget(self, uri: str) -> None:
        """Forget the settings of a go.mod that was closed."""
        self._values.pop(uri, None)

    def effective(self, document: Document, project: ProjectFile | None) -> Settings:
        """The effective settings of a go.mod. Warns the user of each problem once."""
        own, problems = with_values(self._common, self._values.get(document.uri), SECTION)
        self._warn(problems)
        if project:
            self._warn(project.problems, project.path)
        return settings_for(own, document.path, project, self.folders)

    def _warn(self, problems: Iterable[str], path: str | None = None) -> None:
        for problem in problems:
            if problem not in self._reported:
                self._reported.add(problem)
                self._editor.warn(problem, path)
