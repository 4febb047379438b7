"""M3xx: turn rules and the flow of a dialogue."""

from musicc.diagnostics.diagnostic import Code
