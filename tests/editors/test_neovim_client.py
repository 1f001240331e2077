"""The client that is shipped for Neovim, set up as docs/editors.md says, in Neovim 0.10 and in a newer one."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import ROOT, Examples, local_go
from tests.editors.deb_tool import DebError
from tests.editors.documented_set_ups import set_ups
from tests.editors.expected import ALIGN, MISMATCHES, MULTIERR, PROTOBUF, TESTIFY, UUID, ZAP, Place, pinned, place
from tests.editors.neovim import (
    Editor,
    Step,
    answer,
    buffer,
    checkhealth,
    clients,
    debian_neovim,
    has,
    help_page,
    hints,
    hover,
    mismatches,
    nothing_wrong,
    open_file,
    open_unserved,
    quick_fix,
    replace,
    run_action,
    shown_message,
    undo,
    window,
    write,
)
from tests.editors.test_neovim import DOCKERFILE, NAKAMA_PLUGIN, UUID_OF_NAKAMA, with_template

NAME = "layerg_pin"
SUITES = {"0.10": "trixie", "newer": "sid"}


@dataclass(frozen=True)
class Shipped:
    """A Neovim with the shipped client."""

    editor: Editor
    folder: Path
    """A copy of the client's folder."""
    init: str


@pytest.fixture(params=SUITES)
def shipped(request: pytest.FixtureRequest, editor: Editor, tmp_path: Path) -> Shipped:
    newer = request.param == "newer"
    try:
        neovim = debian_neovim(SUITES[request.param])
    except DebError as error:
        pytest.fail(f"no Neovim {request.param} to test with: {error}", pytrace=False)
    assert (neovim.version >= (0, 11)) == newer
    copy = tmp_path / "layerg-pin" / "client-nvim"
    shutil.copytree(ROOT / "client-nvim", copy)
    with_enable, with_autocommand = set_ups("Neovim")
    init = (with_enable if newer else with_autocommand).replace("/path/to/layerg-pin", str(copy.parent))
    return Shipped(Editor(neovim, editor.plugin, editor.home, editor.server, editor.env), copy, init)


def session(gomod: Path) -> list[Step]:
    """The steps of a user in a go.mod, from opening it to saving the fixed file."""
    text = gomod.read_text()
    fixed = pinned(text, MISMATCHES)
    zap = place(text, ZAP.module)
    unshared = {TESTIFY.module: f"host {TESTIFY.host}, not shared"}
    labels = {each.module: f"host {each.host}" for each in (ZAP, PROTOBUF, MULTIERR)}
    return [
        open_file(gomod, NAME),
        mismatches(text, MISMATCHES),
        hints(text, {UUID.module: f"host {UUID.host}", **unshared, **labels}),
        hover(zap, "go.uber.org/zap v1.26.0, host v1.27.0", "The host refuses the plugin", "Linked into both"),
        open_file(gomod.with_name("main.go"), NAME),
        clients(layerg_pin=2),
        open_file(gomod, NAME),
        quick_fix(place(text, UUID.module), ALIGN, "Align all 4 "),
        nothing_wrong(),
        hints(fixed, unshared),
        buffer(fixed),
        write(),
    ]


def test_a_whole_session(shipped: Shipped, gomod: Path, programs: Path) -> None:
    text = gomod.read_text()
    shipped.editor.run(
        *session(gomod),
        checkhealth(
            f"OK layerg-pin {version('layerg-pin')}: {programs / 'layerg-pin'}",
            "OK go version go",
            f"serves {gomod.parent}",
            f"OK {gomod}: everything fits, host gameserver, modules.txt, {local_go()} at "
            f"{gomod.parent.with_name('host')}",
            "OK none in ",
        ),
        help_page(shipped.folder / "doc", "layerg_pin-0.10"),
        path=str(programs),
        init=shipped.init,
    )
    assert gomod.read_bytes() == pinned(text, MISMATCHES).encode()


def test_the_configuration_for_nvim_lspconfig(editor: Editor, gomod: Path, programs: Path) -> None:
    """Its file, which needs no client of ours, in a Neovim that has `vim.lsp.enable`."""
    neovim = debian_neovim(SUITES["newer"])
    folder = ROOT / "packaging" / "nvim-lspconfig"
    text = gomod.read_text()
    Editor(neovim, editor.plugin, editor.home, editor.server, editor.env).run(
        open_file(gomod, NAME),
        mismatches(text, MISMATCHES),
        open_file(gomod.with_name("main.go"), NAME),
        clients(layerg_pin=2),
        open_file(gomod, NAME),
        quick_fix(place(text, UUID.module), ALIGN, "Align all 4 "),
        nothing_wrong(),
        path=str(programs),
        init=f"vim.opt.runtimepath:prepend('{folder}')\nvim.lsp.enable('{NAME}')\n",
    )


def test_an_upgrade(shipped: Shipped, gomod: Path, programs: Path) -> None:
    """From the tag in the Dockerfile: the report, the question, all files, and one undo for each buffer."""
    folder = with_template(gomod)
    dockerfile, gosum = folder / "Dockerfile", folder / "go.sum"
    server = DOCKERFILE.split("\n").index("FROM heroiclabs/nakama:3.22.0")
    unsaved = f"# not saved\n{DOCKERFILE}"
    at_start = Place(0, 0, 0, "")
    shipped.editor.run(
        open_file(gomod, NAME),
        mismatches(NAKAMA_PLUGIN, [UUID_OF_NAKAMA]),
        open_file(dockerfile, NAME),
        replace(at_start, "# not saved\n"),
        answer("Cancel"),
        run_action(server + 1, "Upgrade to Nakama 3.40.0…"),
        window("## Nakama 3.22.0 -\\> 3.40.0", "| Go | 1.22.4 | 1.26.5 |", "-FROM heroiclabs/nakama:3.22.0"),
        open_file(dockerfile, NAME),
        buffer(unsaved),
        answer("Nakama 3.39.0 (", "Apply"),
        run_action(server + 1, "Upgrade to another release of Nakama…"),
        has(gosum, "github.com/heroiclabs/nakama-common v1.46.0 h1:"),
        has(gomod, "github.com/heroiclabs/nakama-common v1.46.0"),
        open_file(dockerfile, NAME),
        buffer(unsaved.replace("3.22.0", "3.39.0")),
        undo(),
        buffer(unsaved),
        undo(),
        open_unserved(gosum),
        undo(),
        buffer(gosum.read_text()),
        open_file(gomod, NAME),
        undo(),
        buffer(NAKAMA_PLUGIN),
        mismatches(NAKAMA_PLUGIN, [UUID_OF_NAKAMA]),
        path=str(programs),
        init=f"{shipped.init}\nvim.o.hidden = true",
        patience=60_000,
    )


@pytest.mark.parametrize("shipped", ["newer"], indirect=True)  # 0.10 shows messages of servers by other means
def test_an_upgrade_is_refused_if_a_file_has_changes_that_the_server_does_not_see(
    shipped: Shipped, gomod: Path, programs: Path
) -> None:
    folder = with_template(gomod)
    shipped.editor.run(
        open_file(gomod, NAME),
        mismatches(NAKAMA_PLUGIN, [UUID_OF_NAKAMA]),
        open_unserved(folder / "go.sum"),
        replace(Place(0, 0, 0, ""), "\n"),
        open_file(gomod, NAME),
        answer("Apply"),
        run_action(0, "Upgrade to Nakama 3.40.0…"),
        shown_message("go.sum is not saved: save it first"),
        open_file(gomod, NAME),
        buffer(NAKAMA_PLUGIN),
        open_unserved(folder / "go.sum"),
        undo(),
        path=str(programs),
        init=f"{shipped.init}\nvim.o.hidden = true",
        patience=60_000,
    )


@pytest.mark.parametrize("shipped", ["newer"], indirect=True)
def test_an_upgrade_does_not_mistake_a_buffer_for_another(shipped: Shipped, gomod: Path, programs: Path) -> None:
    """A buffer with unsaved changes whose name only begins like that of a file of the edit."""
    folder = with_template(gomod)
    shipped.editor.run(
        open_unserved(folder / "go.sum.orig"),
        replace(Place(0, 0, 0, ""), "not saved\n"),
        open_file(gomod, NAME),
        mismatches(NAKAMA_PLUGIN, [UUID_OF_NAKAMA]),
        answer("Apply"),
        run_action(0, "Upgrade to Nakama 3.40.0…"),
        has(gomod, "github.com/heroiclabs/nakama-common v1.47.0"),
        path=str(programs),
        init=f"{shipped.init}\nvim.o.hidden = true",
        patience=60_000,
    )


def test_a_server_that_cannot_start(shipped: Shipped, gomod: Path, broken: Path) -> None:
    """The session fails at its first step; Neovim shows an error, and :checkhealth says why."""
    outcome = shipped.editor.attempt(*session(gomod), path=str(broken), init=shipped.init, patience=2_000)
    assert outcome.returncode == 1
    assert "no server is attached" in outcome.output
    shipped.editor.run(
        open_unserved(gomod),
        shown_message("quit with exit code 3"),
        checkhealth(
            f"ERROR {broken / 'layerg-pin'} cannot run: this layerg-pin is broken",
            "WARNING no buffer is served",
            '"stderr"\t"this layerg-pin is broken',
        ),
        path=str(broken),
        init=shipped.init,
    )


def test_a_server_that_is_missing(shipped: Shipped, gomod: Path) -> None:
    first, _, rest = shipped.init.partition("\n")
    missing = "require('layerg_pin').config.cmd = { 'no-such-layerg-pin', 'lsp' }"
    expected = [shown_message("Spawning language server")] if shipped.editor.neovim.version < (0, 11) else []
    shipped.editor.run(
        open_unserved(gomod),
        *expected,
        checkhealth("ERROR no-such-layerg-pin is not found", "pipx install layerg-pin"),
        init=f"{first}\n{missing}\n{rest}",
    )


def test_checkhealth_shows_modules_without_a_host_and_modules_that_are_not_plugins(
    shipped: Shipped, gomod: Path, examples: Examples, programs: Path
) -> None:
    gomod.with_name("layerg-pin.toml").unlink()
    shipped.editor.run(
        open_file(examples.host / "go.mod", NAME),
        checkhealth(f"{examples.host / 'go.mod'} does not belong to a plugin"),
        open_file(gomod, NAME),
        checkhealth(f"WARNING {gomod} has no host: ", "set it: layerg-pin init --host"),
        path=str(programs),
        init=shipped.init,
    )


def test_which_files_are_served(shipped: Shipped, examples: Examples, programs: Path, tmp_path: Path) -> None:
    """One server serves all files of a repository and a host's modules.txt; none serves Go's own and other files."""
    examples.plugin.with_name(".git").mkdir()
    modules = Path(shipped.editor.env["GOMODCACHE"])
    root = Path(shipped.editor.env["PATH"].partition(":")[0]).parent
    alone, note, listing = tmp_path / "alone.go", tmp_path / "note.txt", examples.host / "vendor" / "modules.txt"
    alone.write_text("package main\n")
    note.write_text("a note\n")
    outcome = shipped.editor.attempt(
        open_unserved(modules / "go.uber.org" / "zap@v1.27.0" / "logger.go"),
        open_unserved(root / "src" / "fmt" / "print.go"),
        open_unserved(alone),
        open_unserved(note),
        clients(),
        open_file(examples.plugin / "main.go", NAME),
        open_file(examples.plugin / "go.mod", NAME),
        open_file(examples.host / "main.go", NAME),
        open_file(listing, NAME),
        open_unserved(note),
        clients(layerg_pin=4),
        path=str(programs),
        init=shipped.init,
    )
    assert outcome.returncode == 0, outcome


def test_a_build_file_goes_to_the_server_of_its_repository(
    shipped: Shipped, examples: Examples, programs: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(examples.plugin, other)
    for repository in (examples.plugin.parent, other):
        (repository / ".git").mkdir()
    (other / "Dockerfile").write_text(DOCKERFILE)
    outcome = shipped.editor.attempt(
        open_file(examples.plugin / "go.mod", NAME),
        open_file(other / "go.mod", NAME),
        open_file(other / "Dockerfile", NAME),
        path=str(programs),
        init=shipped.init,
    )
    assert outcome.returncode == 0, outcome


def test_the_help_lists_what_the_readme_lists() -> None:
    page = (ROOT / "client-nvim" / "doc" / "layerg_pin.txt").read_text()
    for set_up in set_ups("Neovim"):
        assert textwrap.indent(set_up, "    ") in page
