"""`layerg-pin predict`: predict whether plugin.Open accepts a plugin."""

from __future__ import annotations

import argparse
import os
from typing import Any

from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.binary.sides import HashDifference
from layerg_pin.cli.exit_codes import FOUND, NO_VERDICT, OK
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import binary_or_image, cancel_on_signals
from layerg_pin.core.known.release_names import release_name
from layerg_pin.engine.prediction import architecture_of, predict_in_host, prediction_rows
from layerg_pin.engine.release_prediction import Progress
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import BUILD_MEMORY, Cancellation, Go
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.terminal import Coloured, print_error, print_json, print_rows
from layerg_pin.system.text_files import FileError

_COMPILE_TIMEOUT = 600.0
"""In seconds."""
_EXIT_CODES = {Verdict.ACCEPTED: OK, Verdict.REJECTED: FOUND, Verdict.CRASH: FOUND, Verdict.UNKNOWN: NO_VERDICT}
_COLOURS = {Verdict.ACCEPTED: "32", Verdict.REJECTED: "31", Verdict.CRASH: "31", Verdict.UNKNOWN: "33"}


def run(options: argparse.Namespace) -> int:
    """Print the prediction; returns the exit code. Raises FileError and GoCancelled."""
    if not os.path.lexists(options.plugin):  # probably a typing error; plugin.Open would fail for a reason of its own
        raise FileError(f"{options.plugin} does not exist: pass a plugin's .so or its folder")
    cancellation = Cancellation()
    cancel_on_signals(cancellation)
    go = find_go(timeout=_COMPILE_TIMEOUT, network=not options.offline)
    go = go._replace(memory=BUILD_MEMORY) if go else None
    prediction = _predict(options, go, cancellation)
    if options.format == "json":
        print_json(_json(prediction))
    else:
        pair = f"{display_path(options.plugin)} in {_host_words(options.host)}"
        verdict = Coloured(prediction.verdict, _COLOURS[prediction.verdict])
        print_rows((f"{pair}: ", verdict, f": {prediction.reason}" if prediction.reason else ""))
        print_rows(*prediction_rows(prediction))
    if prediction.verdict is Verdict.UNKNOWN:
        remedies = ", or ".join(prediction.remedies) or "fix that, and predict again"
        print_error(f"no verdict: {prediction.reason}; {remedies}")
    return _EXIT_CODES[prediction.verdict]


def _predict(options: argparse.Namespace, go: Go | None, cancellation: Cancellation) -> Prediction:
    try:
        path = binary_or_image(options.host, architecture_of(options.plugin), cancellation, network=not options.offline)
    except FileError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    with ProgressLine() as line:
        progress = Progress(line.announce, line.step)
        return predict_in_host(options.host, path, options.plugin, go, cancellation, progress)


def _host_words(reference: str) -> str:
    if os.path.lexists(reference):
        return display_path(reference)
    return str(release_name(reference) or reference)


def _json(prediction: Prediction) -> dict[str, Any]:
    return {
        "version": 1,
        "verdict": prediction.verdict,
        "reason": prediction.reason,
        "differing": [_difference_json(each) for each in prediction.differing],
        "shared": prediction.shared,
        "host_packages": prediction.host_packages,
        "plugin_packages": prediction.plugin_packages,
        "compiled_with": prediction.compiled_with or None,
        "built_with": [go for go, _ in prediction.built_with],
    }


def _difference_json(difference: HashDifference) -> dict[str, Any]:
    """A differing package as JSON.

    `module` is the host's; `plugin_version` is null if the plugin takes the package from another module.
    """
    host, plugin = difference.host, difference.plugin
    same = host and plugin and host.path == plugin.path
    return {
        "package": difference.package,
        "module": host.path if host else None,
        "host_version": host.version or None if host else None,
        "plugin_version": plugin.version or None if plugin and same else None,
        "root": difference.root,
    }
