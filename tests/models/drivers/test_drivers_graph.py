"""What follows from the graph of causes, written out by hand."""

from models.drivers.graph import DRIVERS, UNSEEN, WORKS_ON, Claim


def test_each_question_holds_confounders_and_leaves_mediators_free() -> None:
    found = {driver.name: (driver.confounders, driver.mediators, driver.unseen, driver.claim) for driver in DRIVERS}
    assert found == {
        "campaigns": (("calendar",), ("prices", "visits"), (), Claim.EFFECT),
        "prices": (("calendar", "campaigns"), ("visits",), ("demand",), Claim.ASSOCIATION),
        "visits": (("calendar", "campaigns", "prices"), (), ("demand",), Claim.ASSOCIATION),
        "returns": (("calendar",), (), ("demand",), Claim.ASSOCIATION),
    }


def test_nothing_is_both_held_and_left_free_and_nothing_works_on_itself() -> None:
    for driver in DRIVERS:
        assert not set(driver.confounders) & {*driver.mediators, driver.name, *UNSEEN}
        assert driver.name not in driver.mediators
    assert all(cause not in effects for cause, effects in WORKS_ON.items())
