"""M4xx: seed data."""

from musicc.diagnostics.diagnostic import Code
