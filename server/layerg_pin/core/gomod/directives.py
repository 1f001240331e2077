"""Parse single directives of go.mod and go.work, with the errors of the go command.

Sources: golang.org/x/mod/modfile/rule.go; https://go.dev/ref/mod#go-mod-file.
"""

import re
from typing import NamedTuple

from layerg_pin.core.gomod.mod_syntax import Line, Token
from layerg_pin.core.gomod.versions import canonical_version, major_mismatch, path_major
from layerg_pin.core.text import FIELD

_GO_VERSION = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?")
_TOOLCHAIN = r"default|go1|go1\..*"
_DIRECTORY = r"\.{1,2}\Z|\.{1,2}[/\\]|[/\\]|[A-Za-z]:"
_QUOTED_PART = r"""[^\\]+|\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)"""
_BYTE_ESCAPE = r"\\(?:x(..)|([0-7]{3}))"
_RUNE_ESCAPE = r"\\(?:u(.{4})|U(.{8}))"
"""The patterns that are strings are rarely needed, so `re` compiles them on first use."""
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


class Require(NamedTuple):
    """`require MODULE VERSION`. The tokens' text is unquoted and the version canonical; their spans are those in the
    file.
    """

    module: Token
    version: Token
    indirect: bool
    is_query: bool
    """Whether the version is a query such as `v1.2`, for which Go selects the highest version with that prefix."""
    line: Line

    @property
    def content(self) -> tuple[object, ...]:
        """The directive's content, regardless of its position."""
        return self.module.text, self.version.text, self.indirect, self.is_query


class Exclude(NamedTuple):
    """`exclude MODULE VERSION`."""

    module: Token
    version: Token
    line: Line

    @property
    def content(self) -> tuple[object, ...]:
        """The directive's content, regardless of its position."""
        return self.module.text, self.version.text


class Replace(NamedTuple):
    """`replace MODULE [VERSION] => TARGET [TARGET_VERSION]`. A target without a version is a folder."""

    module: Token
    version: Token | None
    target: Token
    target_version: Token | None
    line: Line

    @property
    def content(self) -> tuple[object, ...]:
        """The directive's content, regardless of its position."""
        tokens = (self.module, self.version, self.target, self.target_version)
        return tuple(token.text if token else None for token in tokens)


class Retract(NamedTuple):
    """`retract VERSION`, with `low` and `high` the same token, or `retract [LOW, HIGH]`."""

    low: Token
    high: Token
    line: Line


class Godebug(NamedTuple):
    """`godebug KEY=VALUE`."""

    key: str
    value: str
    line: Line


class Refused(Exception):
    """Go refuses a line. `token` is the invalid token; None for the whole line."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


def is_directory(target: str) -> bool:
    """Whether a replace's target is a folder rather than a module (Go: modfile.IsDirectoryPath)."""
    return re.match(_DIRECTORY, target) is not None


def only_argument(line: Line, usage: str) -> Token:
    if len(line.tokens) != 1:
        raise Refused(usage)
    return line.tokens[0]


def go_version(token: Token) -> Token:
    if not _GO_VERSION.fullmatch(token.text):
        raise Refused(f"invalid go version '{token.text}': must match format 1.23.0", token)
    return token


def toolchain_name(token: Token) -> Token:
    if not re.fullmatch(_TOOLCHAIN, token.text):
        raise Refused(f"invalid toolchain version '{token.text}': must match format go1.23.0 or default", token)
    return token


def read_godebug(token: Token, line: Line) -> Godebug:
    key, equals, value = token.text.partition("=")
    if not equals or any(char in token.text for char in "\"`',"):
        raise Refused("usage: godebug key=value", token)
    return Godebug(key, value, line)


def module_version(line: Line) -> tuple[Token, Token]:
    if len(line.tokens) != 2:
        raise Refused(f"usage: {line.verb.text} module/path v1.2.3")
    module, version = unquoted_path(line.tokens[0]), _version(line.tokens[1])
    _check_major(module, version)
    return module, version


def _check_major(module: Token, version: Token | None) -> None:
    major = path_major(module.text)
    if major is None:
        raise Refused(f"{module.text}: invalid module path", module)
    if version and (mismatch := major_mismatch(version.text, major)):
        raise Refused(f"{module.text}: {mismatch}", version)


def read_replace(line: Line) -> Replace:
    tokens = line.tokens
    arrow = 1 if len(tokens) >= 2 and tokens[1].text == "=>" else 2
    if not arrow + 2 <= len(tokens) <= arrow + 3 or tokens[arrow].text != "=>":
        raise Refused("usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory")
    module = unquoted_path(tokens[0])
    version = _version(tokens[1]) if arrow == 2 else None
    _check_major(module, version)
    target = unquoted_path(tokens[arrow + 1])
    if len(tokens) == arrow + 3:
        target_version = _version(tokens[arrow + 2])
        if is_directory(target.text):
            raise Refused(f"replacement folder {target.text} cannot have a version", tokens[arrow + 2])
        return Replace(module=module, version=version, target=target, target_version=target_version, line=line)
    if not is_directory(target.text):
        if "@" in target.text:
            raise Refused("replacement module must match format 'path version', not 'path@version'", target)
        raise Refused("replacement without a version must be a folder (rooted, or starting with . or ..)", target)
    if "\\" in target.text:
        raise Refused("replacement folder uses Windows separators: write it with /", target)
    return Replace(module=module, version=version, target=target, target_version=None, line=line)


def read_retract(line: Line) -> Retract:
    texts = [token.text for token in line.tokens]
    if len(texts) == 1 and texts[0] != "[":
        version = _version(line.tokens[0])
        return Retract(version, version, line)
    if len(texts) == 5 and (texts[0], texts[2], texts[4]) == ("[", ",", "]"):
        return Retract(_version(line.tokens[1]), _version(line.tokens[3]), line)
    raise Refused("usage: retract v1.2.3, or retract [v1.2.3, v1.4.5]")


def check_retract(module: Token | None, retract: Retract) -> None:
    """Check that retracted versions belong to the module, which a build requires but `go mod edit` does not. Raises
    Refused.
    """
    if module is None:
        raise Refused("no module directive found, so retract cannot be used")
    for version in (retract.low, retract.high):
        _check_major(module, version)


def _version(token: Token) -> Token:
    text = unquoted(token).text
    canonical = canonical_version(text)
    if canonical is None:
        raise Refused(f'version "{text}" invalid: must be of the form v1.2.3', token)
    return token if canonical == token.text else Token(canonical, token.start, token.end)


def unquoted(token: Token) -> Token:
    """The token with its text unquoted. Only "…" is a valid quotation here: Go reserves other quotes and refuses raw
    strings.
    """
    text = token.text
    if text.startswith('"'):
        return Token(_unquote_string(token), token.start, token.end)
    if '"' in text or "'" in text or "`" in text:
        raise Refused("unquoted string cannot contain quote", token)
    return token


def unquoted_path(token: Token) -> Token:
    """The same for a module path or a folder: Go cannot open a path with a NUL character."""
    token = unquoted(token)
    if "\0" in token.text:
        raise Refused("a path cannot contain a NUL character", token)
    return token


def _unquote_string(token: Token) -> str:
    """Go's strconv.Unquote for "…"."""
    try:
        parts = [_unescaped(match[0]) for match in re.finditer(_QUOTED_PART, token.text[1:-1])]
    except (ValueError, KeyError, OverflowError):
        raise Refused("invalid quoted string", token) from None
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _unescaped(part: str) -> bytes:
    """The bytes of a run of plain characters or of one escape. Raises ValueError or KeyError for an invalid escape."""
    if not part.startswith("\\"):
        return part.encode("utf-8", "surrogateescape")
    if match := re.fullmatch(_BYTE_ESCAPE, part):
        return bytes((int(match[1], 16) if match[1] else int(match[2], 8),))
    if match := re.fullmatch(_RUNE_ESCAPE, part):
        return chr(int(match[1] or match[2], 16)).encode()
    return _ESCAPES[part[1:]].encode()


def is_indirect(line: Line) -> bool:
    """Whether the comment marks an indirect requirement: `// indirect`, alone or before a semicolon (Go:
    modfile.isIndirect).
    """
    words = FIELD.findall(line.comment.text.removeprefix("//")) if line.comment else []
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")
