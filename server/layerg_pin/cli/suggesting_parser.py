"""An argument parser that answers a misspelt command, option or value with the nearest one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from layerg_pin.core.text import did_you_mean, printable


class SuggestingParser(argparse.ArgumentParser):
    """A parser for one command. Its error messages stay one line, because they quote the arguments.

    Python 3.14 has `suggest_on_error`; until then, two private names
    of argparse are used here.
    """

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def reject(self, extra: Sequence[str]) -> NoReturn:
        """Report arguments that no option or position takes."""
        word = extra[0].partition("=")[0]
        nearest = did_you_mean(word, self._option_string_actions) if word.startswith("-") else ""
        self.error(f"unrecognized arguments: {' '.join(extra)}{nearest}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = action.choices
        if choices is not None and value not in choices:
            names = [str(each) for each in choices]
            raise argparse.ArgumentError(
                action, f"invalid choice: {value!r}{did_you_mean(str(value), names)}; choose from {', '.join(names)}"
            )
