"""`python -m roomctl` is `roomctl`."""

from roomctl.cli import main

if __name__ == "__main__":
    main()
