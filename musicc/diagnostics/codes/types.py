"""M2xx: a value has the wrong type, unit or range, or a field is unknown, repeated or missing."""

from musicc.diagnostics.diagnostic import Code
