"""Runs the course as a notebook does, cell by cell, and prints what each shows."""

from IPython.core.interactiveshell import InteractiveShell

CELLS = """
%load_ext nbdock
%docker search httpd
layers = %image pull httpd
layers
%docker pull httpd:2.2
images = %image ls
images
%docker images httpd
%image inspect httpd
history = %image history httpd
history
history.groupby("layer").size_bytes.sum()
%docker tag httpd:latest mine:1.0
%docker rmi mine:1.0
%docker create busybox
%docker ps -a
%docker image prune -a -f
%image df
%docker run httpd
""".strip().splitlines()


def main() -> None:
    shell = InteractiveShell()
    for cell in CELLS:
        print(f"\n\033[1m>>> {cell}\033[0m", flush=True)
        shell.run_cell(cell)


if __name__ == "__main__":
    main()
