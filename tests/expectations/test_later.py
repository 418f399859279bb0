"""Modules that wait for their first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import expectations.validation
assert "great_expectations" in sys.modules
loaded = {"scipy.stats._stats_py", "altair.vegalite"} & sys.modules.keys()
assert not loaded, loaded
"""
USES = {
    "an attribute": "from scipy import stats; import altair as alt; assert stats.norm.cdf(0) == 0.5; alt.Chart",
    "a dotted name": "import scipy.stats, altair; assert scipy.stats.norm.cdf(0) == 0.5; altair.Chart",
    "names of it": "from scipy.stats import norm; from altair import Chart; assert norm.cdf(0) == 0.5",
    "a part of it": "from scipy.stats.distributions import norm; import altair.vegalite as v; v.Chart",
}


@pytest.mark.long
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_great_expectations_leaves_them_to_whoever_uses_them(use: str) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM + use], check=True)


def test_what_is_missing_is_still_missing() -> None:
    program = "import sys; from expectations.later import load_later; load_later('no_such_module')\n"
    program += "import no_such_module\n"
    program += "try: no_such_module.name\nexcept ModuleNotFoundError: sys.exit(3)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 3
