"""An argument parser that takes options anywhere, and answers a misspelt word with the nearest one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from layerg_pin.core.text import did_you_mean, printable

_MARK = "\0"
"""Precedes a word that is positional even if it begins with `-`. No argument of a process contains this character."""


def _marked(words: Sequence[str]) -> list[str]:
    """The words without the first `--`, and those after it marked: parse_known_intermixed_args forgets the `--`."""
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], *(f"{_MARK}{each}" for each in words[end + 1 :])]


class SuggestingParser(argparse.ArgumentParser):
    """A parser for one command. Its error messages stay one line, because they quote the arguments.

    Options may be between positional arguments, as in `upgrade RELEASE --diff DIR`.
    Python 3.14 has `suggest_on_error`; until then, private names of argparse are used here.
    """

    _is_intermixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        positional = self._get_positional_actions()
        is_several = len(positional) > 1 or any(action.nargs == "*" for action in positional)
        if self._is_intermixing or not is_several:
            return super().parse_known_args(args, namespace)
        self._is_intermixing = True  # parse_known_intermixed_args calls this function
        try:
            found, extra = self.parse_known_intermixed_args(_marked(args), namespace)
        finally:
            self._is_intermixing = False
        return found, [each.removeprefix(_MARK) for each in extra]

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        return super()._get_value(action, arg_string.removeprefix(_MARK))

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def has_option(self, word: str) -> bool:
        """Whether this is the name of an option."""
        return word in self._option_string_actions

    def owners(self, word: str) -> Iterator[str]:
        """The commands and subcommands that have an option with this name."""
        parts = (action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        for name, parser in (each for choices in parts for each in choices.items()):
            if parser.has_option(word):
                yield name
            yield from (f"{name} {each}" for each in parser.owners(word))

    def reject(self, extra: Sequence[str], hint: str) -> NoReturn:
        """Report arguments that no option or position takes; without a hint, with the nearest option."""
        word = extra[0].partition("=")[0]
        nearest = did_you_mean(word, self._option_string_actions) if word.startswith("-") else ""
        self.error(f"unrecognized arguments: {' '.join(extra)}{hint or nearest}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = action.choices
        if choices is not None and value not in choices:
            names = [str(each) for each in choices]
            option = f"--{value}"
            nearest = f" (did you mean {option}?)" if self.has_option(option) else did_you_mean(str(value), names)
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}{nearest}; choose from {', '.join(names)}")
