"""`layerg-pin host show`, `export` and `list`: print what is known about a host, write its profile, list releases."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import make_checker
from layerg_pin.core.analysis.host_summary import describe
from layerg_pin.core.analysis.release_summary import release_label
from layerg_pin.core.analysis.soundness import broken
from layerg_pin.core.known.images import HOSTS
from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.settings.project_file import toml_string
from layerg_pin.core.text import count, did_you_mean
from layerg_pin.hosts.profile import PROFILE_FILE, ProfileError, read_profile, write_profile
from layerg_pin.system.terminal import Row, print_rows
from layerg_pin.system.text_files import FileError, create_text, read_text, write_text


def run(options: argparse.Namespace) -> int:
    """Run a verb of `host`; returns the exit code. Raises FileError."""
    if options.verb == "list":
        print_rows(*_releases(options.name))
        return OK
    host = _host(options)
    if options.verb == "export":
        _export(host, options)
    else:
        print_rows(*describe(host, display_path(host.source.path)))
    return OK


def _export(host: HostManifest, options: argparse.Namespace) -> None:
    """Write the profile to a file or to standard output."""
    if why := host.doubt or host.unfit:
        raise FileError(f"{why}: nothing was written")
    if host.problems:
        raise FileError(broken(host.source, host.problems).described(display_path(host.source.path)))
    text = write_profile(host)
    if options.o == "-":
        print_rows(*text.removesuffix("\n").split("\n"))
        return
    path = options.o or os.path.join(options.dir, PROFILE_FILE)
    if os.path.exists(path):
        before = read_text(path)
        try:
            read_profile("", path, before)
        except ProfileError:
            raise FileError(f"{display_path(path)} exists and is not a host profile; nothing was written") from None
        write_text(path, before, text)
    else:
        create_text(path, text)
    print_rows(f"wrote {display_path(path)}: {host.module or host.reference}, {count(host.required, 'module')}")
    print_rows(f"set it in layerg-pin.toml: host = {toml_string(os.path.basename(path))}")


def _host(options: argparse.Namespace) -> HostManifest:
    """The host of --host, or the one of the plugin in DIR. Raises FileError.

    A release that the catalogue does not have is downloaded as a module: the user names it in this command.
    """
    name = release_name(options.host)
    if name and not name.number and name.module and not os.path.exists(options.host):
        options.host = name.module
    host = make_checker(options).host_of(os.path.abspath(options.dir))
    if not isinstance(host, HostManifest):
        raise FileError(host.message)
    return host


def _releases(name: str) -> Iterator[Row]:
    """The known releases of all hosts, or of one, newest first. Raises FileError for an unknown name."""
    known = [each for each in HOSTS if releases(each.name)]
    hosts = [each for each in known if not name or each.name == name.lower()]
    if not hosts:
        raise FileError(f"no releases of {name} are known{did_you_mean(name, [each.name for each in known])}")
    for host in hosts:
        for number, facts in reversed(list(releases(host.name).items())):
            yield f"{f'{host.name}@{number}':<16} {release_label(facts, host)}"
