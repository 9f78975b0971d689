"""House rules that ruff does not know, read off the syntax tree.

- float-money: no `float(...)`, float literal or true division in a statement that names money
  (`*_minor`, `amount`, `balance`), outside places that only show or predict it.
- clock, chance: nothing outside `kernel` reads the time or draws randomness by itself.
- swallowed: no bare `except`, and no `except Exception` that neither raises, logs nor keeps it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MONEY_ROOMS = {"ledger", "commission", "settlement", "campaigns", "catalog", "tracking", "kernel"}
MONEY_SUFFIXES = ("_minor", "_micros")
CLOCK_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.sleep",
    "time.monotonic", "time.perf_counter", "time.time_ns",
}  # fmt: skip
CHANCE_MODULES = ("random.", "np.random.", "numpy.random.", "secrets.token_", "uuid.uuid")
ALLOWED_CHANCE = {"np.random.Generator", "numpy.random.Generator"}


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def names_money(node: ast.AST) -> bool:
    """Whether any name inside speaks of integer money."""
    for part in ast.walk(node):
        name = getattr(part, "id", None) or getattr(part, "attr", None) or getattr(part, "arg", "")
        if isinstance(name, str) and name.endswith(MONEY_SUFFIXES):
            return True
    return False


def is_float(node: ast.AST) -> bool:
    """A float made out of money: `float(x_minor)`, `x_minor / y`, `x_minor * 0.3`."""
    if isinstance(node, ast.Call) and dotted(node.func) == "float":
        return names_money(node)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Div):
            return names_money(node.left)
        sides = (node.left, node.right)
        has_float = any(isinstance(s, ast.Constant) and isinstance(s.value, float) for s in sides)
        return has_float and names_money(node)
    return False


def swallows(handler: ast.ExceptHandler) -> bool:
    """A bare or catch-all handler that neither raises, nor logs, nor keeps what it caught."""
    broad = handler.type is None or dotted(handler.type) in ("Exception", "BaseException")
    if not broad:
        return False
    for part in ast.walk(handler):
        if isinstance(part, ast.Raise):
            return False
        if isinstance(part, ast.Call) and dotted(part.func).split(".")[0] in ("log", "logger"):
            return False
        if isinstance(part, ast.Name) and part.id == handler.name:
            return False
    return True


def findings(path: Path, room: str) -> Iterator[tuple[int, str]]:
    """(line, what) of every breach in one file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and swallows(node):
            yield node.lineno, "swallowed: a catch-all except must raise again or log"
        if room in MONEY_ROOMS and is_float(node):
            yield getattr(node, "lineno", 0), "float-money: money is integer minor units"
        if isinstance(node, ast.Call) and room != "kernel":
            called = dotted(node.func)
            if called in CLOCK_CALLS:
                yield node.lineno, f"clock: {called} belongs to kernel.clock"
            if called.startswith(CHANCE_MODULES) and called not in ALLOWED_CHANCE:
                yield node.lineno, f"chance: {called} belongs to kernel.clock"


def main(root: Path) -> int:
    """Print every finding as `file:line: what`; 1 if there is any."""
    bad = 0
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        room = parts[1] if len(parts) > 2 else ""
        for line, what in findings(path, room):
            print(f"{path}:{line}: {what}")
            bad += 1
    print(f"house rules: {bad} finding{'' if bad == 1 else 's'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "src")))
