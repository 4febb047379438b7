"""M5xx: models, servers, the store, the disk and the command line, while a plan runs."""

from musicc.diagnostics.diagnostic import Code
