from quality.branches import Taken, section


def test_figures_are_added_up_by_package_and_the_worst_files_are_named() -> None:
    files = [
        Taken(file="a/x.py", lines=10, missed_lines=1, branches=4, missed_branches=1),
        Taken(file="a/y.py", lines=10, missed_lines=0, branches=4, missed_branches=0),
        Taken(file="b/z.py", lines=20, missed_lines=5, branches=0, missed_branches=0),
    ]
    text = section(files)
    assert "| a | 20 | 95.0% | 8 | 87.5% |" in text
    assert "| all | 40 | 85.0% | 8 | 87.5% |" in text
    assert "- a/x.py: 1 of 4" in text
    assert "y.py" not in text
