"""`layerg-pin completion`: print a script that completes commands, options and their values in a shell."""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.cli.command_line import build_parser
from layerg_pin.cli.exit_codes import OK
from layerg_pin.system.terminal import print_text


class _Command(NamedTuple):
    """A command or a subcommand."""

    path: tuple[str, ...]
    """Its words, such as `host show`; none for the program itself."""
    description: str
    options: tuple[argparse.Action, ...]
    below: tuple[str, ...]
    """The commands below it, or the values of its first argument."""

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that can follow."""
        return (*self.below, *(name for each in self.options for name in each.option_strings))


def run(options: argparse.Namespace) -> int:
    """Print the script; returns the exit code."""
    commands = list(_commands(build_parser(), (), ""))
    top = tuple(each.path[0] for each in commands if len(each.path) == 1 and each.path != ("help",))
    commands = [each._replace(below=top) if each.path == ("help",) else each for each in commands]
    scripts = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
    print_text(scripts[options.shell](commands))
    return OK


def _commands(parser: argparse.ArgumentParser, path: tuple[str, ...], description: str) -> Iterator[_Command]:
    """The command of a parser, and those below it."""
    parsers, options, below = dict[str, argparse.ArgumentParser](), [], list[str]()
    for action in parser._actions:  # argparse has no public list
        if isinstance(action, argparse._SubParsersAction):
            parsers = dict(action.choices)
        elif action.option_strings:
            options.append(action)
        else:
            below += map(str, action.choices or ())
    below += parsers
    yield _Command(path, description, tuple(options), tuple(below))
    for name, each in parsers.items():
        yield from _commands(each, (*path, name), (each.description or "").rstrip("."))


def _words(commands: list[_Command]) -> Iterator[tuple[str, str]]:
    """For each command, its path and what can follow it."""
    yield from ((" ".join(each.path), " ".join(each.words)) for each in commands)


def _values(commands: list[_Command]) -> Iterator[tuple[str, str]]:
    """For each option with a value, the command's path with the option, and the values; none if they are not fixed."""
    for each in commands:
        for option in (option for option in each.options if option.nargs is None):
            values = " ".join(map(str, option.choices or ()))
            yield from ((" ".join((*each.path, name)), values) for name in option.option_strings)


def _bash(commands: list[_Command]) -> str:
    paths = "|".join(f'"{" ".join(each.path)}"' for each in commands if each.path)
    values = "\n".join(f'    "{key}") words="{words}" ;;' for key, words in _values(commands))
    words = "\n".join(f'      "{key}") words="{words}" ;;' for key, words in _words(commands))
    return f"""
_layerg_pin() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" words="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{command:+$command }}${{COMP_WORDS[i]}}"
    case "$word" in
      {paths}) command="$word" ;;
    esac
  done
  case "${{command:+$command }}$previous" in
{values}
    *) case "$command" in
{words}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _layerg_pin layerg-pin
"""


def _zsh(commands: list[_Command]) -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash(commands).strip()}"


def _fish(commands: list[_Command]) -> str:
    lines = []
    for each in commands:
        seen = [f"__fish_seen_subcommand_from {word}" for word in each.path]
        below = [f"not __fish_seen_subcommand_from {' '.join(each.below)}"] if each.below else []
        condition = f"complete -c layerg-pin -n '{'; and '.join((*seen, *below)) or 'true'}'"
        for word in each.below:
            found = next((other for other in commands if other.path == (*each.path, word)), None)
            lines.append(f"{condition} -f -a {word}{_fish_description(found.description if found else '')}")
        for option in each.options:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.option_strings
            )
            values = f" -x -a '{' '.join(map(str, option.choices))}'" if option.choices else ""
            takes = " -r" if option.nargs is None and not values else ""
            help_text = (option.help or "").partition(" (default")[0].partition(":")[0]
            lines.append(f"{condition} {names}{values or takes}{_fish_description(help_text)}")
    return "\n".join(lines)


def _fish_description(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f" -d '{escaped}'" if text else ""


def _powershell(commands: list[_Command]) -> str:
    words = "\n".join(f"        '{key}' = '{words}'" for key, words in _words(commands))
    values = "\n".join(f"        '{key}' = '{words}'" for key, words in _values(commands))
    return f"""
Register-ArgumentCompleter -Native -CommandName layerg-pin -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{{
{words}
    }}
    $values = @{{
{values}
    }}
    $command = ''
    $last = ''
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {{
        if ($wordToComplete -and $element.Extent.EndOffset -ge $cursorPosition) {{ break }}
        $last = "$command $element".Trim()
        if ($words.ContainsKey($last)) {{ $command = $last }}
    }}
    $found = if ($values.ContainsKey($last)) {{ $values[$last] }} else {{ $words[$command] }}
    $found -split ' ' | Where-Object {{ $_ -and $_ -like "$wordToComplete*" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}
"""
