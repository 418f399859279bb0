"""The settings of recommendations."""

from pydantic import Field

from models.family import Parameters


class RecommendationsParameters(Parameters):
    """`[models.recommendations]`: what to recommend to whom, and how the recommenders are judged."""

    list_length: int = Field(default=10, ge=1, le=100, description="Products recommended to each customer.")
    similar_length: int = Field(default=10, ge=1, le=100, description="Similar products listed for each product.")
    include_bought: bool = Field(
        default=True,
        description=(
            "Whether products that the customer has bought before may be recommended again. It also says which "
            "question picks the champion: the next purchases of any product, or of new ones only."
        ),
    )
    customer_limit: int = Field(
        default=200_000,
        ge=1,
        description="Most customers to recommend to: those with the latest orders. Bounds the size of the answer.",
    )
    fit_sample_size: int = Field(
        default=50_000,
        ge=1_000,
        description="Most customers that the recommenders are fitted and judged on, drawn by a hash; all are served.",
    )
    maximum_product_pairs: int = Field(
        default=1_000_000_000,
        ge=1_000_000,
        description=(
            "Most pairs of products bought by one customer, summed over the customers fitted on: what item cosine "
            "counts. With more, fewer customers are drawn, and ops.family_runs says how many."
        ),
    )
    sufficient_product_pairs: int = Field(
        default=100_000_000,
        ge=1_000_000,
        description=(
            "So many of these pairs are enough to learn from, if that is at least ten for each pair of products there "
            "is: where the customers have more, fewer are drawn."
        ),
    )
    only_recently_sold: bool = Field(
        default=True,
        description="Recommend only products sold in the last `holdout_days` days: older ones may be gone.",
    )
    neighbour_count: int = Field(
        default=100, ge=1, le=1_000, description="Most similar products kept per product by item cosine and content."
    )
    recency_half_life_days: float = Field(
        default=180.0, gt=0, description="After how many days a purchase says half as much about the customer."
    )
    similarity_shrinkage: float = Field(
        default=5.0,
        ge=0,
        description="Customers added to each pair's denominator, so that few common buyers don't make products alike.",
    )
    als_factors: int = Field(default=64, ge=1, le=512, description="Hidden factors of the matrix factorisation (ALS).")
    als_iterations: int = Field(
        default=7,
        ge=1,
        le=100,
        description=(
            "Rounds of alternating least squares. Today's factors begin with those judged, and take half as many."
        ),
    )
    als_regularization: float = Field(default=0.1, ge=0, description="Penalty on the factors of ALS.")
    als_alpha: float = Field(default=10.0, gt=0, description="How much more ALS trusts a purchase than its absence.")
    text_features: int = Field(
        default=50_000, ge=100, description="Most words and character pairs that the text comparison knows."
    )
    evaluation_customers: int = Field(
        default=2_000, ge=20, description="Most customers the recommenders are judged on, drawn by the run's seed."
    )
    minimum_evaluated: int = Field(
        default=20, ge=4, description="Fewest customers with orders before and after the cut to judge anything by."
    )
    bootstrap_samples: int = Field(
        default=1_000, ge=100, le=10_000, description="Resamples of the customers behind each 95% interval."
    )
