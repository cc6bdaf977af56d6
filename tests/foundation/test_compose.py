"""`docker-compose.yml` and `Dockerfile` name only what exists."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config import servers
from tests.foundation.processes import ROOT
from tests.foundation.test_environment import told

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
VARIABLE = re.compile(r"\$\{([A-Z_]+)[:?}-]")


def test_it_runs_the_five_processes_and_the_migrations() -> None:
    assert set(SERVICES) == {"db", "redis", "migrate", "web", "worker", "beat"}


def test_every_variable_is_told_in_the_example() -> None:
    used = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    assert (used | given) - told() == set()


def test_its_database_is_set_as_the_embedded_one() -> None:
    settings = dict(word.split("=") for word in SERVICES["db"]["command"] if "=" in word)
    embedded = servers.POSTGRES | {"shared_buffers": "1GB"}
    assert settings == {name: embedded[name] for name in settings}
    assert len(settings) == 3


@pytest.mark.parametrize(("memory", "at_hand"), [(2 << 30, "256MB"), (8 << 30, "1024MB"), (64 << 30, "1024MB")])
def test_the_database_keeps_an_eighth_of_the_memory_at_hand_and_no_more_than_a_gigabyte(
    memory: int, at_hand: str
) -> None:
    assert servers.at_hand(memory) == at_hand


def test_no_secret_stands_in_a_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN", name):
                assert VARIABLE.match(value), name


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_exists(name: str) -> None:
    command = SERVICES[name]["command"]
    checked = [command, SERVICES[name].get("healthcheck", {"test": ["CMD", *command]})["test"][1:]]
    assert all(exists(words) for words in checked)


def exists(words: list[str]) -> bool:
    """Whether a command line names a program, a module or a Gensvar command that is there."""
    match words:
        case ["python", "manage.py", command, *_]:
            return command in get_commands()
        case ["python", "-m", module, *_]:
            return importlib.util.find_spec(module) is not None
        case [program, *_]:
            return shutil.which(program, path=Path(sys.executable).parent) is not None
    return False


def test_the_worker_serves_the_queues_that_up_serves() -> None:
    from config.management.commands.up import QUEUES

    command = SERVICES["worker"]["command"]
    assert command[command.index("--queues") + 1] == QUEUES


def test_every_volume_that_is_used_is_named() -> None:
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_every_running_service_is_watched() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}


def test_whom_a_service_waits_for_can_tell_that_it_is_ready() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_healthy" if "healthcheck" in SERVICES[other] else "service_completed_successfully"
            assert how["condition"] == expected


def test_the_image_copies_only_what_is_there() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            assert (ROOT / line.split()[1]).exists()


def test_the_image_is_built_without_what_is_only_ours() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", ".env", "var"} <= set(left_out)
