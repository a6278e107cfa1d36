#!/bin/sh
# Mutation testing of the selection code: changes acd/ in one small way after the other and looks whether a test notices.
# Run as `make mutants`; it takes an hour of one processor. See docs/mutants.md.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
place=${TMPDIR:-/tmp}/holdless-mutants
rm -rf "$place"
mkdir -p "$place/tests/unit" "$place/tests/property/acd"
cp -r "$here/acd" "$place/"
cp -r "$here/tests/unit/acd" "$place/tests/unit/"
# These read example sites, which takes longer than all the others together.
rm "$place/tests/unit/acd/test_examples.py" "$place/tests/unit/acd/test_configured.py"
cp "$here/tests/property/acd/test_groups_and_lines.py" "$here/tests/property/acd/centres.py" "$place/tests/property/acd/"
for folder in tests tests/unit tests/property tests/property/acd; do : >"$place/$folder/__init__.py"; done
cat >"$place/pyproject.toml" <<'TOML'
[project]
name = "mutants"
version = "0"
[tool.mutmut]
source_paths = ["acd"]
only_mutate = ["acd/rules.py", "acd/steps.py", "acd/lines.py", "acd/heads.py", "acd/idle.py", "acd/routing.py", "acd/groups.py", "acd/requirement.py"]
pytest_add_cli_args_test_selection = ["tests/unit/acd", "tests/property/acd/test_groups_and_lines.py"]
TOML
cd "$place"
PYTHONPATH=$place "$1" -m mutmut run --max-children 1
PYTHONPATH=$place "$1" -m mutmut results
