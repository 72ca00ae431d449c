"""The panel's modules beside those of the widgets."""

from __future__ import annotations

import json
import re

from nbdock.widgets.bundle import FRONT, STYLES, order

PANEL = (FRONT / "panel.js").read_text()


def test_the_panel_has_the_sheets_of_the_widgets_and_its_own() -> None:
    [sheets] = re.findall(r"const SHEETS = (\[[^\]]*\])", PANEL)
    assert set(json.loads(sheets)) == {*STYLES, "panel"}


def test_its_plugin_is_the_one_that_its_settings_are_of() -> None:
    package = json.loads((FRONT / "package.json").read_text())
    [name] = re.findall(r'const ID = "([^"]*)"', PANEL)
    assert name == f"{package['name']}:panel" and (FRONT / package["jupyterlab"]["schemaDir"] / "panel.json").exists()
    schema = json.loads((FRONT / "schemas/nbdock/panel.json").read_text())
    [defaults] = re.findall(r"const DEFAULTS = \{([^}]*)\}", PANEL)
    assert re.findall(r"(\w+):", defaults) == list(schema["properties"])
    used = {
        item["command"]
        for menu in schema["jupyter.lab.menus"].values()
        for each in menu
        for item in each.get("items", [each])
        if "command" in item
    }
    assert used <= {f"nbdock:{id}" for id in re.findall(r'  add\("([\w-]+)"', (FRONT / "commands.js").read_text())}


def test_the_panel_is_loaded_side_by_side() -> None:
    [modules] = re.findall(r"const MODULES = (\[[^\]]*\])", (FRONT / "remoteEntry.js").read_text())
    assert [f"{name}.js" for name in json.loads(modules)] == order("panel.js")


def test_nothing_of_the_application_is_loaded_before_somebody_looks() -> None:
    def loaded(name: str) -> set[str]:
        below = re.findall(r'^import \{[^}]*\} from "\./([\w-]+\.js)";', (FRONT / name).read_text(), re.MULTILINE)
        return {name}.union(*map(loaded, below))

    heavy = {"shell.js", "detail.js", "explorer.js", "grid.js", "finding.js", "list.js"}
    assert not heavy & loaded("panel.js")
