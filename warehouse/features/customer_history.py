"""The contract of features.customer_history."""

from warehouse.contracts import Check, Column, Parts, Question, Table
from warehouse.fields import CUSTOMER_ID, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="customer_history",
    grain="one row per customer and snapshot day",
    description=(
        "What was known of each customer who had bought, on two days: the run's day, and the holdout days earlier "
        "together with what the customer then really did until the run's day. A purchase is a line of kind sale of "
        "which something stayed sold, as known on that day: what was returned or cancelled by then is taken off "
        "(core.undone_sales), and who has sent everything back has no row; several orders on a day are one purchase "
        "day, and an order with lines on two days counts on each."
    ),
    key=("customer_id", "snapshot_on"),
    columns=(
        CUSTOMER_ID,
        Column(name="order_count", type="BIGINT", description="Orders placed: the F of RFM.", unit="orders", minimum=1),
        Column(
            name="purchase_day_count",
            type="BIGINT",
            description="Different days with a purchase.",
            unit="days",
            minimum=1,
        ),
        Column(
            name="recent_purchase_day_count",
            type="BIGINT",
            description="Purchase days within the last holdout days before the snapshot.",
            unit="days",
            minimum=0,
        ),
        Column(
            name="repeat_purchase_day_count",
            type="BIGINT",
            description="Purchase days after the first: the x of BG/NBD.",
            unit="days",
            minimum=0,
        ),
        Column(
            name="product_count",
            type="BIGINT",
            description="Different products bought.",
            unit="products",
            minimum=1,
        ),
        UNIT_COUNT.here("To the customer.", minimum=1),
        Column(
            name="recency_days",
            type="BIGINT",
            description="Days from the last purchase to the snapshot: the R of RFM.",
            unit="days",
            minimum=0,
            moves=True,
        ),
        Column(
            name="repeat_span_days",
            type="BIGINT",
            description="Days from the first to the last purchase: the t_x of BG/NBD, 0 without a repeat.",
            unit="days",
            minimum=0,
        ),
        Column(
            name="age_days",
            type="BIGINT",
            description="Days from the first purchase to the snapshot: the T of BG/NBD.",
            unit="days",
            minimum=0,
            moves=True,
        ),
        Column(
            name="mean_gap_days",
            type="DOUBLE",
            description="Mean days between purchase days; empty after a single one.",
            unit="days",
            nullable=True,
            minimum=1,
        ),
        Column(
            name="return_line_share",
            type="DOUBLE",
            description="Return lines among the sale and return lines; what was cancelled within hours is neither.",
            minimum=0,
            maximum=1,
        ),
        SALES_AMOUNT.here("The M of RFM; empty without prices.", type="DOUBLE", minimum=0),
        Column(
            name="returns_amount",
            type="DOUBLE",
            description=(
                "Sum of the return lines, as a positive number, whether or not the sale that they undo is known; where "
                "it is, sales_amount is less already. Empty without prices."
            ),
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="recent_amount",
            type="DOUBLE",
            description="Sum of the purchases within the last holdout days before the snapshot.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="mean_repeat_amount",
            type="DOUBLE",
            description="Mean amount of a purchase day, the first left out: the m of Gamma-Gamma.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="holdout_order_count",
            type="BIGINT",
            description="Orders in the holdout days after the snapshot; empty at the run's own day.",
            unit="orders",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="holdout_purchase_day_count",
            type="BIGINT",
            description="Purchase days in the holdout days after the snapshot; empty at the run's own day.",
            unit="days",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="holdout_amount",
            type="DOUBLE",
            description="Sum of the purchases in the holdout days after the snapshot; empty at the run's own day.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(name="first_order_on", type="DATE", description="The day of the first purchase."),
        Column(name="last_order_on", type="DATE", description="The day of the last purchase known at the snapshot."),
        Column(
            name="snapshot_on", type="DATE", description="The day the row is for; nothing later was used.", moves=True
        ),
    ),
    checks=(
        Check(
            name="purchases_in_order",
            violation="NOT (first_order_on <= last_order_on AND last_order_on <= snapshot_on)",
            meaning="a purchase lies after its snapshot or before the first one",
            advice="rebuild the table; report it as a defect",
        ),
        Check(
            name="repeat_span_within_age",
            violation="repeat_span_days > age_days OR (repeat_purchase_day_count = 0) <> (repeat_span_days = 0)",
            meaning="the days between first and last purchase do not fit the customer's age or repeats",
            advice="rebuild the table; report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="How many customers are active, and what did they spend?",
            sql=(
                "SELECT snapshot_on, count(*) AS customer_count, "
                "count(*) FILTER (WHERE recent_purchase_day_count > 0) AS active_count, "
                "sum(sales_amount) AS sales_amount "
                "FROM features.customer_history GROUP BY snapshot_on ORDER BY snapshot_on"
            ),
        ),
    ),
    inputs=("features.sales", "features.undone_sales", "features.returns", "features.interactions", "features.buyers"),
    parts=Parts.BUCKETS,
    renewed_by="customer_id",
)
