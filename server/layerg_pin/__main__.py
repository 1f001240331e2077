"""`python -m layerg_pin`."""

import sys

from layerg_pin.cli import main

sys.exit(main())
