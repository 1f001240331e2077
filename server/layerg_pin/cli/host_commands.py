"""`layerg-pin host show` and `host export`: what is known of a host, for people and for a team's repository."""

from __future__ import annotations

import argparse
import os

from layerg_pin.cli.output.report import display_path
from layerg_pin.core.analysis.host_summary import describe
from layerg_pin.core.analysis.soundness import broken
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.settings.project_file import toml_string
from layerg_pin.core.text import count
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.hosts.profile import ProfileError, read_profile, write_profile
from layerg_pin.system.terminal import print_rows
from layerg_pin.system.text_files import FileError, create_text, read_text, write_text

_PROFILE = "layerg-host.json"


def show(checker: Checker, options: argparse.Namespace) -> int:
    """Print what is known of the host. Raises FileError."""
    host = _host(checker, options)
    print_rows(*describe(host, display_path(host.source.path)))
    return 0


def export(checker: Checker, options: argparse.Namespace) -> int:
    """Write a profile of the host. Raises FileError."""
    host = _host(checker, options)
    if why := host.doubt or host.unfit:
        raise FileError(f"{why}: nothing was written")
    if host.problems:
        raise FileError(broken(host.source, host.problems).described(display_path(host.source.path)))
    text = write_profile(host)
    if options.o == "-":
        print_rows(*text.removesuffix("\n").split("\n"))
        return 0
    path = options.o or os.path.join(options.dir, _PROFILE)
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
    return 0


def _host(checker: Checker, options: argparse.Namespace) -> HostManifest:
    """The host that is named, or found for the plugin in DIR. Raises FileError."""
    host = checker.host_of(os.path.abspath(options.dir))
    if not isinstance(host, HostManifest):
        raise FileError(host.message)
    return host
