"""`python -m mailfax` is `mailfax`."""

from mailfax import cli

if __name__ == "__main__":
    cli.main()
