"""M6xx: reward models and evaluation."""

from musicc.diagnostics.diagnostic import Code
