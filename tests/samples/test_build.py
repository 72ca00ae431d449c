import json

from nbdock import Digest, Platform
from nbdock.oci.config import ImageConfig
from nbdock.oci.manifest import Manifest
from scripts.samples.build import Recipe
from scripts.samples.changeset import file
from scripts.samples.layout import Layout

TIME = "2024-01-02T03:04:05Z"
STEPS = (
    Recipe()
    .at(TIME)
    .env("A", "1")
    .env("PATH", "/bin")
    .env("A", "2")
    .run("true")
    .copy("a /a", file("a", "content"))
    .workdir("/app")
    .expose("80/tcp")
    .expose("443/tcp")
    .user("nobody")
    .stop_signal("SIGWINCH")
    .cmd("serve", "--all")
)


def built(recipe: Recipe) -> tuple[Manifest, ImageConfig]:
    layout = Layout()
    manifest = Manifest.parse(layout.blobs[layout.image(recipe).digest])
    return manifest, ImageConfig.parse(layout.blobs[manifest.config.digest])


def test_steps_become_settings() -> None:
    _, config = built(STEPS)
    assert config.config == {
        "Env": ["PATH=/bin", "A=2"],
        "WorkingDir": "/app",
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "User": "nobody",
        "StopSignal": "SIGWINCH",
        "Cmd": ["serve", "--all"],
    }


def test_the_history_is_in_the_words_of_buildkit() -> None:
    _, config = built(STEPS)
    assert [(step.created_by, step.empty_layer) for step in config.history] == [
        ("ENV A=1", True),
        ("ENV PATH=/bin", True),
        ("ENV A=2", True),
        ("RUN /bin/sh -c true # buildkit", False),
        ("COPY a /a # buildkit", False),
        ("WORKDIR /app", False),
        ("EXPOSE map[80/tcp:{}]", True),
        ("EXPOSE map[443/tcp:{}]", True),
        ("USER nobody", True),
        ("STOPSIGNAL SIGWINCH", True),
        ('CMD ["serve", "--all"]', True),
    ]
    assert {step.comment for step in config.history} == {"buildkit.dockerfile.v0"}
    assert "docker_version" not in config.json


def test_or_in_the_words_of_the_classic_builder() -> None:
    recipe = Recipe().at(TIME, docker_version="20.10.24")
    _, config = built(recipe.env("A", "1").run("true").copy("file:a in /a", file("a", "")).workdir("/app").cmd("a"))
    assert [(step.created_by, step.empty_layer) for step in config.history] == [
        ("/bin/sh -c #(nop)  ENV A=1", True),
        ("/bin/sh -c true", False),
        ("/bin/sh -c #(nop) COPY file:a in /a", False),
        ("/bin/sh -c #(nop) WORKDIR /app", True),
        ('/bin/sh -c #(nop)  CMD ["a"]', True),
    ]
    assert {step.comment for step in config.history} == {""}
    assert config.json["docker_version"] == "20.10.24"


def test_a_layer_of_nothing_is_the_one_that_buildkit_writes() -> None:
    manifest, config = built(Recipe().at(TIME).workdir("/"))
    assert manifest.layers[0].digest.short == "4f4fb700ef54"
    assert manifest.layers[0].size == 32
    assert config.diff_ids == (Digest.of(bytes(1024)),)


def test_a_base_shares_its_layers_with_what_is_built_on_it() -> None:
    base = Recipe().at(TIME).run("a", file("a", "1"))
    left = built(base.at("2024-02-02T00:00:00Z").run("b", file("b", "2")))[0]
    right = built(base.at("2024-03-03T00:00:00Z").run("b", file("b", "2")))[0]
    assert left.layers[0] == right.layers[0] == built(base)[0].layers[0]
    assert left.layers[1] != right.layers[1]


def test_labels_are_settings_without_a_step() -> None:
    recipe = Recipe().at(TIME).labelled({"a": "1", "b": "2"}).labelled({"b": "3"})
    _, config = built(recipe)
    assert config.labels == {"a": "1", "b": "3"}
    assert not config.history


def test_json_has_sorted_keys_and_no_blanks() -> None:
    layout = Layout()
    raw = layout.blobs[layout.image(STEPS).digest]
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode()


def test_a_recipe_says_its_platform_and_its_time() -> None:
    _, config = built(Recipe(platform=Platform.parse("linux/arm/v7")).at(TIME).run("a"))
    assert str(config.platform) == "linux/arm/v7"
    assert config.json["created"] == config.json["history"][0]["created"] == TIME
