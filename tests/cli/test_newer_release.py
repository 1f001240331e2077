"""A release that is newer than the catalogue: all commands state that with the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.cli.main import main

NEW = "Nakama 3.99.0 is newer than all releases that this layerg-pin knows"


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (["check", "--host", "nakama@3.99.0"], ": run `layerg-pin host export --host nakama@3.99.0`"),
        (["host", "show", "--host", "nakama@3.99.0"], ", and the host github.com/heroiclabs/nakama/v3@v3.99.0 is not"),
        (
            ["host", "export", "--host", "nakama@3.99.0"],
            ", and the host github.com/heroiclabs/nakama/v3@v3.99.0 is not",
        ),
        (["host", "diff", "nakama@3.99.0", "nakama@3.22.0"], ", and the host github.com/heroiclabs/nakama/v3@v3.99.0"),
        (["predict", "--host", "nakama@3.99.0", "."], ": update layerg-pin, or use the server's binary as the host"),
        (["upgrade", "nakama@3.99.0"], ": update layerg-pin, or upgrade to nakama@"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_all_commands_name_a_newer_release_alike(
    command: list[str],
    remedy: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\nrequire github.com/heroiclabs/nakama-common v1.32.0\n")
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--offline"]) == 2
    assert f"{NEW}{remedy}" in capsys.readouterr().err
