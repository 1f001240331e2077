"""What a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.finding import Finding, Severity


class Check(NamedTuple):
    """A kind of finding. `page` is its documentation in Markdown: what it says, why it matters, an example, the
    cure.
    """

    code: str
    severity: Severity | None
    """By default; None: off until the user sets one."""
    page: str
    run: Callable[[Analysis], Iterable[Finding]]
