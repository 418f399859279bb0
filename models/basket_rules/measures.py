"""What a rule's counts say: its measures of interest, their intervals and its significance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln
from scipy.stats import false_discovery_control

from models.intervals import NORMAL_95

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.basket_rules.eclat import Counts
    from models.basket_rules.rules import Rules

    Values = NDArray[np.float64]

_NEGLIGIBLE = 1e-17


def measures(rules: Rules, order_count: int) -> dict[str, Values]:
    """Return support, confidence, lift, leverage, conviction and Zhang's metric of each rule.

    Conviction is not a number where the confidence is 1 (it is infinite there). Zhang's metric: Zhang, T. (2000).
    Association rules. PAKDD; the others: Tan, P.-N., Kumar, V., Srivastava, J. (2004). Selecting the right objective
    measure for association analysis. Information Systems 29(4).
    """
    support = rules.order_counts / order_count
    antecedent = rules.antecedent_counts / order_count
    consequent = rules.consequent_counts / order_count
    confidence = rules.order_counts / rules.antecedent_counts
    leverage = support - antecedent * consequent
    doubt = 1 - confidence
    zhang_scale = np.maximum(support * (1 - antecedent), antecedent * (consequent - support))
    zhang = np.divide(leverage, zhang_scale, out=np.zeros(len(doubt)), where=zhang_scale > 0)
    return {
        "support": support,
        "antecedent_support": antecedent,
        "consequent_support": consequent,
        "confidence": confidence,
        "lift": confidence / consequent,
        "leverage": leverage,
        "conviction": np.divide(1 - consequent, doubt, out=np.full(len(doubt), np.nan), where=doubt > 0),
        "zhangs_metric": np.clip(zhang, -1.0, 1.0),
    }


def lift_interval(
    together: Counts, antecedents: Counts, consequents: Counts, order_count: int
) -> tuple[Values, Values]:
    """Return the 95% interval of each lift, by the delta method for the logarithm of multinomial shares.

    All counts must be positive.
    """
    log_lift = np.log(together) + np.log(order_count) - np.log(antecedents) - np.log(consequents)
    product = antecedents.astype(np.float64) * consequents
    variance = 1 / together - 1 / antecedents - 1 / consequents + 2 * together / product - 1 / order_count
    half = NORMAL_95 * np.sqrt(np.maximum(variance, 0))
    return np.exp(log_lift - half), np.exp(log_lift + half)


def fisher_p_values(rules: Rules, order_count: int) -> Values:
    """Return the one-sided p-value of Fisher's exact test of each rule: as many orders in common by chance, or more."""
    together, antecedents, consequents = rules.order_counts, rules.antecedent_counts, rules.consequent_counts
    above_mean = together * order_count > antecedents * consequents
    p_values = np.empty(len(rules))
    p_values[above_mean] = _upper_tail(
        together[above_mean], antecedents[above_mean], consequents[above_mean], order_count
    )
    # Orders with one side only are hypergeometric as well: P(X >= k) = 1 - P(a - X >= a - k + 1).
    rest = ~above_mean
    p_values[rest] = 1 - _upper_tail(
        (antecedents - together)[rest] + 1, antecedents[rest], order_count - consequents[rest], order_count
    )
    return np.clip(p_values, 0.0, 1.0)


def adjusted_p_values(p_values: Values) -> Values:
    """Return the p-values adjusted by Benjamini and Hochberg (1995) for the number of them."""
    return np.asarray(false_discovery_control(p_values)) if len(p_values) else p_values


def _upper_tail(k: Counts, drawn: Counts, marked: Counts, total: int) -> Values:
    """Return P(X >= k) of the hypergeometric distribution, for k above its mean, where the terms fall from k on.

    The sum is P(X = k) times the sum of the products of the ratios of one term to the one before.
    """
    last = np.minimum(drawn, marked)
    possible = k <= last
    first_term = np.zeros(len(k))
    first_term[possible] = np.exp(_log_mass(k[possible], drawn[possible], marked[possible], total))
    sums, terms = np.ones(len(k)), np.ones(len(k))
    active = np.flatnonzero(k < last)
    step = 0
    while len(active):
        at = (k[active] + step).astype(np.float64)
        ratio = (drawn[active] - at) * (marked[active] - at)
        ratio /= (at + 1) * (total - drawn[active] - marked[active] + at + 1)
        terms[active] *= ratio
        sums[active] += terms[active]
        step += 1
        unfinished = (terms[active] > _NEGLIGIBLE * sums[active]) & (k[active] + step < last[active])
        active = active[unfinished]
    return np.asarray(first_term * sums)


def _log_mass(k: Counts, drawn: Counts, marked: Counts, total: int) -> Values:
    unmarked = total - marked
    return np.asarray(
        _log_choose(marked, k) + _log_choose(unmarked, drawn - k) - _log_choose(np.full(len(k), total), drawn)
    )


def _log_choose(n: Counts, k: Counts) -> Values:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
