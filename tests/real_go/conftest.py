"""Tests on other projects' files run only where those files are; see test_real_inputs.py."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("LAYERG_PIN_REAL_INPUTS") else ["test_real_inputs.py"]
