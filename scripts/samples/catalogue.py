"""The samples and their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbdock.oci.reference import Reference
from scripts.samples.build import Recipe
from scripts.samples.recipes import busybox, hello, httpd, java, python, waste


@dataclass(frozen=True, slots=True)
class Sample:
    """An image with one or more space-separated `tags`; several recipes are its platforms."""

    repository: str
    tags: str
    recipes: tuple[Recipe, ...]
    description: str = "The shape of the real image: its steps, settings, layers and relative sizes"

    def references(self) -> Iterator[Reference]:
        """A reference for each tag."""
        return (Reference.parse(f"{self.repository}:{tag}") for tag in self.tags.split())

    def labelled(self) -> Iterator[Recipe]:
        """The recipes with labels that say that this is a sample and not the real image."""
        labels = {
            "dev.nbdock.sample": "true",
            "org.opencontainers.image.title": f"Sample of {self.repository}",
            "org.opencontainers.image.description": f"{self.description}. Made by nbdock; nothing in it runs.",
        }
        return (recipe.labelled(labels) for recipe in self.recipes)


CATALOGUE = (
    Sample("httpd", "latest 2.4", (httpd.HTTPD_2_4,)),
    Sample("httpd", "2.2", (httpd.HTTPD_2_2,)),
    Sample("httpd", "2.0", (httpd.HTTPD_2_0,)),
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
    Sample("nbdock/service", "latest", (java.SERVICE,), "A Java service whose jar has log4j-core 2.14.1 in it"),
)
