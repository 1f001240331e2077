"""List the hosts that a user can choose for a plugin, the likely ones first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from layerg_pin.core.analysis.release_summary import release_label
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.known.images import HOSTS, Flavour, release_of
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.known.releases import releases
from layerg_pin.engine.plugin_discovery import host_candidates, proposed_release
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.tagged_release import tagged_releases


class HostChoice(NamedTuple):
    """A host that can be chosen."""

    reference: str
    """As layerg-pin.toml states it."""
    label: str
    """Its name to show, such as `Nakama 3.22.0`."""
    detail: str
    """Why it is offered, or what it is built with."""
    likely: bool = False
    """Whether something near the plugin points to it."""
    is_release: bool = False


def host_choices(
    folder: str,
    gomod: GoMod,
    settings: Settings,
    folders: Sequence[str] = (),
    builders: Iterable[BuildSource] = (),
) -> tuple[HostChoice, ...]:
    """The hosts near the plugin in `folder`, and all known releases of the hosts of its plugin APIs, newest first."""
    found: dict[str, HostChoice] = {}
    for choice in (*_likely(folder, gomod, settings, folders, builders), *_releases(gomod)):
        found.setdefault(choice.reference, choice)
    return tuple(found.values())


def _likely(
    folder: str, gomod: GoMod, settings: Settings, folders: Sequence[str], builders: Iterable[BuildSource]
) -> Iterator[HostChoice]:
    for name, origin in tagged_releases(folder, builders):
        if name.number:
            facts = releases(name.host.name)[name.number]
            yield _release(name, f"{origin}: {release_label(facts, name.host)}", likely=True)
    if proposed := proposed_release(gomod):
        facts = releases(proposed.host.name)[proposed.number]
        detail = f"as go.mod requires: {release_label(facts, proposed.host)}"
        yield _release(proposed, detail, likely=True)
    for each in host_candidates(folder, gomod, settings, folders):
        yield HostChoice(each.text, each.text, "a folder near the plugin", likely=True)


def _releases(gomod: GoMod) -> Iterator[HostChoice]:
    """The releases of the hosts whose plugin API go.mod requires."""
    for host in HOSTS:
        if host.api in gomod.required:
            for number, facts in reversed(list(releases(host.name).items())):
                if release := release_of(number):
                    yield _release(ReleaseName(host, release), release_label(facts, host), likely=False)


def _release(name: ReleaseName, detail: str, *, likely: bool) -> HostChoice:
    debug = ", debug server" if name.flavour is Flavour.DEBUG else ""
    return HostChoice(
        reference=str(name),
        label=f"{name.host.title} {name.number}{debug}",
        detail=detail,
        likely=likely,
        is_release=True,
    )
