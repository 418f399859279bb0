"""The rules as people read them: the rows of results.basket_rules."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.basket_rules.measures import lift_interval, measures
from models.basket_rules.rules import NO_ITEM
from models.intervals import wilson_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.basket_rules.baskets import Baskets, Found
    from models.basket_rules.eclat import Codes
    from models.basket_rules.rules import Rules


def rules_frame(found: Found, known: Rules, later: Rules, baskets: Baskets) -> pd.DataFrame:
    """Return one row per rule found in all orders.

    `known` are the rules found in the training period, `later` the same rules counted in the holdout period: they
    give the out-of-time columns, which stay empty for a rule that was not known before the holdout.
    """
    rules, order_count = found.rules, baskets.everything.order_count
    measured = measures(rules, order_count)
    antecedents = [_known(side, baskets.product_ids) for side in rules.antecedents]
    consequents = [_known(side, baskets.product_ids) for side in rules.consequents]
    antecedent_names = [" + ".join(_known(side, baskets.names)) for side in rules.antecedents]
    consequent_names = [" + ".join(_known(side, baskets.names)) for side in rules.consequents]
    confidence_lower, confidence_upper = wilson_ends(rules.order_counts, rules.antecedent_counts)
    lift_lower, lift_upper = lift_interval(
        rules.order_counts, rules.antecedent_counts, rules.consequent_counts, order_count
    )
    return pd.DataFrame(
        {
            "rule_id": [_rule_id(*sides) for sides in zip(antecedents, consequents, strict=True)],
            "antecedent": antecedents,
            "consequent": consequents,
            "antecedent_names": antecedent_names,
            "consequent_names": consequent_names,
            "reading": _readings(rules, measured["lift"], antecedent_names, consequent_names),
            "leverage_rank": np.arange(1, len(rules) + 1),
            "order_count": rules.order_counts,
            "antecedent_order_count": rules.antecedent_counts,
            "consequent_order_count": rules.consequent_counts,
            "total_order_count": order_count,
            **measured,
            "confidence_lower": confidence_lower,
            "confidence_upper": confidence_upper,
            "lift_lower": lift_lower,
            "lift_upper": lift_upper,
            "improvement": rules.improvements,
            "adjusted_p_value": found.p_values,
            **_out_of_time(rules, known, later, baskets.holdout.order_count),
        }
    )


def later_lift(later: Rules, order_count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return confidence and lift in a later period; not a number where a side never occurs there."""
    confidence = np.full(len(later), np.nan)
    np.divide(later.order_counts, later.antecedent_counts, out=confidence, where=later.antecedent_counts > 0)
    lift = np.full(len(later), np.nan)
    np.divide(confidence * order_count, later.consequent_counts, out=lift, where=later.consequent_counts > 0)
    return confidence, lift


def _known(side: Codes, labels: list[str]) -> list[str]:
    return [labels[item] for item in side if item != NO_ITEM]


def _rule_id(antecedent: list[str], consequent: list[str]) -> str:
    """Return an id made of the sides alone: the same rule has the same id in every run."""
    text = json.dumps([sorted(antecedent), sorted(consequent)])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _readings(rules: Rules, lifts: NDArray[np.float64], antecedents: list[str], consequents: list[str]) -> list[str]:
    return [
        f"Of {held:,} orders with {antecedent}, {both:,} ({both / held:.0%}) also had {consequent}: "
        f"{lift:.1f} times the share among all orders."
        for both, held, lift, antecedent, consequent in zip(
            rules.order_counts, rules.antecedent_counts, lifts, antecedents, consequents, strict=True
        )
    ]


def _out_of_time(rules: Rules, known: Rules, later: Rules, order_count: int) -> dict[str, object]:
    """Return the holdout columns of `rules`, looked up among the `known` ones."""
    confidence, lift = later_lift(later, order_count)
    place = {_sides(known, row): row for row in range(len(known))}
    rows = np.array([place.get(_sides(rules, row), -1) for row in range(len(rules))], dtype=np.intp)
    is_known = rows >= 0
    counts = pd.array([later.antecedent_counts[row] if row >= 0 else None for row in rows], dtype="Int64")
    return {
        "is_known_before_holdout": is_known,
        "holdout_antecedent_order_count": counts,
        "holdout_confidence": _where(is_known, confidence, rows),
        "holdout_lift": _where(is_known, lift, rows),
    }


def _where(is_known: NDArray[np.bool_], values: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    found = np.full(len(rows), np.nan)
    found[is_known] = values[rows[is_known]]
    return found


def _sides(rules: Rules, row: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (
        tuple(int(item) for item in rules.antecedents[row] if item != NO_ITEM),
        tuple(int(item) for item in rules.consequents[row] if item != NO_ITEM),
    )
