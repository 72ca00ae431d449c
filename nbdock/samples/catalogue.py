"""Which samples there are, and under which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbdock.oci.reference import Reference
from nbdock.samples.build import Recipe
from nbdock.samples.recipes import busybox, hello, httpd, python, waste


@dataclass(frozen=True, slots=True)
class Sample:
    """One image under each of the `tags`, which stand apart by blanks; several recipes are one for each platform."""

    repository: str
    tags: str
    recipes: tuple[Recipe, ...]
    description: str = "The shape of the real image: its steps, settings, layers and relative sizes"

    def references(self) -> Iterator[Reference]:
        return (Reference.parse(f"{self.repository}:{tag}") for tag in self.tags.split())

    def labelled(self) -> Iterator[Recipe]:
        """The recipes with the labels that say what they are, so that nobody takes a sample for the real image."""
        labels = {
            "dev.nbdock.sample": "true",
            "org.opencontainers.image.title": f"Sample of {self.repository}",
            "org.opencontainers.image.description": f"{self.description}. Made by nbdock; nothing in it runs.",
        }
        return (recipe.labelled(labels) for recipe in self.recipes)


CATALOGUE = (
    Sample("httpd", "latest 2.4", (httpd.HTTPD_2_4,)),
    Sample("httpd", "2.2", (httpd.HTTPD_2_2,)),
    Sample("busybox", "latest 1.36", busybox.BUSYBOX),
    Sample("hello-world", "latest", (hello.HELLO_WORLD,)),
    Sample("gcr.io/google-samples/hello-app", "1.0", (hello.HELLO_APP_1_0,)),
    Sample("gcr.io/google-samples/hello-app", "2.0", (hello.HELLO_APP_2_0,)),
    Sample("python", "latest 3.12", (python.FULL,)),
    Sample("python", "3.12-slim", (python.SLIM,)),
    Sample(
        "nbdock/wasteful",
        "latest",
        (waste.WASTEFUL,),
        "Files deleted and changed in later layers, which keep their bytes",
    ),
    Sample("nbdock/frugal", "latest", (waste.FRUGAL,), "The files of nbdock/wasteful with none of the waste"),
)
