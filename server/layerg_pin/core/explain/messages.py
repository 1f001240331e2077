"""The list of all messages that layerg-pin can explain, in order of precedence."""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind
from layerg_pin.core.explain.messages_build import BUILD_KINDS
from layerg_pin.core.explain.messages_fetch import FETCH_KINDS
from layerg_pin.core.explain.messages_gomod import GOMOD_KINDS
from layerg_pin.core.explain.messages_host import CUT_DIFFERENT_PACKAGE, DIFFERENT_PACKAGE, HOST_KINDS, PREVIOUS_FAILURE
from layerg_pin.core.explain.messages_loader import LOADER_KINDS
from layerg_pin.core.explain.messages_macos import MACOS_KINDS
from layerg_pin.core.explain.messages_require import REQUIRE_KINDS
from layerg_pin.core.explain.messages_source import SOURCE_KINDS
from layerg_pin.core.explain.messages_system import SYSTEM_KINDS

KINDS: tuple[Kind, ...] = (
    DIFFERENT_PACKAGE,
    CUT_DIFFERENT_PACKAGE,
    *HOST_KINDS,
    *LOADER_KINDS,
    *MACOS_KINDS,
    *BUILD_KINDS,
    *GOMOD_KINDS,
    *REQUIRE_KINDS,
    *FETCH_KINDS,
    *SYSTEM_KINDS,
    *SOURCE_KINDS,
    PREVIOUS_FAILURE,
)
"""If two kinds match at the same place, the first one applies."""
