"""`python -m console`: the commands."""

from console.cli import app

if __name__ == "__main__":
    app()
