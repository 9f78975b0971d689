"""`python -m adunion`: the same as the command `adunion`."""

from adunion.cli import main

main()
