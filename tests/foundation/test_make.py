"""The commands from a fresh machine: what they need they find, install, or name in one sentence."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.foundation.processes import ROOT

SHELL = "/bin/sh"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))


def program(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def find_chromium(path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Look for a Chromium on a machine that has nothing but what lies at `path`."""
    bare = {"PATH": str(path), "HOME": str(path), "PLAYWRIGHT_BROWSERS_PATH": str(path), **environment}
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "chromium.py"], env=bare, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("target", ["install", "run", "test", "test-all", "lint", "bench", "clean", "lock"])
def test_make_knows_every_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_ci_runs_make_test() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_chromium_that_is_named_is_taken(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine", "exit 0")
    program(tmp_path / "chromium", "exit 0")
    assert find_chromium(tmp_path, CHROMIUM=str(mine)).stdout == f"{mine}\n"


def test_a_chromium_on_the_path_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    theirs = program(tmp_path / "google-chrome", "exit 0")
    assert find_chromium(tmp_path).stdout == f"{theirs}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs without a question")
def test_without_a_chromium_debians_is_installed(tmp_path: Path) -> None:
    program(tmp_path / "env", 'shift; exec "$@"')
    program(
        tmp_path / "apt-get",
        f'case "$2" in install) echo > {tmp_path}/chromium; /bin/chmod +x {tmp_path}/chromium;; esac',
    )
    assert find_chromium(tmp_path).stdout == f"{tmp_path}/chromium\n"


def test_without_a_chromium_and_a_way_to_install_one_a_sentence_says_what_is_missing(tmp_path: Path) -> None:
    ended = find_chromium(tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("No Chromium was found: install the package chromium")
    assert ended.stderr.count("\n") == 1


def test_without_a_python_that_is_new_enough_a_sentence_says_what_is_missing(tmp_path: Path) -> None:
    program(tmp_path / "python3", "exit 1")
    ended = subprocess.run(
        [SHELL, ROOT / "scripts" / "make-venv"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Python 3.11 or newer is missing")


@pytest.mark.parametrize("locked", LOCKED, ids=lambda path: path.name)
def test_every_locked_package_has_its_hashes_and_no_address(locked: Path) -> None:
    text = locked.read_text()
    packages = re.findall(r"^\S.*==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


@pytest.mark.parametrize(("locked", "groups"), [("run", []), ("test", ["test"]), ("bench", ["bench"])])
def test_every_dependency_is_locked_to_a_version_that_it_allows(locked: str, groups: list[str]) -> None:
    text = (ROOT / "requirements" / f"{locked}.txt").read_text()
    pins = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", text, re.M)
    }
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(d for group in groups for d in PROJECT["dependency-groups"][group]),
    ]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
