"""M0xx: the text is not a `.music` file."""

from musicc.diagnostics.diagnostic import Code
