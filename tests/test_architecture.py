"""Imports point one way. This reads them from the code, so that no arrow turns unseen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "simulator"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Who may import whom. A room is named by its longest matching prefix; every room may import
# itself. "roles" stands for each role by itself: roles never import one another.
BASE = {"values", "measures", "journal", "errors"}
ALLOWED: dict[str, set[str]] = {
    "values": set(),
    "measures": {"values"},
    "journal": {"values"},
    "errors": {"values"},
    "text": {"values"},
    "wire": BASE,
    "net": BASE,
    "serving": BASE | {"wire"},
    "roles": BASE | {"wire", "serving"},
    "world": BASE | {"wire"},
    "lab": BASE | {"wire", "serving", "net", "roles", "world"},
    "scenario": BASE | {"wire", "net", "roles", "world", "lab"},
    "matrix": BASE | {"wire", "net", "roles", "world", "lab"},
    "ooni": BASE | {"wire", "roles", "world"},
    "tools": BASE | {"text", "wire", "serving", "net", "roles", "world", "lab", "scenario"},
    "report": BASE
    | {"text", "wire", "net", "roles", "world", "lab", "scenario"}
    | {"matrix", "tools", "ooni", "__init__"},
    "bench": BASE
    | {"text", "wire", "serving", "net", "roles", "world", "lab", "scenario", "matrix"}
    | {"report"},
    "cli": BASE
    | {"text", "net", "world", "lab", "scenario", "matrix", "tools", "ooni", "report", "bench"},
    "__main__": {"cli"},
    "__init__": {"lab"},
}
LOGIC_MAY_NOT = ("asyncio", "socket", "time", "threading", "aiohttp")
CLOCK = "net/clock.py"


def imports(path: Path) -> list[tuple[int, str]]:
    """Return (line, module) of every import in a file, those for typing only included."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            found.append((node.lineno, node.module))
    return found


def room(module: str) -> str:
    """``simulator.roles.isp.logic`` -> ``roles``; ``simulator`` itself -> ``__init__``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def role(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[1:2] == ["roles"] and len(parts) > 2 else None


def name_of(path: Path) -> str:
    parts = ["simulator", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_arrow_points_down(path: Path) -> None:
    own = name_of(path)
    for line, module in imports(path):
        if not module.startswith("simulator"):
            continue
        where = f"{path}:{line}: {own} imports {module}"
        if room(own) != room(module):
            assert room(module) in ALLOWED[room(own)], where
        elif role(own) is not None:
            assert role(own) == role(module), f"{where}: roles talk over the network"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.parent.parent.name == "roles" and path.name == "logic.py"],
    ids=lambda path: path.parent.name,
)
def test_logic_knows_no_socket_and_no_clock(path: Path) -> None:
    used = {module.partition(".")[0] for _, module in imports(path)}
    assert not used & set(LOGIC_MAY_NOT)


def test_wire_knows_no_socket_and_no_clock() -> None:
    for path in sorted((PACKAGE / "wire").rglob("*.py")):
        used = {module.partition(".")[0] for _, module in imports(path)}
        assert not used & set(LOGIC_MAY_NOT), path


def test_only_the_clock_reads_a_clock() -> None:
    # The bench measures processor time: that is its job.
    for path in MODULES:
        if str(path.relative_to(PACKAGE)) not in (CLOCK, "bench/figures.py"):
            assert "time" not in {module for _, module in imports(path)}, path


def test_no_file_is_longer_than_it_should_be() -> None:
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in MODULES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    # The loop and TCP each are one state machine with one reason to change.
    assert set(long) <= {"net/loop.py", "net/tcp.py"}, long


def test_every_role_has_its_logic() -> None:
    roles = [path for path in (PACKAGE / "roles").iterdir() if path.is_dir()]
    lacking = [
        path.name
        for path in roles
        if path.name != "__pycache__" and not (path / "logic.py").exists()
    ]
    # The resolver's logic is several steppers: resolution, cache, policy.
    assert lacking == ["resolver"]
