"""The possible causes why plugin.Open refuses a package: its version, or the way the two sides are built.

Source: plugins that were built differently in one respect each, and the reports of real hosts.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from layerg_pin.core.finding import Finding


class Cause(NamedTuple):
    """A possible cause and its remedy, which is empty if the text has it."""

    text: str
    remedy: str
    finding: Finding | None = None
    """The finding that reports it, if one does."""

    def row(self, placed: Callable[[Finding], str]) -> str:
        """The cause and its remedy in a line; `placed` formats a finding with its place."""
        text = placed(self.finding) if self.finding else self.text
        return f"{text}: {self.remedy}" if self.remedy else text


def reported_cause(finding: Finding) -> Cause:
    """A finding as a cause. A fix that changes only the tag of an image is not repeated: the message names the tag."""
    titles = (fix.title for fix in finding.fixes if fix.edits or fix.modules)
    return Cause(finding.message, ", ".join(titles), finding.without_fixes())


VERSION = Cause(
    "the plugin selects another version of its module than the host",
    "`layerg-pin check --host REF` in the plugin's folder lists all such modules, and `layerg-pin fix --tidy` aligns "
    "them",
)
STALE = Cause(
    "the files that ran are not those that were compared: an older .so, or a host built from other versions",
    "build the plugin again and copy it; `go version -m` prints the versions inside the .so and the host's binary",
)
TOOLCHAIN = Cause(
    "another Go release built the plugin, possibly another patch release",
    "build both with one release: `go version` prints that of the .so and of the host's binary; a pluginbuilder image "
    "needs the tag of the server's image",
)
TRIMPATH = Cause(
    "only one of the two is built with -trimpath",
    "build the plugin with -trimpath if the host is, as Layerg and Nakama are: `go version -m` on the host's binary "
    "prints it",
)
RACE = Cause("only one of the two is built with -race", "build the plugin without -race, unless the host has it")
EXPERIMENT = Cause("GOEXPERIMENT differs", "build with the host's GOEXPERIMENT, which is usually empty")
GCFLAGS = Cause(
    "the plugin is built with -gcflags for all packages, as debug builds are", "build the plugin without -gcflags=all=…"
)
TAGS = Cause("build tags that this package uses differ", "build with the host's -tags")
WORKSPACE = Cause(
    "a go.work uses the module from a folder, where it has no version",
    "build with GOWORK=off, or remove the module from go.work",
)
REPLACE = Cause(
    "a replace on one side changes the contents of the package, or of one that it imports",
    "replace the module as the host does, with the same version left of the =>, or remove the replace",
)

_INDICATORS = {
    "internal/cpu": TRIMPATH,
    "internal/goarch": TRIMPATH,
    "internal/runtime/sys": RACE,
    "sync/atomic": RACE,
    "internal/goexperiment": EXPERIMENT,
    "internal/abi": GCFLAGS,
    "net": TAGS,
}
"""The package that is reported first if host and plugin differ only in this respect."""
_STANDARD = (TOOLCHAIN, TRIMPATH, RACE, EXPERIMENT, GCFLAGS, TAGS)
_EQUAL = (STALE, TRIMPATH, TOOLCHAIN, WORKSPACE, REPLACE, TAGS, GCFLAGS, RACE, EXPERIMENT)


def likeliest_first(package: str, *, standard: bool, equal: bool, replaced: Sequence[int] = ()) -> tuple[Cause, ...]:
    """The possible causes for a package, likeliest first.

    `standard`: it belongs to the standard library; `equal`: both sides select the same version of its module;
    `replaced`: the lines of go.mod that replace its module.
    """
    if standard:
        indicated = _INDICATORS.get(package, TOOLCHAIN)
        return (indicated, *(cause for cause in _STANDARD if cause is not indicated))
    if not equal:
        return (VERSION, *(cause for cause in _EQUAL if cause is not STALE))
    if replaced:
        at = ", ".join(f"go.mod:{line}" for line in replaced)
        own = Cause(f"{REPLACE.text}: the plugin replaces the module at {at}", REPLACE.remedy)
        return (own, *(cause for cause in _EQUAL if cause is not REPLACE))
    return _EQUAL
