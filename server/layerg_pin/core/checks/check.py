"""The record that describes a check."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.finding import Finding, Severity


class Check(NamedTuple):
    """A kind of finding. `page` is its documentation in Markdown: problem, reason, example and remedy."""

    code: str
    severity: Severity | None
    """The default severity; None if the check is off by default."""
    page: str
    run: Callable[[Analysis], Iterable[Finding]]
