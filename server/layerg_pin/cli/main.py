"""The command line: arguments in, text and exit codes out."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from layerg_pin import __version__
from layerg_pin.cli.output.report import (
    Trouble,
    advice,
    as_json,
    as_rows,
    count,
    display_path,
    file_trouble,
    fix_command,
    project_troubles,
    troubles,
    unified_diff,
    unsound,
)
from layerg_pin.core.analysis.verdict import cannot_be_built, doubts, is_left
from layerg_pin.core.finding import Severity
from layerg_pin.core.gomod.go_sum import without_sum
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.gomod.replaces import replaces_of
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import printable
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.planned_changes import changed_lines, changed_versions, lowered_modules
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import find_host, find_plugins
from layerg_pin.engine.project_settings import PROJECT_FILE, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.go.module_files import file_above
from layerg_pin.go.queries import find_go, tidy, vendor
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError
from layerg_pin.hosts.references import Hosts, module_folder, module_reference, resolve
from layerg_pin.system.terminal import complain, put, put_error, put_json, put_patch
from layerg_pin.system.text_files import FileError, create_text, nothing_more_to_say, read_text, write_text

_FITS, _FOUND, _COULD_NOT = 0, 1, 2
_ENDED = 128 + 15
"""Told to end from outside, as the shell writes it."""
_TIDY_ROUNDS = 3

_EXIT_CODES = """exit codes:
  check   0 no errors (with --strict: no warnings either), 1 errors found, 2 could not judge
  fix     0 nothing left to fix, 1 something left, or `go build` stops, 2 could not judge
  explain 0 a message explained, 1 no message recognised, 2 the input cannot be read
  predict 0 accepted, 1 rejected or the host crashes, 2 unknown"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        run_command: Callable[[argparse.Namespace], int] = options.run
        code = run_command(options)
        if not sys.stdout.closed:  # the language server closes it
            sys.stdout.flush()
        return code
    except GoCancelled:
        return _ENDED
    except (FileError, GoError) as error:
        complain(str(error))
        return _COULD_NOT
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # standard output is closed, or its disk is full
        nothing_more_to_say()
        if not isinstance(error, BrokenPipeError):
            complain(f"cannot write the report: {error.strerror}")
        return _COULD_NOT


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints, which quote the arguments, stay one line."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="layerg-pin",
        description="Keep a Go server plugin loadable by its host: find and fix what plugin.Open would refuse.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"layerg-pin {__version__}", help="show the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="show what differs between plugins and their host")
    check.set_defaults(run=_check)
    _add_target(check)
    check.add_argument("--format", choices=("text", "json"), default="text", help="output format")
    check.add_argument("--strict", action="store_true", help="exit with 1 on warnings too")
    fix = commands.add_parser("fix", help="set the host's versions in the plugins' go.mod")
    fix.set_defaults(run=_fix)
    _add_target(fix)
    for command in (check, fix):
        command.add_argument(
            "--build", action="store_true", help="also compile the plugin for the host, on a temporary copy"
        )
    after = fix.add_mutually_exclusive_group()
    after.add_argument("--diff", action="store_true", help="print the change as a patch and write nothing")
    after.add_argument("--tidy", action="store_true", help="run `go mod tidy` afterwards, and check again")
    after.add_argument("--vendor", action="store_true", help="run `go mod tidy` and `go mod vendor` afterwards")
    _add_explain(commands)
    _add_host(commands)
    init = commands.add_parser("init", help=f"write a {PROJECT_FILE} that sets the host")
    init.set_defaults(run=_init)
    init.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder")
    init.add_argument("--host", metavar="REF", default="", help="the host: a folder, file or module@version")
    inspect = commands.add_parser("inspect", help="show what a host's binary or a plugin's .so is built from")
    inspect.set_defaults(run=_inspect)
    inspect.add_argument("file", metavar="FILE", help="a host's binary or a plugin's .so")
    predict = commands.add_parser("predict", help="predict whether plugin.Open will accept a plugin")
    predict.set_defaults(run=_predict)
    predict.add_argument("plugin", metavar="PLUGIN", help="a plugin's .so, or its folder, which is compiled")
    predict.add_argument("--host", metavar="BINARY", required=True, help="the host's binary")
    for command in (inspect, predict):
        command.add_argument("--format", choices=("text", "json"), default="text", help="output format")
    lsp = commands.add_parser("lsp", help="run the language server on standard input and output")
    lsp.set_defaults(run=_lsp)
    return parser


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = commands.add_parser("explain", help="explain an error message of the host or of Go, and how to fix it")
    explain.set_defaults(run=_explain)
    what = explain.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "what", nargs="?", metavar="CODE | LOGFILE | -", help="a check's code, a log file, or - for standard input"
    )
    what.add_argument("--line", metavar="TEXT", help="the line to explain")
    explain.add_argument("--plugin", metavar="DIR", help="the plugin's folder (default: the working folder)")
    _add_host_option(explain)


def _add_host(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    host = commands.add_parser("host", help="show or export what is known about a host")
    verbs = host.add_subparsers(dest="verb", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="show what is known about the host")
    export = verbs.add_parser("export", help="write a layerg-host.json to commit, for machines without the host")
    export.add_argument("-o", metavar="FILE", default="", help="the file, or - (default: layerg-host.json in DIR)")
    for command in (show, export):
        command.set_defaults(run=_host)
        command.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder")
        _add_host_option(command)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "dir", nargs="?", default=".", metavar="DIR", help="a plugin's folder, or a folder that contains plugins"
    )
    _add_host_option(parser)


def _add_host_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="REF", default="", help="the host: a folder, file or module@version")
    parser.add_argument("--offline", action="store_true", help="do not let Go use the network")


def _check(options: argparse.Namespace) -> int:
    checker = _checker(options)
    root, plugins, found = os.path.abspath(options.dir), [], list[Trouble]()
    is_cut = False
    """Whether there is something that is not among `plugins`."""
    try:
        root, folders = _plugins(options.dir, checker)
    except FileError as error:
        folders, is_cut = (), True
        found.append(Trouble(str(error), root))
    for checked in checker.check_all(folders):
        if isinstance(checked, FileError):
            found.append(file_trouble(checked))
            is_cut = True
            continue
        if options.build and not unsound(checked):
            checked = checker.compile(checked)
        found += troubles(checked)
        plugins.append(checked)
    if options.format == "json":
        put_json(as_json(root, plugins, found))
    elif plugins:
        for number, checked in enumerate(plugins):
            put(*([""] if number else []), *as_rows(checked))
        if todo := advice(plugins, options.dir, options.host):
            put("", todo)
    code = _exit_code(plugins, strict=options.strict)
    if code == _FITS and (is_cut or any(project_troubles(checked) for checked in plugins)):
        code = _COULD_NOT
    _complain_of(found, code)
    return code


def _complain_of(found: Sequence[Trouble], code: int) -> None:
    """Say what is wrong with files, and where there is no verdict, what would make it one."""
    for trouble in found:
        if code == _COULD_NOT or not trouble.is_doubt:
            complain(str(trouble))


def _fix(options: argparse.Namespace) -> int:
    checker = _checker(options)
    _, folders = _plugins(options.dir, checker)
    codes, diff = [], Diff({}, {})
    for folder in folders:
        try:
            codes.append(_fix_one(checker, folder, options, diff))
        except GoCancelled:
            raise
        except (FileError, GoError) as error:
            complain(str(error))
            codes.append(_COULD_NOT)
    if options.diff:
        put_patch(unified_diff(diff.before, diff.after))
    return max(codes)


def _without_sum(before: Checked, after: Checked) -> int:
    """How many of the versions that are set go.sum has no entry for."""
    old, new = (each.analysis.snapshot for each in (before, after))
    path = os.path.join(after.folder, "go.sum")
    text = read_text(path) if os.path.isfile(path) else ""
    modules = [ModuleVersion(path, version) for path, _, version in changed_versions(old.gomod, new.gomod) if version]
    return len(without_sum(text, modules, replaces_of(new.gomod, new.folder, None)))


class Diff(NamedTuple):
    """The files that `fix --diff` would change, by absolute path: their texts on disk, and what they would read."""

    before: dict[str, str]
    after: dict[str, str]


def _fix_one(checker: Checker, folder: str, options: argparse.Namespace, diff: Diff) -> int:
    before = checker.check(folder)
    if problems := project_troubles(before):
        _complain_of(problems, _COULD_NOT)
        raise FileError(f"nothing was written: fix {display_path(problems[0].path or folder)} first")
    if broken := unsound(before):
        raise FileError(broken)
    if not isinstance(before.analysis.snapshot.host, HostManifest):  # nothing says what is right, nor for `go mod tidy`
        put(*as_rows(before))
        _complain_of(troubles(before), _COULD_NOT)
        return _COULD_NOT
    after = checker.fix(before)
    changed = after.texts != before.texts
    if options.diff:
        for path, text in before.texts.items():
            diff.before.setdefault(path, text)
        diff.after.update(after.texts)
        checker.pending = diff.after  # the next plugin is fixed as if this one had been written
        after = checker.compile(after, before) if options.build else after
        put_error("nothing was written; after this change:" if changed else "nothing to write:")
        put_error(*as_rows(after, is_fixed=True))
        if missing := _without_sum(before, after):
            put_error(f"go.sum has no entry for {count(missing, 'module')} yet: run `go mod tidy` afterwards")
    else:
        _write(before, after)
        if options.tidy or options.vendor:
            after = _tidied(checker, after, options)
        elif changed:
            after = checker.check_again(after)
        if options.vendor:
            after = _vendored(checker, after, options)
        after = checker.compile(after, before) if options.build else after
        put(*as_rows(after, is_fixed=True))
        if cannot_be_built(after.analysis):
            option = "--vendor" if after.analysis.snapshot.vendored else "--tidy"
            put("", f"run {fix_command(option, options.dir, options.host)}: until then the plugin cannot be built")
    code = _exit_code([after], strict=False)
    if code == _FITS and (is_left(after.findings) or (not options.diff and cannot_be_built(after.analysis))):
        code = _FOUND
    _complain_of(troubles(after), code)
    return code


def _init(options: argparse.Namespace) -> int:
    from layerg_pin.core.settings.project_file import project_text, toml_string

    folder = _plugin_folder(options.dir)
    path = os.path.join(folder, PROJECT_FILE)
    reference = resolve(options.host, os.getcwd()) if options.host else _found_host(folder)
    if module_folder(reference) == folder:
        raise FileError(f"the host {options.host} is this plugin itself: set the host to the server that opens it")
    found = Hosts().read(options.host or reference, reference)
    if not isinstance(found, HostManifest):
        raise FileError(found.message)
    is_module = module_reference(options.host) is not None
    relative = options.host if is_module else os.path.relpath(reference, folder).replace(os.sep, "/")
    relative = f"./{relative}" if relative.startswith("~") else relative
    try:
        relative.encode()
    except UnicodeEncodeError:
        raise FileError(
            f"the host's name {relative} is not UTF-8 and cannot be written to {PROJECT_FILE}: use --host"
        ) from None
    if project := read_project_file(folder):
        if project.host != relative:
            raise FileError(f"{display_path(path)} exists already; set host = {toml_string(relative)} in it")
        put(f"{display_path(path)} already sets this host")
        return _FITS
    create_text(path, project_text(relative))
    put(f"wrote {display_path(path)}: the host is {relative} ({count(found.required, 'module')})")
    return _FITS


def _found_host(folder: str) -> str:
    found = find_host(folder, parse_gomod(read_text(os.path.join(folder, "go.mod"))), None, Settings())
    if isinstance(found, HostNotFound):
        raise FileError(found.message)
    return found.path


def _end_on_signals(cancellation: Cancellation) -> None:
    """When told to end, end the run of Go first, so that none is left behind, and then whatever goes on."""

    def end(number: int, _: object) -> None:
        cancellation.cancel()
        if not cancellation.starting:  # else the run that is about to be known is ended as soon as it is, and that told
            nothing_more_to_say()
            raise SystemExit(128 + number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), end)


def _explain(options: argparse.Namespace) -> int:
    from layerg_pin.cli.explain_command import (
        explain_command,  # late, as the commands below: `check` needs none of them
    )

    return explain_command(options, _checker)


def _host(options: argparse.Namespace) -> int:
    from layerg_pin.cli.host_commands import export, show

    return (export if options.verb == "export" else show)(_checker(options), options)


def _lsp(_: argparse.Namespace) -> int:
    from layerg_pin.lsp.fast_start.first_messages import run  # late, since only this needs the protocol

    return run()


def _inspect(options: argparse.Namespace) -> int:
    from layerg_pin.cli import binary_commands  # late: nothing else needs to know how binaries are laid out

    return binary_commands.inspect(options)


def _predict(options: argparse.Namespace) -> int:
    from layerg_pin.cli import binary_commands  # late, as above

    cancellation = Cancellation()
    _end_on_signals(cancellation)
    return binary_commands.predict(options, cancellation)


def _plugin_folder(name: str) -> str:
    """The absolute folder of one plugin, named by it or by its go.mod. Raises FileError where there is none."""
    folder = os.path.abspath(name)
    folder = os.path.dirname(folder) if os.path.basename(folder) == "go.mod" else folder
    if not os.path.isfile(os.path.join(folder, "go.mod")):
        raise FileError(f"{name} contains no go.mod: pass the folder of a plugin")
    return folder


def _plugins(name: str, checker: Checker) -> tuple[str, tuple[str, ...]]:
    """The folder that was named, absolute, and the plugins in it, which the hosts of others are not. Raises FileError
    where there is none.
    """
    root = os.path.abspath(name)
    if os.path.basename(root) == "go.mod" and os.path.isfile(root):
        root = os.path.dirname(root)
    if not os.path.isdir(root):
        raise FileError(f"{name} is not a folder: pass a plugin's folder, or one that contains plugins")
    folders = find_plugins(root)
    if not folders:
        above = file_above(root, "go.mod")
        cure = f": it is part of the module in {display_path(os.path.dirname(above))}" if above else ""
        raise FileError(
            f"{name} contains no plugin: it has no go.mod, and no go.mod below it requires a plugin API, declares "
            f"InitModule or has a {PROJECT_FILE} beside it{cure}"
        )
    if len(folders) > 1:
        hosts = frozenset(map(checker.host_folder, folders))
        folders = tuple(each for each in folders if each not in hosts) or folders
    return root, folders


def _checker(options: argparse.Namespace) -> Checker:
    checker = Checker(Settings(host=options.host, base=os.getcwd()), network=not options.offline)
    _end_on_signals(checker.cancellation)
    return checker


def _exit_code(plugins: Sequence[Checked], *, strict: bool) -> int:
    findings = [finding for checked in plugins for finding in checked.findings]
    if any(finding.severity is Severity.ERROR and finding.code != "host-unreadable" for finding in findings):
        return _FOUND
    if any(map(_cannot_open, plugins)):
        return _FOUND
    if strict and any(finding.severity is Severity.WARNING for finding in findings):
        return _FOUND
    return _COULD_NOT if any(doubts(checked.analysis, checked.findings) for checked in plugins) else _FITS


def _cannot_open(checked: Checked) -> bool:
    """Whether the host certainly cannot open the plugin, and the user wants to hear of it."""
    host = checked.analysis.snapshot.host
    is_reported = any(each.code == "host-unreadable" and each.severity is Severity.ERROR for each in checked.findings)
    return is_reported and isinstance(host, HostManifest) and bool(host.unfit)


def _write(before: Checked, after: Checked) -> None:
    """Write the go.mod, and the go.work, that are other texts now, and tell what changed."""
    texts = before.texts
    changed = [path for path, text in after.texts.items() if text != texts.get(path, text)]
    for path in changed:
        write_text(path, texts[path], after.texts[path])
        plugin = before.analysis.snapshot.plugin.path
        gomods = (each.analysis.snapshot.gomod for each in (before, after))
        versions = list(changed_versions(*gomods)) if path == plugin else []
        lowered = lowered_modules(versions, after.analysis.snapshot.host)
        said = []
        if number := len(versions) - lowered:
            said.append(f"{count(number, 'module')} set to the host's version")
        if lowered:
            said.append(f"{count(lowered, 'module')} lowered to what the host's Go builds")
        put(f"{display_path(path)}: {' and '.join(said) or 'changed'}")
        for module, old, new in versions:
            put(f"  {module} {old or '(not required)'} -> {new or '(removed)'}")
        for change in changed_lines(texts, after.texts, path, plugin):
            put(f"  {change}")
    if changed:
        put("")


def _vendored(checker: Checker, fixed: Checked, options: argparse.Namespace) -> Checked:
    vendor(_go(checker, options), fixed.folder, checker.cancellation)
    put(f"ran `go mod vendor` in {display_path(fixed.folder)}", "")
    return checker.check(fixed.folder)


def _go(checker: Checker, options: argparse.Namespace) -> Go:
    go = find_go(checker.settings.go_path, checker.settings.go_timeout, network=not options.offline)
    if go is None:
        raise GoError("`go mod tidy` was not run: no go command was found, install Go")
    return go


def _tidied(checker: Checker, fixed: Checked, options: argparse.Namespace) -> Checked:
    """Tidy, and mend again what tidying changed, until it changes nothing."""
    go = _go(checker, options)
    for _ in range(_TIDY_ROUNDS):
        try:
            tidy(go, fixed.folder, checker.cancellation)
        except GoError as error:
            where = display_path(fixed.folder)
            raise GoError(f"go.mod has the host's versions, but `go mod tidy` in {where} failed: {error}") from error
        put(f"ran `go mod tidy` in {display_path(fixed.folder)}", "")
        tidied = checker.check(fixed.folder)
        fixed = checker.fix(tidied)
        if fixed.texts == tidied.texts:
            return fixed
        _write(tidied, fixed)
    return checker.check_again(fixed)
