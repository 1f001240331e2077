"""The set-ups that no test runs, because their editors are not available here."""

from __future__ import annotations

import json

from tests.editors.documented_set_ups import set_ups


def test_the_texts_for_sublime_text_and_kate_can_be_read() -> None:
    sublime, kate = set_ups("Sublime Text, Kate, Zed")
    assert json.loads(sublime)["clients"]["layerg-pin"]["command"] == ["layerg-pin", "lsp"]
    assert json.loads(kate)["servers"]["gomod"]["command"] == ["layerg-pin", "lsp"]
