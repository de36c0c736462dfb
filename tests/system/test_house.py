"""The rules of the house that no linter knows: who commits, how long things are, what the schedule may hold."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("audit", "people", "notices", "guidelines", "editorial", "sharing", "insights", "networks", "demo")
LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
# What verbs may take from Flask's relatives: lazy texts and forms of dates, which need no request.
WITHOUT_A_REQUEST = {"LazyString", "lazy_gettext", "lazy_ngettext", "format_datetime", "format_date", "format_time", "to_user_timezone"}
MAY_COMMIT = {"app/db.py": {"session.commit"}, "app/web.py": {"db.commit"}}


def sources() -> list[Path]:
    """Our programs; tests and migrations have their own measures."""
    return sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("workers/*.py"), *ROOT.glob("requirements/*.py"), *ROOT.glob("*.py")])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every (module, name) that a file imports, inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, one.name) for one in node.names)


def test_verbs_know_neither_flask_nor_celery() -> None:
    found = [
        f"{name(path)}: {module}.{word}"
        for room in ROOMS
        for path in ROOT.glob(f"app/{room}/**/*.py")
        if not path.stem.endswith("views")
        for module, word in imports(path)
        if module.split(".")[0].split("_")[0] in ("flask", "celery", "kombu")
        and not (module == "flask_babel" and word in WITHOUT_A_REQUEST)
    ]
    assert found == []


def test_nobody_in_app_imports_workers() -> None:
    found = [name(path) for path in ROOT.glob("app/**/*.py") for module, _ in imports(path) if module.split(".")[0] == "workers"]
    assert found == []


def test_one_place_commits() -> None:
    """The practice network is another program with a database of its own."""
    found = [
        f"{name(path)}:{node.lineno} {ast.unparse(node)}"
        for path in sources()
        if "app/practice/" not in name(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "commit" and ast.unparse(node) not in MAY_COMMIT.get(name(path), set())
    ]
    assert found == []


def test_states_are_set_through_one_door() -> None:
    """Outside `move()` a state is only written where a row is made or where one statement leases and moves at once."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        if name(path) != "app/audit/moves.py" and "app/practice/" not in name(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]
    assert found == []


def test_modules_are_short() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{name(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {function: length for function, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_pages_hold_no_script_and_no_style() -> None:
    found = [
        name(path)
        for path in ROOT.glob("templates/**/*.html")
        for line in path.read_text().splitlines()
        if " style=" in line or "<style" in line
    ]
    assert found == []


def test_no_field_lets_the_browser_cut_what_is_pasted_without_a_word() -> None:
    assert [name(path) for path in ROOT.glob("templates/**/*.html") if "maxlength" in path.read_text()] == []


@pytest.fixture
def celery() -> Any:
    """The worker's application with every job that it knows."""
    from workers.celery import celery as application  # noqa: PLC0415 - reads the settings of the test

    application.loader.import_default_modules()
    return application


def test_what_the_schedule_calls_exists_and_is_tested(celery: Any) -> None:
    wanted = _called(celery)
    assert len(wanted) >= 6
    assert wanted - set(celery.tasks) == set()
    modules = {celery.tasks[task].__module__.rsplit(".", 1)[-1] for task in wanted}
    assert [module for module in sorted(modules) if not (ROOT / "tests" / "workers" / f"test_{module}.py").exists()] == []


def _called(celery: Any) -> set[str]:
    """The jobs in the schedule, and those that are called when something is due."""
    from workers import due  # noqa: PLC0415 - as above

    return {entry["task"] for entry in celery.conf.beat_schedule.values()} | set(due.QUESTIONS)


def test_every_job_is_called_and_may_be_lost(celery: Any) -> None:
    """A job that nobody calls is dead; one without an end would pile up while no worker runs."""
    schedule = celery.conf.beat_schedule
    ours = {task for task, job in celery.tasks.items() if job.__module__.startswith("workers.")}
    assert ours == _called(celery)
    assert [key for key, entry in schedule.items() if not entry["options"].get("expires")] == []
