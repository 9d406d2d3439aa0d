"""The shell around the program: the wheel, the verbs, and what must never be written into a committed file."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("app", "cpq_hooks", "policies", "scoring")
DATA = re.compile(
    r"policies/library/.*\.ya?ml|app/(web|demo|starter|store/migrations)/.*\.(ya?ml|html|css|js|svg|mako|ini|csv|md|txt|jsonl?)"
)

# Hosts are put together here, so that this file does not hold what it looks for.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))]
FORBIDDEN = re.compile(
    "|".join(
        [*map(re.escape, HOSTS), r"(?<![\w.~*}>-])/(?:work|root|opt)/", r"[.]pyenv\b", re.escape(".li" + "brary/")]
    )
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the tree so that nothing is left in it."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source)
    [built] = out.glob("quoteguard-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A fresh environment's bin folder: only the wheel is installed, its dependencies are lent by this one."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    [site_packages] = environment.glob("lib/python*/site-packages")
    # A folder that a .pth file adds has its own .pth files ignored, the editable install of this tree among them.
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"


@pytest.mark.slow
def test_the_wheel_carries_every_data_file(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in tracked_files() if DATA.fullmatch(name) and name not in inside] == []


@pytest.mark.slow
def test_the_wheel_carries_nothing_but_ours(wheel):
    roots = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(OURS)


@pytest.mark.slow
@pytest.mark.parametrize("package", OURS)
def test_only_our_package_answers_to_its_name(installed, tmp_path, package):
    """PyPI has packages of the same names; from an empty folder Python must find ours and no other."""
    asked = (
        f"import importlib.metadata as m, {package} as p;"
        f"print(*p.__path__, *sorted(set(m.packages_distributions()['{package}'])), sep='\\n')"
    )
    [folder, *distributions] = run(installed / "python", "-c", asked, cwd=tmp_path).splitlines()
    assert Path(folder).is_relative_to(installed.parent)
    assert distributions == ["quoteguard"]


@pytest.mark.slow
def test_the_installed_command_starts_in_an_empty_folder(installed, tmp_path):
    assert "Usage" in run(installed / "quoteguard", "--help", cwd=tmp_path)


def test_no_file_names_a_registry_or_a_folder_of_one_machine():
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name in tracked_files()
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_readme_names_only_verbs_that_make_knows():
    named = set(re.findall(r"^(?:\$ )?make ([a-z-]+)", (ROOT / "README.md").read_text(), flags=re.MULTILINE))
    assert {"run", "test"} <= named
    assert named <= verbs()


def test_make_alone_lists_the_verbs_that_people_use():
    listed = set(re.findall(r"^  ([a-z-]+) +\S", run("make", "--no-print-directory", cwd=ROOT), flags=re.MULTILINE))
    assert {"run", "demo", "test", "quick", "check", "fmt", "bench", "docs", "wheel", "clean"} <= listed


def test_ci_uses_only_verbs_that_make_knows():
    used = set(
        re.findall(
            r"^(?:exec )?make (?:--[a-z-]+ )*([a-z][a-z-]*)", (ROOT / ".ci" / "run").read_text(), flags=re.MULTILINE
        )
    )
    assert used
    assert used <= verbs()


def test_every_direct_dependency_is_pinned_and_explained():
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
    explained = re.findall(r"^\| `([^`]+)`", (ROOT / "docs" / "dependencies.md").read_text(), flags=re.MULTILINE)
    assert direct_dependencies() <= {normal(name) for name in pinned}
    assert direct_dependencies() == {normal(name) for name in explained}


def test_constraints_are_exact_versions_and_nothing_else():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.!]+", line)] == []


def tracked_files() -> list[str]:
    """What is, or is about to be, committed."""
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).split("\0")
    return [name for name in names if (ROOT / name).is_file()]


def verbs() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def direct_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    return {normal(re.match(r"[\w.-]+", each)[0]) for each in named} - {"quoteguard"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def run(*command, cwd=None) -> str:
    """Standard output of a command that must succeed; what make and Python would inherit from us stays behind."""
    kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV"}}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
