"""Read from a compose file which images it uses, which images it builds, and which go commands its services run.

Source: https://docs.docker.com/reference/compose-file/services/.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.compose_services import ELSEWHERE, Service, services_file
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.yaml_nodes import Node, Scalar, entries, items, resolve
from layerg_pin.core.buildfiles.yaml_words import YamlText, YamlWords, is_mapping, load_yaml
from layerg_pin.core.text import Problem, Span

Load = Callable[[str], YamlText | None]
"""Reads another compose file, relative to the folder of the first one; None if it cannot be read."""

_MAX_EXTENDS = 10
"""Limit on a chain of services that extend each other."""
_MAX_INCLUDES = 50
_MERGED_PART = 8
"""A file that is read again to be merged counts as expanded text: one character for this many characters of it."""


def parse_compose(text: str, variables: Environment | None = None, budget: Budget | None = None) -> BuildFile:
    """Parse a compose file, with the variables of the `.env` file beside it; never raises.

    A file that is not valid YAML, or is too large, is not read at all: its `unread` says why. Without a `budget`, the
    bounds of one file apply.
    """
    budget = budget or Budget()
    loaded = load_yaml(text, budget)
    return merge_compose([loaded], loaded, ComposeVariables(variables or Environment()), budget)


def merge_compose(
    files: Sequence[YamlText],
    own: YamlText,
    variables: ComposeVariables,
    budget: Budget,
    load: Load = lambda _: None,
) -> BuildFile:
    """The content of one of several compose files that are merged in this order; never raises.

    `load` reads the files whose services are extended. Files that are included are only named in `composes`.

    An image, a command or a build that a later file replaces is not part of it.
    Source: https://docs.docker.com/reference/compose-file/merge/.
    """
    if own.unread:
        return own.unread
    services: dict[str, Service] = {}
    composes: list[str] = []
    uncertainties: list[Problem] = []
    unread = None
    file = own
    try:
        for file in files:
            if file is not own:
                budget.count_expanded(len(file.text) // _MERGED_PART)
            reader = _Reader(file, services, variables, budget, load, is_own=file is own)
            for document in file.documents:  # Docker Compose merges them
                reader.read(document)
            composes += reader.composes
            uncertainties += reader.uncertainties
    except LimitExceeded as error:
        budget.at = budget.at if file is own else 0
        unread = budget.problem(error)
    result = services_file(own.text, services, variables, budget)
    return result._replace(unread=unread or result.unread, composes=tuple(composes), uncertainties=tuple(uncertainties))


class _OtherWords(YamlWords):
    """The values of another file that this one is merged with. Their words have no position in this one."""

    def word(self, node: Node | None) -> Word | None:
        found = super().word(node)
        return found._replace(span=ELSEWHERE, inner=None) if found else None

    def command(self, node: Node | None) -> list[Word]:
        return [each._replace(span=ELSEWHERE, inner=None) for each in super().command(node)]


class _Reader:
    """Reads the services of a compose file. Its methods raise LimitExceeded."""

    def __init__(
        self,
        file: YamlText,
        services: dict[str, Service],
        variables: ComposeVariables,
        budget: Budget,
        load: Load,
        *,
        is_own: bool,
        folder: str = "",
    ) -> None:
        words = YamlWords if is_own else _OtherWords
        self._file, self._services, self._is_own, self._budget = file, services, is_own, budget
        self._variables, self._load = variables, load
        self._folder = folder
        """The folder of the file, relative to that of the project. Relative paths in the file start from it."""
        self._yaml = words(file.text, budget, variables.expand)
        self.composes: list[str] = []
        """The files that are included, relative to the folder."""
        self.uncertainties: list[Problem] = []
        """Why services may be missing."""

    def read(self, document: Node) -> None:
        for key, node in entries(document, self._budget):
            if key == "services":
                for name, service in entries(node, self._budget):
                    self._read_service(name, service)
            elif key == "include" and self._is_own:
                for each in items(node, self._budget)[:_MAX_INCLUDES]:
                    self._include(each)

    def _include(self, node: Node) -> None:
        yaml = self._yaml
        path = yaml.mapping(node).get("path") if is_mapping(node, self._budget) else node
        single = yaml.word(path)
        for word in [single] if single else yaml.words(path):
            if word.known and "://" not in word.text:
                self.composes.append(word.text)
            else:
                self._uncertainty(node, "the included file is not read")

    def _uncertainty(self, node: Node, fact: str) -> None:
        if self._is_own:
            self.uncertainties.append(Problem(fact, Span(node.span.start, node.span.start)))

    def _read_service(self, name: str, node: Node) -> None:
        if self._is_own:
            self._budget.at = node.span.start
        service = self._services.get(name)
        if service is None:
            self._budget.count_found()
            service = self._services[name] = Service(platform=self._variables.platform)
        service.place = Span(node.span.start, node.span.start) if self._is_own else service.place
        self._read_keys(service, node, _MAX_EXTENDS)

    def _extend(self, service: Service, node: Node, depth: int) -> None:
        """Apply the keys of the service that another one extends, in this file or in another one."""
        self._budget.count_expanded(len(self._file.text) // _MERGED_PART)
        fields = self._yaml.mapping(node)
        name, file = (
            self._yaml.word(fields.get("service")) or self._yaml.word(node),
            self._yaml.word(fields.get("file")),
        )
        if name is None or not depth:
            return
        path = self._relative(file.text) if file and file.known else ""
        other = self._load(path) if path else None
        if file and (other is None or other.unread):
            self._uncertainty(node, f"{file.text or 'the file'}, whose service is extended, is not read")
            return
        reader = self
        if other:
            folder = posixpath.dirname(path)
            reader = _Reader(
                other, self._services, self._variables, self._budget, self._load, is_own=False, folder=folder
            )
            service.is_extended |= self._is_own
        for document in reader._file.documents:
            services = dict(entries(dict(entries(document, self._budget)).get("services"), self._budget))
            if name.text in services:
                reader._read_keys(service, services[name.text], depth - 1)

    def _relative(self, path: str) -> str:
        """A path of this file, relative to the folder of the project."""
        if not self._folder or "://" in path:
            return path
        return posixpath.normpath(posixpath.join(self._folder, path))

    def _read_keys(self, service: Service, node: Node, depth: int) -> None:
        found = list(entries(node, self._budget))
        for key, value in found:
            if key == "extends":
                self._extend(service, value, depth)
        yaml = self._yaml
        for key, value in found:
            match key:
                case "image":
                    service.image = yaml.word(value) or service.image
                case "platform" if word := yaml.word(value):
                    service.platform = word.text if word.known else None
                case "entrypoint":
                    service.entrypoint = yaml.command(value)
                    check_words(len(service.entrypoint))
                case "command":
                    service.command = yaml.command(value)
                    check_words(len(service.command))
                case "build":
                    service.is_built_here |= self._is_own
                    self._read_build(service, value)
                case "environment":
                    yaml.set_variables(value, service.environment)
                case "profiles":
                    service.profiles = [word.text if word.known else None for word in yaml.words(value)]
                case "working_dir":
                    service.working_folder = yaml.word(value) or service.working_folder
                case "volumes":
                    service.mounts += self._mounts(value)
                    check_words(len(service.mounts))

    def _mounts(self, node: Node) -> Iterator[tuple[str, str]]:
        """The source and the target of each volume, written as `SOURCE:TARGET` or as a mapping."""
        for each in items(node, self._budget):
            fields = self._yaml.mapping(each)
            if word := self._yaml.word(each):
                source, _, rest = word.text.partition(":/")
                yield self._source(source) if word.known else "?", f"/{rest.partition(':')[0]}"
            elif target := self._yaml.word(fields.get("target")):
                named = self._yaml.word(fields.get("source"))
                yield (self._source(named.text) if named.known else "?") if named else "", target.text

    def _source(self, source: str) -> str:
        """The source of a volume: a folder, or the name of a volume, which stays."""
        return self._relative(source) if source.startswith(".") else source

    def _read_build(self, service: Service, node: Node) -> None:
        yaml = self._yaml
        if folder := yaml.word(node):  # `build: FOLDER`
            service.context = self._context(folder)
            return
        for key, value in entries(node, self._budget):
            word = yaml.word(value)
            match key:
                case "context" if word:
                    service.context = self._context(word)
                case "dockerfile" if word:
                    service.dockerfile = word.text if word.known else None
                    service.context = self._relative(".") if service.context == "" else service.context
                case "args":
                    for name, argument in self._arguments_of_build(value):
                        service.context = self._relative(".") if service.context == "" else service.context
                        check_words(len(service.arguments))
                        service.arguments[name] = argument
                case "dockerfile_inline" if self._is_own and isinstance(inline := resolve(value, self._budget), Scalar):
                    service.inline = inline
                    service.context = self._relative(".") if service.context == "" else service.context
                case "platforms":
                    for each in [word] if word else yaml.words(value):
                        service.build_platforms.append(each.text if each.known else None)
                        check_words(len(service.build_platforms))

    def _arguments_of_build(self, node: Node) -> Iterator[tuple[str, str | None]]:
        """The arguments of a build, written as an environment is; None for an unknown value.

        One without a value has that of the variable, or the Dockerfile's default if there is no such variable.
        """
        for name, value in entries(node, self._budget):
            word, scalar = self._yaml.word(value), resolve(value, self._budget)
            is_plain = isinstance(scalar, Scalar) and not scalar.style
            if word and not (is_plain and word.text in ("null", "~")):
                yield name, word.text if word.known else None
            elif not is_plain:
                yield name, ""
            else:
                yield from self._given(name)
        for word in self._yaml.words(node):
            name, equals, given = word.text.partition("=")
            if equals:
                yield name, given if word.known else None
            else:
                yield from self._given(name)

    def _given(self, name: str) -> Iterator[tuple[str, str | None]]:
        if self._variables.has(name):
            yield name, self._variables.expand(f"${{{name}}}")

    def _context(self, folder: Word) -> str | None:
        return self._relative(folder.text.rstrip("/") or ".") if folder.known else None
