"""Parse GitHub workflows for the images, services, Go releases and commands of their jobs.

Expressions `${{ … }}` become references of the same length, so that offsets stay. Sources:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, https://github.com/actions/setup-go,
https://github.com/docker/build-push-action.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, BuildStep, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.pipeline_jobs import PipelineJobs, read_jobs, runner_image
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_container_command, shell_values
from layerg_pin.core.buildfiles.shell_words import Expand, Word
from layerg_pin.core.buildfiles.yaml_nodes import Node, Scalar, items, resolve
from layerg_pin.core.buildfiles.yaml_words import YamlWords
from layerg_pin.core.text import Span

SETUP_GO = "actions/setup-go"
_STEP_COST = 10
"""The characters of expanded text that each step counts as."""
_EXPRESSION = re.compile(r"\$\{\{([^{}$\n]*)\}\}")
_REFERENCE = re.compile(r"\$\{ (.*) \}")
_LITERAL = re.compile(r"'([^']*)'|(\d[\d.]*)")
_NAMED = re.compile(r"(env|matrix)\.([\w-]+)", re.ASCII)
_OPTIONAL = re.compile(r"(?:env|vars|inputs|github\.event\.inputs)\.[\w-]+", re.ASCII)
"""A value that is empty unless the workflow, its caller or the repository's settings set it."""
_GO_VERSION = re.compile(r"[~=v]*(\d+(?:\.\d+){0,2}(?:(?:rc|beta|-rc|-beta)\.?\d+)?)(?:\.x|\.\*)?", re.ASCII)


def parse_workflow(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a workflow; never raises. Without a `budget`, the limits of one file apply."""
    return read_jobs(_EXPRESSION.sub(r"${ \1 }", text), budget, _read)._replace(is_ci_or_dev=True)


def _read(yaml: YamlWords, documents: Sequence[Node], jobs: PipelineJobs) -> None:
    for document in documents:
        _read_document(yaml, document, jobs)


def _read_document(yaml: YamlWords, document: Node, jobs: PipelineJobs) -> None:
    whole = yaml.mapping(document)
    environment = Environment()
    yaml.with_values(_expressions(environment, {})).set_variables(whole.get("env"), environment)
    _enter(yaml, whole, environment)
    for node in yaml.mapping(whole.get("jobs")).values():
        yaml.budget.at = node.span.start
        yaml.budget.count_found()
        _Job(yaml, yaml.mapping(node), environment.fork(), jobs, node.span).run()


class _Job:
    """One job. Its methods raise LimitExceeded."""

    def __init__(
        self, yaml: YamlWords, job: Mapping[str, Node], environment: Environment, jobs: PipelineJobs, span: Span
    ) -> None:
        self._job, self._environment, self._jobs = job, environment, jobs
        self._matrix = _matrix(yaml, job)
        self._yaml = yaml.with_values(_expressions(environment, self._matrix))
        self._image: BuildImage = runner_image(span)
        self._pending: list[BuildStep] = []

    def run(self) -> None:
        """Read the images and steps."""
        yaml, job = self._yaml, self._job
        yaml.set_variables(job.get("env"), self._environment)
        _enter(yaml, job, self._environment)
        if container := job.get("container"):
            fields = yaml.mapping(container)
            self._image = self._jobs.image(yaml.word(fields.get("image") or container)) or self._image
            yaml.set_variables(fields.get("env"), self._environment)
        for service in yaml.mapping(job.get("services")).values():
            self._jobs.image(yaml.word(yaml.mapping(service).get("image")))
        for step in items(job.get("steps"), yaml.budget):
            yaml.budget.count_expanded(_STEP_COST)  # several jobs can have the same list
            self._step(yaml.mapping(step))

    def _step(self, step: Mapping[str, Node]) -> None:
        environment = self._environment.copy()
        yaml = self._yaml.with_values(_expressions(environment, self._matrix))
        yaml.set_variables(step.get("env"), environment)
        if folder := yaml.word(step.get("working-directory")):
            environment.enter(folder)
        place = CommandContext(self._jobs.text, yaml.budget, self._image)
        if "run" in step:
            self._jobs.run(yaml.run(step["run"], place, environment), self._pending)
        action = yaml.word(step.get("uses"))
        if action is None:
            return
        given = yaml.mapping(step.get("with"))
        name = action.text.partition("@")[0]
        if name == SETUP_GO:
            self._image = _setup_go(yaml, given, action.span)
        elif name == "docker/build-push-action":
            self._jobs.builds += _image_build(yaml, given)
        elif action.text.startswith("docker://"):
            start = action.span.start + len("docker://")
            word = Word(action.text.removeprefix("docker://"), Span(start, action.span.end), action.known)
            place = place._replace(image=self._jobs.image(word))
            words = [*yaml.command(given.get("entrypoint")), *yaml.command(given.get("args"))]
            found = parse_container_command(place, words, environment, yaml.expand) if words else None
            self._jobs.run([found] if found else [], self._pending)


def _enter(yaml: YamlWords, owner: Mapping[str, Node], environment: Environment) -> None:
    """Apply `defaults.run.working-directory`."""
    run = yaml.mapping(yaml.mapping(owner.get("defaults")).get("run"))
    if folder := yaml.word(run.get("working-directory")):
        environment.enter(folder)


def _expressions(environment: Environment, matrix: Mapping[str, str | None]) -> Expand:
    """A function that evaluates expressions, and references of the shell."""
    of_shell = shell_values(environment)

    def expand(reference: str) -> str | None:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            return of_shell(reference)
        *optional, last = (each.strip() for each in match[1].split("||"))
        for operand in optional:
            value = _operand(operand, environment, matrix)
            if value or (value is None and not _OPTIONAL.fullmatch(operand)):
                return value
        return _operand(last, environment, matrix)

    return expand


def _operand(text: str, environment: Environment, matrix: Mapping[str, str | None]) -> str | None:
    if literal := _LITERAL.fullmatch(text):
        return literal[1] if literal[1] is not None else literal[2]
    named = _NAMED.fullmatch(text)
    if named is None:
        return None
    return environment.values.get(named[2]) if named[1] == "env" else matrix.get(named[2])


def _matrix(yaml: YamlWords, job: Mapping[str, Node]) -> dict[str, str | None]:
    """The values of the matrix that all of its combinations share; the others are unknown."""
    matrix = yaml.mapping(yaml.mapping(job.get("strategy")).get("matrix"))
    values: dict[str, set[str | None]] = {}
    for name, node in matrix.items():
        if name not in ("include", "exclude"):
            found = [_literal(yaml, each) for each in items(node, yaml.budget)]
            values[name] = set(found) or {None}
    for combination in items(matrix.get("include"), yaml.budget):
        for name, node in yaml.mapping(combination).items():
            values.setdefault(name, set()).add(_literal(yaml, node))
    return {name: next(iter(each)) if len(each) == 1 else None for name, each in values.items()}


def _literal(yaml: YamlWords, node: Node) -> str | None:
    scalar = resolve(node, yaml.budget)
    return scalar.value if isinstance(scalar, Scalar) and "$" not in scalar.value else None


def _setup_go(yaml: YamlWords, given: Mapping[str, Node], span: Span) -> BuildImage:
    """The Go that `actions/setup-go` installs, as an image; its release is unknown if a file states it.

    A range means the newest release in it: `1.22.x` is 1.22, and `^1.22` is 1.
    """
    word = yaml.word(given.get("go-version"))
    match = _GO_VERSION.fullmatch(word.text) if word and word.known else None
    tag = match[1].replace("-", "").replace("rc.", "rc") if match else None
    if word and word.text.startswith("~") and tag:
        tag = ".".join(tag.split(".")[:2])
    elif word and re.match(r"\^1\.", word.text):
        tag = "1"
    place = word.span if word else span
    text = yaml.text[place.start : place.end]
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    place = Span(place.start + 1, place.end - 1) if quoted else place
    return BuildImage(kind=ImageKind.OTHER, name=SETUP_GO, tag=tag, digest="", span=place)


def _image_build(yaml: YamlWords, given: Mapping[str, Node]) -> list[ImageBuild]:
    """The build of `docker/build-push-action`. Without a context it is the repository."""
    folder, file, platforms = (yaml.word(given.get(name)) for name in ("context", "file", "platforms"))
    if any(word and not word.known for word in (folder, file)) or (folder and "://" in folder.text):
        return []
    context = (folder.text.rstrip("/") if folder else "") or "."
    arguments: dict[str, str | None] = {}
    scalar = resolve(given["build-args"], yaml.budget) if "build-args" in given else None
    for line in yaml.command(scalar) if isinstance(scalar, Scalar) else ():
        name, equals, value = line.text.partition("=")
        arguments[name] = value if equals and line.known else None
    platform = platforms.text if platforms and platforms.known and "," not in platforms.text else None
    dockerfile = file.text.removeprefix("./") if file else f"{context}/Dockerfile"
    return [ImageBuild(dockerfile, context, arguments, platform)]
