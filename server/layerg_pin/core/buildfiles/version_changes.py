"""Detect build commands that change versions of modules, or Go settings, for later builds.

Sources: `go help get`, `go help mod edit`, `go help mod tidy`, `go help work`, `go help env`. These commands keep the
versions of a complete go.mod and are not reported: `go mod download`, `go mod tidy`, `go mod vendor`, `go install X@V`,
`go get ./...` without `-u`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import pairwise

from layerg_pin.core.buildfiles.build_file import BuildStep
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.text import Span

_MAX_TEXT = 80
_LOCAL = re.compile(r"\.{1,2}(?:/|\Z)|/|all\Z|std\Z|cmd\Z")
"""Arguments of `go get` that are packages of the module itself."""
_EDITS = ("require", "droprequire", "replace", "dropreplace", "exclude", "dropexclude", "go", "toolchain", "godebug")
_FILES = ("go.mod", "go.sum", "go.work", "go.work.sum")
_COPIED = (*_FILES, "vendor", "modules.txt")
_COPIES = frozenset(("cp", "mv", "install", "ln", "COPY", "ADD"))
_PATCHES = ("apply", "am")
_VERSIONED = ("checkout", "restore", "reset", "rm", "mv", "show")
_WRITES = frozenset(("tee", "truncate", "sponge"))
_DOWNLOADS = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}
WRITERS = _COPIES | _WRITES | _DOWNLOADS.keys() | {"patch", "git", "awk", "gawk"}
"""Commands other than go that can write the files that determine versions."""
_PATCH_FILES = (".patch", ".diff")
_ELSEWHERE = re.compile(r"/tmp(?:/|\Z)|/var/tmp(?:/|\Z)")


def step_of(words: Sequence[Word], start: int) -> BuildStep | None:
    """The step of a command, given its words from the name on; None if it changes no versions."""
    known = [word.text if word.known else "" for word in words]
    name = known[0].rsplit("/", 1)[-1]
    span = Span(min(start, words[0].span.start), max(word.span.end for word in words))
    modules: tuple[tuple[str, str], ...] = ()
    if name == "go":
        if known[1:2] == ["get"]:
            if not _raises(known[2:], words[2:]):
                return None
            modules = _modules(words[2:])
        elif not _changes(known[1:]):
            return None
    elif not _rewrites(name, known[1:]):
        return None
    text = " ".join(word.text for word in words)
    text = text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
    return BuildStep(span, text, modules)


def leaves_the_module(words: Sequence[Word]) -> bool:
    """Whether a command changes to a temporary folder, where later commands concern another module."""
    return len(words) == 2 and words[0].text in ("cd", "pushd") and _ELSEWHERE.match(words[1].text) is not None


def _raises(arguments: Sequence[str], words: Sequence[Word]) -> bool:
    """Whether `go get` changes versions."""
    flags = [each.lstrip("-").partition("=")[0] for each in arguments if each.startswith("-")]
    if "u" in flags or "tool" in flags:
        return True
    paths = [word for word in words if not word.text.startswith("-")]
    return any(not word.known or "@" in word.text or not _LOCAL.match(word.text) for word in paths)


def _modules(words: Sequence[Word]) -> tuple[tuple[str, str], ...]:
    """The path and version of each argument; empty if one is unknown, or if the flags raise other modules as well."""
    if not all(word.known for word in words) or any(re.match(r"--?u\b", word.text) for word in words):
        return ()
    parts = [word.text.partition("@") for word in words if not word.text.startswith("-")]
    return tuple((path, version) for path, _, version in parts)


def _changes(words: Sequence[str]) -> bool:
    """Whether a go command other than `go get` changes versions or settings."""
    flags = [each.lstrip("-").partition("=")[0] for each in words if each.startswith("-")]
    match words[:2]:
        case ["mod", "init"]:
            return True
        case ["mod", "edit"]:
            return any(flag in _EDITS for flag in flags)
        case ["mod", "tidy"]:
            return "go" in flags
        case ["work", "init" | "use" | "sync"]:
            return True
        case ["work", "edit"]:
            return any(flag in (*_EDITS, "use", "dropuse") for flag in flags)
        case ["env", _]:
            return "w" in flags and any(_setting(word) for word in words[1:])
    return False


def _setting(word: str) -> bool:
    """Whether a setting of `go env -w` can change the Go toolchain or the go.mod of a build."""
    name, _, value = word.partition("=")
    if name == "GOFLAGS":
        return not value or "-mod=mod" in value or "-modfile" in value
    return (name == "GOTOOLCHAIN" and value != "local") or (name == "GOWORK" and value != "off")


def _rewrites(name: str, arguments: Sequence[str]) -> bool:
    """Whether a command removes or edits the files that determine versions."""
    files = [each for each in arguments if each.rsplit("/", 1)[-1] in _FILES]
    if name == "rm":
        return bool(files)
    in_place = any(re.match(r"-\w*i|--in-place", each) for each in arguments)
    if name in ("awk", "gawk"):
        return "inplace" in arguments and bool(files)
    if name in _WRITES:
        return bool(files)
    if name in _DOWNLOADS:
        values = [after for option, after in pairwise(arguments) if option in _DOWNLOADS[name]]
        values += [each.partition("=")[2] for each in arguments if each.startswith("--output")]
        return any(each.rsplit("/", 1)[-1] in _FILES for each in values)
    if name == "patch":  # without a file's name, the patch itself names the files
        named = [each for each in arguments if not each.startswith("-")]
        return bool(files) or not named or not re.search(r"\.\w+\Z", named[0]) or named[0].endswith(_PATCH_FILES)
    if name == "git":
        verb = next((each for each in arguments if not each.startswith("-")), "")
        checks_only = any(each in ("--check", "--stat", "--numstat") for each in arguments)
        return (verb in _PATCHES and not checks_only) or (verb in _VERSIONED and bool(files))
    return name in ("sed", "perl") and in_place and bool(files)


def writing_step(text: str, words: Sequence[Word], folder: str | None) -> BuildStep | None:
    """The step of a command whose output is redirected to go.mod or go.sum, as in `envsubst < go.mod.in > go.mod`."""
    for word in words:
        before = text[max(0, word.span.start - 20) : word.span.start].rstrip(" \t\"'")
        is_target = word.known and word.text.rsplit("/", 1)[-1] in _FILES
        if is_target and before.endswith(">") and not before.endswith("2>"):
            return _written(words, (), _inside(folder, posixpath.dirname(word.text)))
    return None


def copying_step(words: Sequence[Word], folder: str | None) -> BuildStep | None:
    """The step of a `cp SOURCE… TARGET` or COPY that replaces go.mod, go.sum or vendor."""
    name = words[0].text.rsplit("/", 1)[-1]
    paths = [word for word in words[1:] if not word.text.startswith("-")]
    if name not in _COPIES or len(paths) < 2 or any(word.text.startswith("--from") for word in words):
        return None
    target, sources = paths[-1].text, [word.text for word in paths[:-1]]
    base = posixpath.basename(target.rstrip("/"))
    is_folder = target.endswith("/") or base in ("", ".", "..") or len(sources) > 1
    if base in _COPIED and (not is_folder or base == "vendor"):
        return _written(words, tuple(sources), _inside(folder, posixpath.dirname(target.rstrip("/"))))
    if is_folder or "." not in base:
        found = tuple(each for each in sources if posixpath.basename(each.rstrip("/")) in _COPIED)
        return _written(words, found, _inside(folder, target)) if found else None
    return None


def calling_step(words: Sequence[Word]) -> BuildStep | None:
    """The step that runs make or a script, and so performs their steps."""
    name = words[0].text.rsplit("/", 1)[-1]
    if name in ("make", "gmake"):
        targets = [each.text for each in words[1:] if each.known and re.fullmatch(r"[\w.-]+", each.text)]
        targets = [each for each in targets if not each.startswith("-")]
        return _written(words, (), None)._replace(calls=("make", *targets))
    script = words[0].text if name.endswith(".sh") else ""
    if name in ("sh", "bash", "ash", "dash", "zsh", "source", "."):
        named = [each.text for each in words[1:] if not each.text.startswith("-")]
        script = named[0] if named and named[0].endswith(".sh") else ""
    return _written(words, (), None)._replace(calls=(script,)) if script else None


def _written(words: Sequence[Word], sources: tuple[str, ...], folder: str | None) -> BuildStep:
    text = " ".join(word.text for word in words)
    text = text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
    span = Span(min(word.span.start for word in words), max(word.span.end for word in words))
    return BuildStep(span, text, sources=tuple(each.removeprefix("./").rstrip("/") for each in sources), folder=folder)


def _inside(folder: str | None, path: str) -> str | None:
    return posixpath.normpath(posixpath.join(folder or "", path))[:1000] if folder or path.startswith("/") else None
