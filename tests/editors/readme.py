"""The set-ups that the README tells, which the tests run as they stand there."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def set_ups(heading: str) -> list[str]:
    """The fenced blocks below a `###` heading of the README."""
    text = (ROOT / "README.md").read_text()
    section = re.search(rf"^### {re.escape(heading)}\n(.*?)^##", text, re.DOTALL | re.MULTILINE)
    assert section, f"README.md has no heading {heading}"
    blocks = re.findall(r"^```\w+\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE)
    assert blocks, f"README.md shows no set-up for {heading}"
    return blocks
