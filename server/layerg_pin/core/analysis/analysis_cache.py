"""The cache that successive analyses of one plugin share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

_Inputs = TypeVarTuple("_Inputs")
_Result = TypeVar("_Result")


class AnalysisCache:
    """The latest result of each expensive computation, with its inputs.

    Most edits change neither the requirements in go.mod nor Go's last answer, so that most results stay valid. The code
    that keeps a plugin creates its cache, and passes it to each analysis. If two threads use a cache at the same time,
    a result may be computed twice.
    """

    def __init__(self) -> None:
        self._results: dict[Callable[..., object], tuple[tuple[object, ...], object]] = {}

    def result(self, compute: Callable[[*_Inputs], _Result], *inputs: *_Inputs) -> _Result:
        """Return `compute(*inputs)`, computed only if the inputs differ from those of the last call."""
        known = self._results.get(compute)
        result = known[1] if known and known[0] == inputs else compute(*inputs)
        self._results[compute] = inputs, result  # the next call often has the same objects, which compare at once
        return result  # type: ignore[return-value]  # the value of `compute`, by the key
