"""Parse vendor/modules.txt: the modules and packages of a vendored build.

    # MODULE VERSION [=> MODULE [VERSION]]     a module; the packages below belong to it
    # MODULE => MODULE [VERSION]               a replacement of every version
    ## explicit; go 1.21                       annotations of the module above; `## workspace` is at the top
    PACKAGE                                    a package of the module above

Source: cmd/go/internal/modload/vendor.go. Go silently skips invalid lines; here they are in `problems`, and so are
incomplete versions, which `go mod vendor` writes only if it is interrupted.
"""

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple, TypeVar

from layerg_pin.core.gomod.size_limits import MAX_MODULES_TXT, MAX_MODULES_TXT_LINES, excess, unread_part
from layerg_pin.core.gomod.versions import canonical_version
from layerg_pin.core.text import FIELD, Problem, Span, same_at_end, same_lines


class VendoredModule(NamedTuple):
    """A module's line. `version` is the one left of `=>`; None for a replacement of every version."""

    path: str
    version: str | None
    span: Span
    """The path and the version, or only the path."""
    replacement: str | None = None
    replacement_version: str | None = None
    explicit: bool = False
    go: str | None = None
    packages: tuple[str, ...] = ()


class ModulesTxt(NamedTuple):
    """The modules in file order, including lines that only define a replacement."""

    text: str
    """The parsed part of the text, see `excess`."""
    modules: tuple[VendoredModule, ...]
    workspace: bool
    problems: tuple[Problem, ...]
    excess: Problem | None = None
    """A problem at line 1 if the text exceeds the limits (size_limits.py)."""


_ELEMENT = r"[A-Za-z0-9._~+-]*[A-Za-z0-9_~+-]"
_IMPORT_PATH = re.compile(rf"(?!-){_ELEMENT}(/{_ELEMENT})*")
_PLAIN = re.compile(r"# ([!-~]+) ([!-~]+)")


class _Field(NamedTuple):
    text: str
    span: Span


def parse_modules_txt(text: str, before: ModulesTxt | None = None, limit: int = MAX_MODULES_TXT) -> ModulesTxt:
    """Parse a modules.txt, up to `limit` characters; never raises.

    `before` is the result for an earlier text. The modules above and below the difference are reused.
    """
    if cut := excess(text, limit, MAX_MODULES_TXT_LINES):
        text = text[: cut.start]
        return parse_modules_txt(text, before)._replace(excess=unread_part(text, "modules.txt", cut))
    if before is None or before.workspace:  # the workspace annotation may be anywhere above the first module
        return ModulesTxt(text, *_read(text, 0, len(text)))
    moved = len(text) - len(before.text)
    starts = [before.text.rfind("\n", 0, module.span.start) + 1 for module in before.modules]
    above = max(
        0, bisect_left(starts, same_lines(before.text, text)) - 1
    )  # the changed lines may continue the previous module
    start = starts[above] if above else 0
    below = bisect_right(starts, len(before.text) - same_at_end(before.text, text, start))
    end = starts[below] if below < len(starts) else len(before.text)
    modules, workspace, problems = _read(text, start, end + moved)
    return ModulesTxt(
        text,
        (*before.modules[:above], *modules, *(_moved(module, moved) for module in before.modules[below:])),
        workspace,
        (
            *(problem for problem in before.problems if problem.span.start < start),
            *problems,
            *(_moved(problem, moved) for problem in before.problems if problem.span.start >= end),
        ),
    )


_Spanned = TypeVar("_Spanned", VendoredModule, Problem)


def _moved(what: _Spanned, by: int) -> _Spanned:
    return what._replace(span=Span(what.span.start + by, what.span.end + by)) if by else what


def _read(text: str, first: int, last: int) -> tuple[tuple[VendoredModule, ...], bool, tuple[Problem, ...]]:
    """Parse between two line starts. Returns the modules, whether there is a workspace annotation, and the problems."""
    modules: list[VendoredModule] = []
    problems: list[Problem] = []
    packages: list[str] = []
    module: VendoredModule | None = None
    workspace = lost = False
    end = first - 1
    is_import_path = _IMPORT_PATH.fullmatch
    for line in text[first:last].split("\n"):
        start = end + 1
        end = start + len(line)
        if module and is_import_path(line):  # nearly all lines
            packages.append(line)
            continue
        if line.startswith("## "):
            annotations = [entry.strip() for entry in line[3:].split(";")]
            workspace = workspace or (module is None and "workspace" in annotations)
            module = module and _annotated(module, annotations)
            continue
        if line.startswith("# "):
            _close(modules, module, packages)
            module, problem = _module(text, start, end)
            lost = module is None
            if problem:
                problems.append(problem)
            continue
        fields = _fields(text, start, end)
        if not fields:
            continue
        whole = _whole(fields)
        if len(fields) != 1 or not is_import_path(fields[0].text):
            problems.append(Problem("this line is not a module, an annotation or a package", whole))
        elif module is None:
            if lost:
                continue  # the module's own line is already a problem
            problems.append(Problem(f"package {fields[0].text} has no module line above it", whole))
        else:
            packages.append(fields[0].text)
    _close(modules, module, packages)
    return tuple(modules), workspace, tuple(problems)


def _fields(text: str, start: int, end: int) -> list[_Field]:
    return [_Field(word[0], Span(word.start(), word.end())) for word in FIELD.finditer(text, start, end)]


def _whole(fields: list[_Field]) -> Span:
    return Span(fields[0].span.start, fields[-1].span.end)


def _close(modules: list[VendoredModule], module: VendoredModule | None, packages: list[str]) -> None:
    if module:
        modules.append(VendoredModule(*module[:-1], tuple(packages)) if packages else module)
    packages.clear()


def _module(text: str, start: int, end: int) -> tuple[VendoredModule | None, Problem | None]:
    """The module of a `# …` line and the line's problem. The module is kept if only its replacement is invalid."""
    plain = _PLAIN.fullmatch(text, start, end)  # most lines
    if plain and canonical_version(plain[2]) == plain[2]:
        return VendoredModule(plain[1], plain[2], Span(plain.start(1), end)), None
    fields = _fields(text, start, end)
    texts = [field.text for field in fields]
    if len(texts) >= 3 and canonical_version(texts[2]) == texts[2]:
        module = VendoredModule(texts[1], texts[2], Span(fields[1].span.start, fields[2].span.end))
        rest = texts[3:]
    elif len(texts) >= 3 and texts[2] == "=>":
        module = VendoredModule(texts[1], None, fields[1].span)
        rest = texts[2:]
    else:
        return None, Problem("a module's line must read: # module/path v1.2.3", _whole(fields))
    if not rest:
        return module, None
    if rest[0] != "=>" or not 2 <= len(rest) <= 3 or (len(rest) == 3 and canonical_version(rest[2]) != rest[2]):
        return module, Problem("a replacement must read: => module/path v1.2.3, or => ../folder", _whole(fields))
    return module._replace(replacement=rest[1], replacement_version=rest[2] if len(rest) == 3 else None), None


def _annotated(module: VendoredModule, annotations: list[str]) -> VendoredModule:
    go = next((entry.removeprefix("go ") for entry in annotations if entry.startswith("go ")), module.go)
    path, version, span, replacement, replacement_version, explicit, _, packages = module
    explicit = explicit or "explicit" in annotations
    return VendoredModule(
        path=path,
        version=version,
        span=span,
        replacement=replacement,
        replacement_version=replacement_version,
        explicit=explicit,
        go=go,
        packages=packages,
    )
