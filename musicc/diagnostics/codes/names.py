"""M1xx: a name is unknown, of the wrong kind, or declared twice."""

from musicc.diagnostics.diagnostic import Code
