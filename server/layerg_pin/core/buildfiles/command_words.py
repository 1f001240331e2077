"""Parse the words of a command: image references, and builds with the variables that are set for them.

Sources: `go help build` and `go help environment` for flags and GOFLAGS; Nakama's and Layerg's pluginbuilder images,
whose entrypoint is go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import Assignment, BuildCommand, BuildImage, ImageKind
from layerg_pin.core.buildfiles.shell_words import REFERENCE, Word
from layerg_pin.core.known.images import Flavour, is_go_image, known_image
from layerg_pin.core.text import Span

_REFERENCE = re.compile(r"(?P<name>[^\s:@]+(?::\d+/[^\s:@]+)?)(?::(?P<tag>[\w.-]*))?(?:@(?P<digest>\S+))?")

ENVIRONMENT = ("CGO_ENABLED", "GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT", "GOFIPS140", "GOTOOLCHAIN", "GOWORK")
"""The variables that affect whether a host accepts a plugin."""

MAX_VALUE = 10_000
"""In characters. The value of a longer variable, for example one that is doubled repeatedly, is unknown."""

MAX_FOLDER = 1000
"""In characters. No known file uses a longer path."""

_MAX_PUSHED = 20
"""Limit on the folders that `popd` returns to."""

MAX_NAMES = 1000
"""Limit on the variables, because the environment is copied for stages and commands. No known file sets as many."""

_MAX_IMAGE = 1024
"""In characters, of an image reference. Docker allows 255 for the name and 128 for the tag."""


class Environment:
    """The variables in effect while a file is parsed.

    Copies share `values` and `exported` until one of them is changed: read them directly, but change them only through
    methods.
    """

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        """Every variable that references can name."""
        self.exported: dict[str, Assignment] = {}
        self._is_shared = False
        self.is_full = False
        """Whether variables were dropped, so that one that is not in `values` may be set."""
        self.folder: str | None = None
        """The working folder set by WORKDIR or `cd`."""
        self.is_folder_sure = True
        """As in BuildCommand."""
        self._pushed: tuple[tuple[str | None, bool], ...] = ()
        """The working folders to which `popd` returns."""
        self.written: dict[str, Assignment] = {}
        """Set by `go env -w`: the default if the environment has no value, also for later RUN instructions."""
        self.sourced: tuple[str, ...] = ()
        """The files with variables that a script reads, such as `. ./prod.env`."""

    def copy(self) -> Environment:
        """A copy for one command or script. It shares the settings of `go env -w`."""
        other = Environment()
        other.values, other.exported, other.written = self.values, self.exported, self.written
        self._is_shared = other._is_shared = True
        other.folder, other.is_full, other.sourced = self.folder, self.is_full, self.sourced
        other.is_folder_sure, other._pushed = self.is_folder_sure, self._pushed
        return other

    def _unshare(self) -> None:
        if self._is_shared:
            self.values, self.exported, self._is_shared = dict(self.values), dict(self.exported), False

    def restore(self, before: Environment) -> None:
        """Give all variables the values that they have in an earlier copy. The working folder stays."""
        self.values, self.exported = before.values, before.exported
        self._is_shared = before._is_shared = True

    def fork(self) -> Environment:
        """A copy for a stage that is based on this one's."""
        other = self.copy()
        other.written = dict(self.written)
        return other

    def write(self, name: str, word: Word) -> None:
        """Apply `go env -w NAME=VALUE`."""
        if name in ENVIRONMENT:
            value = word.text.partition("=")[2]
            known = word.known and len(value) <= MAX_VALUE
            self.written[name] = Assignment(name, value if known else None, word.span)

    def set(self, name: str, word: Word, *, exported: bool) -> None:
        """Set a variable from `NAME=VALUE`, or from VALUE alone."""
        if len(self.values) >= MAX_NAMES and name not in self.values and name not in ENVIRONMENT:
            self.is_full = True
            return
        self._unshare()
        value = word.text.partition("=")[2] if word.text.startswith(f"{name}=") else word.text
        self.values[name] = value if word.known and len(value) <= MAX_VALUE else None
        if exported or name in self.exported:
            self.exported[name] = Assignment(name, self.values[name], word.span)

    def enter(self, word: Word) -> None:
        """Change the working folder like WORKDIR and `cd`. An unknown path leaves it as it is, but no longer sure."""
        is_known = word.known and word.text and len(word.text) <= MAX_FOLDER
        if is_known:
            self.folder = posixpath.normpath(posixpath.join(self.folder or "", word.text))[:MAX_FOLDER]
        is_named = is_known and not word.text.startswith(("-", "~"))
        self.is_folder_sure = bool(is_named) and (self.is_folder_sure or word.text.startswith("/"))

    def push(self, word: Word) -> None:
        """Change the working folder like `pushd`."""
        self._pushed = (*self._pushed, (self.folder, self.is_folder_sure))[-_MAX_PUSHED:]
        self.enter(word)

    def pop(self) -> None:
        """Change the working folder like `popd`."""
        self.folder, self.is_folder_sure = self._pushed[-1] if self._pushed else (self.folder, False)
        self._pushed = self._pushed[:-1]

    def leave_to(self, before: Environment) -> None:
        """Return to the working folder of an earlier copy."""
        self.folder, self.is_folder_sure, self._pushed = before.folder, before.is_folder_sure, before._pushed

    def is_in_folder_of(self, before: Environment) -> bool:
        """Whether the working folder, and how sure it is, are the same as in an earlier copy."""
        return (self.folder, self.is_folder_sure) == (before.folder, before.is_folder_sure)

    def export(self, name: str, span: Span) -> None:
        """Export a variable, whether or not its value is known."""
        if len(self.exported) >= MAX_NAMES and name not in self.exported and name not in ENVIRONMENT:
            return
        self._unshare()
        self.exported[name] = Assignment(name, self.values.get(name), span)


def parse_image(word: Word, platform: str | None = None) -> BuildImage | None:
    """The image that a word refers to; None if it is not an image reference."""
    match = _REFERENCE.fullmatch(word.text) if len(word.text) <= _MAX_IMAGE else None
    if match is None:
        return None
    name, tag, digest = match["name"], match["tag"], match["digest"] or ""
    return BuildImage(
        kind=_kind(name),
        name=name,
        tag=(tag or "") if word.known else None,
        digest=digest,
        span=word.span,
        platform=platform,
    )


def _kind(name: str) -> ImageKind:
    last = name.rsplit("/", 1)[-1].lower()
    if last == "golang" or is_go_image(name):
        return ImageKind.GOLANG
    if "pluginbuilder" in last or "plugin-builder" in last:
        return ImageKind.PLUGINBUILDER
    known = known_image(name)
    if known is None:
        return ImageKind.OTHER
    return ImageKind.PLUGINBUILDER if known.flavour is Flavour.BUILDER else ImageKind.SERVER


def with_tag_span(image: BuildImage, text: str) -> BuildImage:
    """The image with the span of its tag, if the tag is written literally in the text."""
    written = text[image.span.start : image.span.end]
    whole = written.strip("\"'")
    start = image.span.start + written.find(whole)
    bare = REFERENCE.sub(lambda match: "x" * len(match[0]), whole).partition("@")[0]
    colon = bare.rfind(":", bare.rfind("/") + 1)
    span = Span(start + colon + 1, start + len(bare)) if colon >= 0 else Span(start, start + len(whole))
    return BuildImage(
        kind=image.kind, name=image.name, tag=image.tag, digest=image.digest, span=span, platform=image.platform
    )


def build_command(
    words: Sequence[Word], start: int, environment: Environment, image: BuildImage | None, budget: Budget
) -> BuildCommand | None:
    """The build that a go command performs; None for another command. Raises LimitExceeded.

    `words` are its arguments, from `build` or `install` on, and `start` is the command's offset. Flags end at the first
    word without a dash, as in Go's package flag.
    """
    if not words or words[0].text not in ("build", "install") or not words[0].known:
        return None
    relevant = relevant_variables(environment)
    goflags = relevant.get("GOFLAGS")
    inherited = [Word(each, words[0].span) for each in budget.split(goflags.value or "")] if goflags else []
    if goflags and goflags.value is None:
        inherited = [Word("", words[0].span, known=False)]
    flags = _flags(inherited) | _flags(words[1:])
    absent, changed = None if _UNKNOWN in flags else "", flags.get("C", "")
    trimpath, race, tags = (flags.get(name, absent) for name in ("trimpath", "race", "tags"))
    return BuildCommand(
        span=Span(min(start, words[0].span.start), max(word.span.end for word in words)),
        trimpath=None if trimpath is None else trimpath in _TRUE,
        race=None if race is None else race in _TRUE,
        tags=None if tags is None else tuple(tag for tag in re.split(r"[,\s]+", tags) if tag),
        gcflags=flags.get("gcflags", absent),
        ldflags=flags.get("ldflags", absent),
        mod=flags.get("mod", absent),
        environment=relevant,
        image=image,
        mode=flags.get("buildmode", ""),
        packages=_packages(words[1:]),
        output=flags.get("o", ""),
        folder=_folder(environment.folder, changed),
        flags=flags,
        is_folder_sure=changed is not None and (environment.is_folder_sure or changed.startswith("/")),
    )


def with_goflags(command: BuildCommand, goflags: Assignment) -> BuildCommand:
    """A build with the flags of GOFLAGS, which the flags of its own line override."""
    environment = Environment()
    environment.exported["GOFLAGS"] = goflags
    flags = build_command([Word("build", command.span)], command.span.start, environment, None, Budget())
    if flags is None:
        return command
    own = [(name, getattr(command, name)) for name in ("trimpath", "race", "tags", "gcflags", "ldflags", "mod")]
    return command._replace(**{name: getattr(flags, name) for name, value in own if value in (False, (), "")})


def relevant_variables(environment: Environment) -> dict[str, Assignment]:
    """The variables of a command that affect whether a host accepts a plugin."""
    return environment.written | {name: each for name, each in environment.exported.items() if name in ENVIRONMENT}


def _folder(folder: str | None, changed: str | None) -> str | None:
    """The working folder of a build, with the flag -C applied."""
    return posixpath.normpath(posixpath.join(folder or "", changed)) if changed else folder


def _packages(words: Sequence[Word]) -> tuple[str, ...] | None:
    """The package arguments after the flags; None if unknown."""
    position, doubtful = 0, False
    while position < len(words):
        word = words[position]
        name, equals, _ = word.text.lstrip("-").partition("=")
        if word.text.startswith("-"):
            position += 1 if equals or name not in _VALUED else 2
        elif not word.known:  # it may expand to flags
            position, doubtful = position + 1, True
        else:
            break
    named = words[position:]
    if not all(word.known for word in named) or (doubtful and not named):
        return None
    return tuple(word.text for word in named)


_TRUE = ("1", "t", "T", "true", "TRUE", "True")
"""Go: strconv.ParseBool."""
_UNKNOWN = ""
"""The key of words that may expand to any flag."""
_VALUED = frozenset(
    (
        *("C", "asmflags", "buildmode", "compiler", "covermode", "coverpkg", "gccgoflags", "gcflags", "installsuffix"),
        *("ldflags", "mod", "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec"),
    )
)
"""The flags of `go build` that take a value; the others are boolean."""


def _flags(words: Sequence[Word]) -> dict[str, str | None]:
    """The flags at the start of the words, with None for unknown values. The last flag of a name applies."""
    flags: dict[str, str | None] = {}
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.text.startswith("-"):
            if word.known:
                break
            flags[_UNKNOWN] = None
            continue
        name, equals, value = word.text.lstrip("-").partition("=")
        known = word.known
        if not equals and name in _VALUED and position < len(words):
            value, known = words[position].text, words[position].known
            position += 1
        if name == "gcflags" and value.startswith("-"):
            known = True  # without a pattern it applies only to the named packages
        elif name == "ldflags" and value.startswith("-"):
            known = True  # only literal flags are read, such as `-extldflags=-static`
        flags[name] = None if not known else value if equals or name in _VALUED else "true"
    return flags
