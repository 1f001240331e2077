"""The variables with which Docker Compose and `docker buildx bake` read their files.

They are those of the `.env` file, and those that Makefiles and scripts set for the command. If these do not agree, the
value is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerg_pin.core.buildfiles.build_file import ComposeRun
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_script import shell_values
from layerg_pin.core.buildfiles.shell_words import Word, expanded
from layerg_pin.core.text import Span

_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))""", re.ASCII | re.MULTILINE
)
_NAME = re.compile(r"\$\{?(\w+)", re.ASCII)
_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The platform of images where nothing else sets it (https://docs.docker.com/reference/cli/docker/#environment-variables)."""
PROFILES = "COMPOSE_PROFILES"
"""The active profiles, separated by commas (https://docs.docker.com/compose/how-tos/environment-variables/envvars/)."""


class ComposeVariables:
    """The variables of a project: those of its `.env` file, and those of each command that runs it."""

    def __init__(self, own: Environment, runs: Sequence[tuple[ComposeRun, Environment]] = ()) -> None:
        self._own, self._runs = own, [each for _, each in runs]
        self.arguments = [run.arguments for run, _ in runs if run.arguments]
        """The values for ARG that commands give to all builds."""
        self.platform = own.values.get(_PLATFORM)
        named = (name for each in (own, *self._runs) for name in _active_profiles(each))
        self.profiles = frozenset((*named, *(name for run, _ in runs for name in run.profiles)))
        """The active profiles; `*` means all."""

    def expand(self, reference: str) -> str | None:
        """The value of a reference; None if it is unknown, or if the commands give it several."""
        value = shell_values(self._own)(reference)
        match = _NAME.match(reference) if self._runs else None
        if match is None:
            return value
        setting = [each for each in self._runs if match[1] in each.values or each.is_full]
        if not setting:
            return value
        values = {shell_values(each)(reference) for each in setting}
        if value is not None or match[1] in self._own.values or self._own.is_full:
            values.add(value)
        return next(iter(values)) if len(values) == 1 else None

    def has(self, name: str) -> bool:
        """Whether a variable may have a value."""
        return any(name in each.values or each.is_full for each in (self._own, *self._runs))


def _active_profiles(environment: Environment) -> list[str]:
    """The profiles that COMPOSE_PROFILES activates; `*`, which means all, if its value is unknown."""
    value = environment.values.get(PROFILES, "")
    return ["*"] if value is None else [each.strip() for each in value.split(",")]


def parse_env(text: str) -> Environment:
    """The variables of the `.env` file beside a compose file; never raises.

    Source: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/.
    """
    environment = Environment()
    expand = shell_values(environment)
    for match in _SETTING.finditer(text):
        value = next((each for each in match.groups()[1:] if each is not None), "")
        known = True
        if "$" in value and match[3] is None and len(value) <= _MAX_EXPANDED:
            value, known = expanded(value, expand)
        environment.set(
            match[1], Word(value, Span(*match.span()), known and len(value) <= _MAX_EXPANDED), exported=False
        )
    return environment


_MAX_EXPANDED = 1000
"""In characters, of a value with references: longer ones are unknown."""
