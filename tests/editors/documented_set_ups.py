"""The set-ups of editors in docs/editors.md, which the tests run as they are written there."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def set_ups(heading: str) -> list[str]:
    """The fenced blocks below a `###` heading of docs/editors.md."""
    text = (ROOT / "docs" / "editors.md").read_text()
    section = re.search(rf"^### {re.escape(heading)}\n(.*?)^##", text, re.DOTALL | re.MULTILINE)
    assert section, f"docs/editors.md has no heading {heading}"
    blocks = re.findall(r"^```\w+\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE)
    assert blocks, f"docs/editors.md shows no set-up for {heading}"
    return blocks
