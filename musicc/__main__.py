"""`python -m musicc` is the `musicc` command."""

from musicc.cli.main import main

main()
