"""vendor/modules.txt: the modules and packages that a vendored build uses.

    # MODULE VERSION [=> MODULE [VERSION]]     a module; the packages that follow are its
    # MODULE => MODULE [VERSION]               a replacement of every version
    ## explicit; go 1.21                       about the module above; `## workspace` stands at the top
    PACKAGE                                    a package that the module above provides

Source: cmd/go/internal/modload/vendor.go. Go skips in silence what it cannot read; here it stands in `problems`,
and so does a version that is not written in full, which `go mod vendor` never leaves unless it is interrupted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from layerg_pin.core.text import FIELD, Problem, Span
from layerg_pin.core.versions import canonical_version


class VendoredModule(NamedTuple):
    """A module's line. `version` is the one left of `=>`, None for a replacement of every version."""

    path: str
    version: str | None
    span: Span
    """The path and the version, or the path alone."""
    replacement: str | None = None
    replacement_version: str | None = None
    explicit: bool = False
    go: str | None = None
    packages: tuple[str, ...] = ()


class ModulesTxt(NamedTuple):
    """Modules in file order, those that only tell a replacement included."""

    modules: tuple[VendoredModule, ...]
    workspace: bool
    problems: tuple[Problem, ...]


_ELEMENT = r"[A-Za-z0-9._~+-]*[A-Za-z0-9_~+-]"
_IMPORT_PATH = re.compile(rf"(?!-){_ELEMENT}(/{_ELEMENT})*")


class _Field(NamedTuple):
    text: str
    span: Span


def parse_modules_txt(text: str) -> ModulesTxt:
    """Read a modules.txt; never raises."""
    modules: list[VendoredModule] = []
    problems: list[Problem] = []
    packages: list[str] = []
    module: VendoredModule | None = None
    workspace = lost = False
    end = -1
    for line in text.split("\n"):
        start = end + 1
        end = start + len(line)
        if module and _IMPORT_PATH.fullmatch(line):  # as nearly all lines are
            packages.append(line)
            continue
        fields = [_Field(word[0], Span(word.start(), word.end())) for word in FIELD.finditer(text, start, end)]
        if not fields:
            continue
        whole = Span(fields[0].span.start, fields[-1].span.end)
        if line.startswith("# "):
            _close(modules, module, packages)
            module, problem = _module(fields)
            lost = module is None
            if problem:
                problems.append(Problem(problem, whole))
        elif line.startswith("## "):
            annotations = [entry.strip() for entry in line[3:].split(";")]
            workspace = workspace or (module is None and "workspace" in annotations)
            module = module and _annotated(module, annotations)
        elif len(fields) != 1 or not _IMPORT_PATH.fullmatch(fields[0].text):
            problems.append(Problem("neither a module, a remark nor a package", whole))
        elif module is None:
            if lost:
                continue  # its module's line is the problem, and told already
            problems.append(Problem(f"package {fields[0].text} stands under no module", fields[0].span))
        else:
            packages.append(fields[0].text)
    _close(modules, module, packages)
    return ModulesTxt(tuple(modules), workspace, tuple(problems))


def _close(modules: list[VendoredModule], module: VendoredModule | None, packages: list[str]) -> None:
    if module:
        modules.append(module._replace(packages=tuple(packages)))
    packages.clear()


def _module(fields: list[_Field]) -> tuple[VendoredModule | None, str | None]:
    """The module of a `# …` line, and what is wrong with the line; a broken replacement leaves the module."""
    texts = [field.text for field in fields]
    if len(texts) >= 3 and canonical_version(texts[2]) == texts[2]:
        module = VendoredModule(texts[1], texts[2], Span(fields[1].span.start, fields[2].span.end))
        rest = texts[3:]
    elif len(texts) >= 3 and texts[2] == "=>":
        module = VendoredModule(texts[1], None, fields[1].span)
        rest = texts[2:]
    else:
        return None, "a module's line must read: # module/path v1.2.3"
    if not rest:
        return module, None
    if rest[0] != "=>" or not 2 <= len(rest) <= 3 or (len(rest) == 3 and canonical_version(rest[2]) != rest[2]):
        return module, "a replacement must read: => module/path v1.2.3, or => ../folder"
    return module._replace(replacement=rest[1], replacement_version=rest[2] if len(rest) == 3 else None), None


def _annotated(module: VendoredModule, annotations: list[str]) -> VendoredModule:
    go = next((entry.removeprefix("go ") for entry in annotations if entry.startswith("go ")), module.go)
    return module._replace(explicit=module.explicit or "explicit" in annotations, go=go)
