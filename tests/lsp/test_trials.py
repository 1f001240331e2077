"""Go tries fixes in the background: those that work are offered, and the others give a reason."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lsprotocol import types

from tests.conftest import Examples, contents, go
from tests.lsp.conftest import COMMAND, Editor, Start
from tests.lsp.test_blank_imports import offered
from tests.lsp.test_session import applied, clean, refined

HOLD = "Hold go.uber.org/multierr at v1.9.0 (host): exclude 1 higher version"


def lowered(examples: Examples) -> Path:
    """A host whose multierr is lower than what its zap requires, because the host has a hold of its own."""
    text = (examples.host / "vendor" / "modules.txt").read_text()
    host = examples.host.parent / "modules.txt"
    host.write_text(text.replace("# go.uber.org/multierr v1.11.0", "# go.uber.org/multierr v1.9.0"))
    return host


async def tried(editor: Editor, uri: str, times: int = 1) -> types.PublishDiagnosticsParams:
    """What is shown after Go has tried the fixes."""
    await editor.until_logged("tried ", times)
    return await editor.until(uri, refined)


async def test_a_hold_is_applied_and_survives_tidy(examples: Examples, start: Start) -> None:
    before = contents(examples.plugin)
    editor = await start(examples.plugin, {"host": str(lowered(examples))})
    gomod = examples.plugin / "go.mod"
    uri = editor.open(gomod)
    actions = await offered(editor, uri, await tried(editor, uri))
    assert HOLD in actions
    align = actions["Align all 4 modules with the host"]
    assert align.edit
    assert contents(examples.plugin) == before, "tried on copies"
    fixed = applied(gomod.read_text(), align.edit, uri, editor)
    assert "\nexclude go.uber.org/multierr v1.10.0\n" in fixed
    editor.forget()
    editor.change(uri, fixed)
    await editor.until(uri, clean)
    gomod.write_text(fixed)
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    assert all(not params.diagnostics for params in editor.published), "no flicker"
    go(examples.plugin, "mod", "tidy")
    assert "\tgo.uber.org/multierr v1.9.0 // indirect\n" in gomod.read_text()
    assert "\nexclude go.uber.org/multierr v1.10.0\n" in gomod.read_text()


async def test_a_fix_that_go_refuses_is_not_offered_and_the_finding_has_the_reason(
    examples: Examples, start: Start
) -> None:
    """A package that only the higher version has: a pin to the host's would end in a build that fails."""
    main = examples.plugin / "main.go"
    main.write_text(main.read_text().replace('"go.uber.org/zap"', '"go.uber.org/zap"\n\t_ "go.uber.org/zap/zapio"'))
    host = examples.host.parent / "modules.txt"
    text = (examples.host / "vendor" / "modules.txt").read_text()
    host.write_text(text.replace("# go.uber.org/zap v1.27.0", "# go.uber.org/zap v1.15.0"))
    env = {**os.environ, "GOSUMDB": "off"}
    command = (COMMAND, "fix", "--diff", "--host", str(host), str(examples.plugin))
    subprocess.run(
        command, env=env, capture_output=True, check=False
    )  # this puts the packages of the trial into Go's cache
    editor = await start(examples.plugin, {"host": str(host)})
    uri = editor.open(examples.plugin / "go.mod")
    why = "the host's version does not work: go.uber.org/zap/zapio would no longer build"

    def says_why(params: types.PublishDiagnosticsParams) -> bool:
        return any(why in each.message for each in params.diagnostics)

    actions = await offered(editor, uri, await editor.until(uri, says_why))
    assert not [title for title in actions if "zap" in title], actions
    assert "Align all 3 modules with the host" in actions, "the others are fixed anyway"
    editor.forget()
    editor.change(uri, f"{(examples.plugin / 'go.mod').read_text()}// typed\n")
    await editor.until(uri, lambda _: True)
    assert all(map(says_why, editor.published)), "a comment changes nothing of it"
