"""`layerg-pin fix`: edit go.mod and go.work so that plugins fit their host."""

import argparse
import os
from typing import NamedTuple

from layerg_pin.cli.exit_codes import FOUND, NO_VERDICT, OK, exit_code
from layerg_pin.cli.output.display import display_path, error_text
from layerg_pin.cli.output.fix_advice import fix_command_line
from layerg_pin.cli.output.plugin_names import names_in
from layerg_pin.cli.output.problems import check_problems, print_problems, project_file_problems, unreadable_input_text
from layerg_pin.cli.output.text_report import report_rows
from layerg_pin.cli.targets import make_checker, named_plugins
from layerg_pin.core.analysis.verdict import cannot_be_built, fixes_left
from layerg_pin.core.gomod.go_sum import modules_without_sum
from layerg_pin.core.gomod.replaces import replaces_of
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import count
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.patch_text import patch_rows
from layerg_pin.engine.planned_changes import changed_lines, changed_versions, lowered_modules
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Go, GoCancelled, GoError
from layerg_pin.go.tidying import tidy, vendor
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import print_error, print_error_rows, print_patch, print_remarks, print_rows
from layerg_pin.system.text_files import FileError, read_text, write_text

_MAX_TIDY_RUNS = 3
"""`go mod tidy` can undo a fix, and a fix can make another run necessary."""


class _Patch(NamedTuple):
    """The files that `fix --diff` would change, by absolute path: their present and their future texts."""

    before: dict[str, str]
    after: dict[str, str]


def run(options: argparse.Namespace) -> int:
    """Fix the plugins; returns the exit code. Raises FileError, GoError and GoCancelled."""
    progress = ProgressLine()
    checker = make_checker(options, progress)
    folders = named_plugins(options.paths, checker).folders
    codes, patch = [OK], _Patch({}, {})
    names = names_in(folders)
    for folder in folders:
        try:
            codes.append(_fix_plugin(checker, folder, names[folder], options, patch, progress))
        except GoCancelled:
            raise
        except (FileError, GoError) as error:
            print_error(error_text(error))
            codes.append(NO_VERDICT)
    if options.diff:
        print_patch(patch_rows(patch.before, patch.after, display_path))
    return max(codes)


def _fix_plugin(
    checker: Checker, folder: str, name: str, options: argparse.Namespace, patch: _Patch, progress: ProgressLine
) -> int:
    with progress:
        progress.step(f"checking {display_path(folder)}")
        before = checker.check(folder)
    if problems := project_file_problems(before):
        print_problems(problems, NO_VERDICT)
        raise FileError(f"nothing was written: fix {display_path(problems[0].path or folder)} first")
    if broken := unreadable_input_text(before):
        raise FileError(broken)
    if not isinstance(before.analysis.snapshot.host, HostManifest):  # without a host, there is nothing to compare
        print_rows(*report_rows(before, name))
        print_problems(check_problems(before), NO_VERDICT)
        return NO_VERDICT
    with progress:
        progress.step(f"trying fixes for {display_path(folder)}")
        fixed = checker.fix(before)
    if options.diff:
        after = _preview(checker, before, fixed, name, options, patch)
    else:
        after = _apply(checker, before, fixed, name, options, progress)
    code = exit_code([after], strict=False)
    if code == OK and (fixes_left(after.findings) or (not options.diff and cannot_be_built(after.analysis))):
        code = FOUND
    print_problems(check_problems(after), code)
    return code


def _preview(
    checker: Checker, before: Checked, fixed: Checked, name: str, options: argparse.Namespace, patch: _Patch
) -> Checked:
    """Add the changes to the patch, and report on the plugin as it would be."""
    for path, text in before.texts.items():
        patch.before.setdefault(path, text)
    patch.after.update(fixed.texts)
    checker.pending = patch.after  # the next plugin is checked as if these texts had been written
    after = checker.compile(fixed, before) if options.build else fixed
    is_changed = fixed.texts != before.texts
    if not is_set(QUIET):
        print_error_rows("nothing was written; after this change:" if is_changed else "nothing to write:")
    print_error_rows(*report_rows(after, name, is_fixed=True))
    if not is_set(QUIET) and (missing := _missing_sums(before, after)):
        print_error_rows(f"go.sum has no entry for {count(missing, 'module')} yet: run `go mod tidy` afterwards")
    return after


def _apply(
    checker: Checker, before: Checked, fixed: Checked, name: str, options: argparse.Namespace, progress: ProgressLine
) -> Checked:
    """Write the changes, run Go as the options request, and report on the result."""
    _write(before, fixed)
    after = fixed
    if options.tidy or options.vendor:
        after = _tidy(checker, after, options, progress)
    elif fixed.texts != before.texts:
        after = checker.check_again(after)
    if options.vendor:
        after = _vendor(checker, after, options)
    with progress:
        after = checker.compile(after, before) if options.build else after
    print_rows(*report_rows(after, name, is_fixed=True))
    if cannot_be_built(after.analysis):
        option = "--vendor" if after.analysis.snapshot.vendored else "--tidy"
        print_remarks(
            "", f"run {fix_command_line(option, options.paths, options.host)}: until then the plugin cannot be built"
        )
    return after


def _missing_sums(before: Checked, after: Checked) -> int:
    """The number of changed versions that go.sum has no entry for."""
    old, new = (each.analysis.snapshot for each in (before, after))
    path = os.path.join(after.folder, "go.sum")
    text = read_text(path) if os.path.isfile(path) else ""
    modules = [ModuleVersion(path, version) for path, _, version in changed_versions(old.gomod, new.gomod) if version]
    return len(modules_without_sum(text, modules, replaces_of(new.gomod, new.folder, None)))


def _write(before: Checked, after: Checked) -> None:
    """Write the changed go.mod and go.work files, and print the changes."""
    texts = before.texts
    changed = [path for path, text in after.texts.items() if text != texts.get(path, text)]
    for path in changed:
        write_text(path, texts[path], after.texts[path])
        plugin = before.analysis.snapshot.plugin.path
        gomods = (each.analysis.snapshot.gomod for each in (before, after))
        versions = list(changed_versions(*gomods)) if path == plugin else []
        lowered = lowered_modules(versions, after.analysis.snapshot.host)
        summary = []
        if number := len(versions) - lowered:
            summary.append(f"{count(number, 'module')} set to the host's version")
        if lowered:
            summary.append(f"{count(lowered, 'module')} lowered to a version that the host's Go can build")
        print_rows(f"{display_path(path)}: {' and '.join(summary) or 'changed'}")
        for module, old, new in versions:
            print_rows(f"  {module} {old or '(not required)'} -> {new or '(removed)'}")
        for change in changed_lines(texts, after.texts, path, plugin):
            print_rows(f"  {change}")
    if changed:
        print_remarks("")


def _tidy(checker: Checker, fixed: Checked, options: argparse.Namespace, progress: ProgressLine) -> Checked:
    """Run `go mod tidy`, and fix what it changed, until there is nothing more to fix."""
    go = _go(checker, options)
    for _ in range(_MAX_TIDY_RUNS):
        try:
            with progress:
                progress.step(f"running `go mod tidy` in {display_path(fixed.folder)}")
                tidy(go, fixed.folder, checker.cancellation)
        except GoError as error:
            where = display_path(fixed.folder)
            raise GoError(f"go.mod has the host's versions, but `go mod tidy` in {where} failed: {error}") from error
        print_remarks(f"ran `go mod tidy` in {display_path(fixed.folder)}", "")
        tidied = checker.check(fixed.folder)
        fixed = checker.fix(tidied)
        if fixed.texts == tidied.texts:
            return fixed
        _write(tidied, fixed)
    return checker.check_again(fixed)


def _vendor(checker: Checker, fixed: Checked, options: argparse.Namespace) -> Checked:
    vendor(_go(checker, options), fixed.folder, checker.cancellation)
    print_remarks(f"ran `go mod vendor` in {display_path(fixed.folder)}", "")
    return checker.check(fixed.folder)


def _go(checker: Checker, options: argparse.Namespace) -> Go:
    go = find_go(checker.settings.go_path, checker.settings.go_timeout, network=not options.offline)
    if go is None:
        raise GoError("`go mod tidy` was not run: no go command was found, install Go")
    return go
