"""A long session in Neovim: the host changes while the plugin is open, and the fixed plugin is built and loaded."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.conftest import Examples
from tests.editors.expected import ALIGN, MISMATCHES, UUID, ZAP, Mismatch, pinned, place
from tests.editors.neovim import (
    Editor,
    Outcome,
    Step,
    command,
    mismatches,
    nothing_wrong,
    open_file,
    quick_fix,
    reload,
    write,
    write_all,
)
from tests.real_go.test_open import build_host, build_plugin, opened

SOON = 2_000
"""In milliseconds: how soon a host that was vendored again must be noticed."""
MULTIERR = "go.uber.org/multierr"


def vendored_with(host: Path, module: str, version: str) -> tuple[Step, ...]:
    """Change a host's version of a module and vendor again, which deletes and recreates vendor/."""
    return (
        command(host, "go", "mod", "edit", f"-require={module}@{version}"),
        command(host, "go", "mod", "tidy"),
        command(host, "go", "mod", "vendor"),
    )


def run_session(editor: Editor, *steps: Step) -> Outcome:
    """Run a plan that may change files other than go.mod."""
    outcome = editor.attempt(*steps, patience=20_000)
    assert outcome.returncode == 0, outcome
    assert not outcome.processes, outcome
    assert "Traceback" not in outcome.log, outcome
    return outcome


def test_a_session_in_which_the_host_changes(editor: Editor, gomod: Path, examples: Examples, tmp_path: Path) -> None:
    main = examples.plugin / "main.go"
    before, source = gomod.read_text(), main.read_text()
    aligned = pinned(before, MISMATCHES)
    upgraded = Mismatch(MULTIERR, "v1.11.0", "v1.10.0")
    blank = f"{upgraded.pin} and import it blank"
    run_session(
        editor,
        open_file(gomod),
        mismatches(before, MISMATCHES),
        quick_fix(place(before, UUID.module), ALIGN, "Align all 4 "),
        nothing_wrong(),
        write(),
        command(examples.plugin, "go", "mod", "tidy"),
        reload(),
        nothing_wrong(),
        *vendored_with(examples.host, MULTIERR, "v1.10.0"),
        mismatches(aligned, [upgraded], within=SOON),
        quick_fix(place(aligned, MULTIERR), blank, blank),
        nothing_wrong(),
        write_all(),
        command(examples.plugin, "go", "mod", "tidy"),
    )
    assert main.read_text() == source.replace('\t"go.uber.org/zap"\n', f'\t_ "{MULTIERR}"\n\t"go.uber.org/zap"\n')
    assert f"\t{MULTIERR} v1.10.0\n" in gomod.read_text(), "tidy keeps it, as a direct requirement"
    gofmt = subprocess.run(("gofmt", "-d", str(main)), capture_output=True, text=True, check=True)
    assert gofmt.stdout == ""
    plugins = tmp_path / "modules"
    plugins.mkdir()
    build_host(examples.host)
    build_plugin(examples.plugin, plugins)
    assert opened(examples.host, plugins) == (0, "")


def test_a_host_that_is_vendored_three_times_is_noticed_soon(editor: Editor, gomod: Path, examples: Examples) -> None:
    text = gomod.read_text()
    steps = [open_file(gomod), mismatches(text, MISMATCHES)]
    for version in ("v1.25.0", "v1.24.0", "v1.27.0"):
        changed = [
            each if "zap" not in each.module else Mismatch(each.module, each.plugin, version) for each in MISMATCHES
        ]
        steps += [*vendored_with(examples.host, "go.uber.org/zap", version), mismatches(text, changed, within=SOON)]
    run_session(editor, *steps)


def test_a_broken_modules_txt_is_reported_until_it_is_repaired(editor: Editor, gomod: Path, examples: Examples) -> None:
    text = gomod.read_text()
    modules_txt = examples.host / "vendor" / "modules.txt"
    whole = examples.host / "whole.txt"
    shutil.copyfile(modules_txt, whole)
    left = [each for each in MISMATCHES if each is not ZAP]
    outcome = run_session(
        editor,
        open_file(gomod),
        mismatches(text, MISMATCHES),
        command(examples.host, "sed", "-i", "s/^# go.uber.org.zap v1.27.0/# go.uber.org\\/zap v1.2/", str(modules_txt)),
        mismatches(text, left, only="version-mismatch", within=SOON),
        command(examples.host, "cp", str(whole), str(modules_txt)),
        mismatches(text, MISMATCHES, within=SOON),
    )
    logged = [
        each["message"] for params in outcome.published for each in params["diagnostics"] if each["code"] == "syntax"
    ]
    assert "a module's line must read: # module/path v1.2.3" in logged
