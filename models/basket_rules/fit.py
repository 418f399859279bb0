"""Find the rules, judge them on later orders, and write them down."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from models.basket_rules.answer import later_lift, rules_frame
from models.basket_rules.baskets import find_rules, read_baskets, smallest_count
from models.basket_rules.candidates import POPULARITY, RULES
from models.basket_rules.evaluation import count_in, hits
from models.evaluation import FittedParameter, Metric, metrics_frame, parameters_frame
from models.family import NotApplicableError
from models.intervals import NORMAL_95, wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.basket_rules.baskets import Baskets, Found
    from models.basket_rules.evaluation import Hits
    from models.basket_rules.parameters import BasketRulesParameters
    from models.basket_rules.rules import Rules
    from models.family import Context, Parameters, Results
    from models.inputs import Inputs

HIT_SCOPE = "holdout_baskets"


def fit(inputs: Inputs, parameters: Parameters, context: Context) -> Results:
    """Return the rules found in all orders, with what rules found before the holdout did in it.

    Inputs: `features.baskets`, `features.sold_products`, `features.evaluation_periods`.
    Raises `NotApplicableError` where the orders are too few, too short in time or hold one product each, and where
    no rule passes the thresholds.
    """
    parameters = cast("BasketRulesParameters", parameters)
    baskets = read_baskets(inputs, parameters, context.seed)
    known = find_rules(baskets.training, parameters)
    found = find_rules(baskets.everything, parameters)
    if not len(found.rules):
        message = (
            f"none of {found.tested_count:,} rules that at least {found.minimum_count:,} orders hold passes the "
            "thresholds: lower minimum_support, sufficient_order_count, minimum_confidence or minimum_lift under "
            "[models.basket_rules]"
        )
        raise NotApplicableError(message)
    context.remarks.extend(_remarks(found, baskets, parameters))
    later = count_in(known.rules, baskets.holdout)
    judged = hits(
        known.rules,
        known.rules.order_counts / known.rules.antecedent_counts,
        baskets.holdout,
        baskets.recent_counts,
        shown_count=parameters.shown_product_count,
        order_limit=parameters.evaluation_orders,
        generator=np.random.default_rng(context.seed),
    )
    metrics = [
        *_hit_metrics(judged, baskets, parameters.shown_product_count),
        *_stability_metrics(known.rules, later, baskets),
    ]
    return {
        "basket_rules": rules_frame(found, known.rules, later, baskets),
        "model_metrics": metrics_frame(metrics),
        "model_parameters": parameters_frame(_fitted(found, baskets)),
    }


def _remarks(found: Found, baskets: Baskets, parameters: BasketRulesParameters) -> Iterator[str]:
    """Say where the cheaper way was taken."""
    window = baskets.everything
    if window.share < 1:
        yield (
            f"Itemsets were looked for in {window.share:.1%} of the orders and counted in all of them "
            f"(models.basket_rules.fit_sample_size is {parameters.fit_sample_size:,})."
        )
    if found.minimum_count > smallest_count(window, parameters):
        yield (
            f"Itemsets had to be held by {found.minimum_count:,} orders instead of "
            f"{smallest_count(window, parameters):,}, so that there are at most {parameters.maximum_itemsets:,} "
            "(models.basket_rules.maximum_itemsets)."
        )


def _hit_metrics(judged: Hits, baskets: Baskets, shown_count: int) -> list[Metric]:
    name = f"hit_rate_at_{shown_count}"
    note = (
        f"Given half of a basket, is one of {shown_count} shown products in the hidden half? Rules were learned before "
        "the first day evaluated; popular products fill the places that no rule fills. Interval: Wilson."
    )
    rules_win = bool(judged.rules.mean() > judged.popularity.mean())
    return [
        _share(RULES, HIT_SCOPE, name, judged.rules, baskets, note, is_champion=rules_win, is_headline=rules_win),
        _share(
            POPULARITY,
            HIT_SCOPE,
            name,
            judged.popularity,
            baskets,
            "The same baskets, shown the products bought most in the days before.",
            is_baseline=True,
            is_champion=not rules_win,
            is_headline=not rules_win,
        ),
        _gain(judged, baskets, name, is_champion=rules_win),
        _share(
            RULES,
            HIT_SCOPE,
            "coverage_share",
            judged.fired,
            baskets,
            "Half baskets for which at least one rule proposes a product.",
            is_champion=rules_win,
        ),
    ]


def _gain(judged: Hits, baskets: Baskets, name: str, *, is_champion: bool) -> Metric:
    gains = judged.rules.astype(np.float64) - judged.popularity
    half = NORMAL_95 * float(gains.std(ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    return Metric(
        model=RULES,
        scope=HIT_SCOPE,
        metric=f"{name}_gain",
        value=float(gains.mean()),
        lower=float(gains.mean()) - half,
        upper=float(gains.mean()) + half,
        higher_is_better=True,
        is_champion=is_champion,
        observation_count=len(gains),
        evaluated_from=baskets.holdout_from,
        evaluated_to=baskets.holdout_to,
        note="Hit rate of the rules less that of popular products on the same baskets; normal interval of the pairs.",
    )


def _stability_metrics(known: Rules, later: Rules, baskets: Baskets) -> list[Metric]:
    """Judge whether lifts stay above 1; rules with a side that is not sold any more can't be judged."""
    _, lifts = later_lift(later, baskets.holdout.order_count)
    judged = ~np.isnan(lifts)
    if not judged.any():
        return []
    return [
        _share(
            RULES,
            "known_rules",
            "lift_above_1_share",
            lifts[judged] > 1,
            baskets,
            f"Of {len(known):,} rules found before the first day evaluated, those that still sell and have a lift "
            "above 1 after it. Interval: Wilson, as if rules that share products were independent.",
        )
    ]


def _share(
    model: str,
    scope: str,
    metric: str,
    outcomes: NDArray[np.bool_],
    baskets: Baskets,
    note: str,
    *,
    is_champion: bool = False,
    is_baseline: bool = False,
    is_headline: bool = False,
) -> Metric:
    share = wilson(int(outcomes.sum()), len(outcomes))
    return Metric(
        model=model,
        scope=scope,
        metric=metric,
        value=share.value,
        lower=share.lower,
        upper=share.upper,
        higher_is_better=True,
        observation_count=len(outcomes),
        is_champion=is_champion,
        is_baseline=is_baseline,
        is_headline=is_headline,
        evaluated_from=baskets.holdout_from,
        evaluated_to=baskets.holdout_to,
        note=note,
    )


def _fitted(found: Found, baskets: Baskets) -> list[FittedParameter]:
    order_count = baskets.everything.order_count
    values: list[tuple[str, float, str]] = [
        ("order_count", order_count, "Orders that supports are shares of."),
        ("fit_order_share", baskets.everything.share, "Share of multi-product orders that itemsets were found in."),
        ("minimum_order_count", found.minimum_count, "Orders that an itemset had to reach, after any raising."),
        ("minimum_support", found.minimum_count / order_count, "The same as a share of all orders."),
        ("tested_rule_count", found.tested_count, "Rules tested; the p-values are adjusted for this number."),
        ("kept_rule_count", len(found.rules), "Rules that passed every threshold and are in results.basket_rules."),
    ]
    values += [
        (f"itemset_count_length_{length}", count, f"Frequent itemsets of {length} products.")
        for length, count in found.itemset_counts.items()
    ]
    return [
        FittedParameter(model=RULES, scope="total", parameter=parameter, value=float(value), note=note)
        for parameter, value, note in values
    ]
