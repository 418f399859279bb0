"""Columns that stand in many contracts, described once: `customer_id` means the same in each of them.

A contract takes a field as it is, or says with `here` what is particular there: `CUSTOMER_ID.here("Who bought.")`.
"""

from warehouse.contracts import AS_OF, CONSENTS, FAMILY, RUN_ID, Column, Personal

# A shop may number its customers by their e-mail addresses.
CUSTOMER_ID = Column(
    name="customer_id",
    type="VARCHAR",
    description="The shop's number of the customer.",
    personal=Personal.IDENTIFIER,
)
PSEUDONYM = Column(
    name="pseudonym",
    type="VARCHAR",
    description="'p-' and half of the value's HMAC-SHA256 under the shop's key, in hexadecimal.",
)
KEY_ID = Column(name="key_id", type="VARCHAR", description="The key, by a number that tells nothing of it.")
PRODUCT_ID = Column(name="product_id", type="VARCHAR", description="The shop's code of the product.")
ORDER_ID = Column(name="order_id", type="VARCHAR", description="The shop's number of the order or credit note.")
CAMPAIGN_ID = Column(name="campaign_id", type="VARCHAR", description="The campaign's number.")
ARM = Column(name="arm", type="VARCHAR", description="The arm of the campaign, such as control or email.")
SEGMENT_ID = Column(name="segment_id", type="BIGINT", description="The segment, the same one from run to run.")
SERIES_ID = Column(name="series_id", type="VARCHAR", description="'total', the category or the product_id.")

CUSTOMER_CODE = Column(name="customer_code", type="INTEGER", description="The customer's number in the features.")
PRODUCT_CODE = Column(name="product_code", type="INTEGER", description="The product's number in the features.")
CATEGORY_CODE = Column(
    name="category_code", type="INTEGER", description="The category's number in the features.", nullable=True
)
ORDER_CODE = Column(name="order_code", type="INTEGER", description="The order's number in the features.")
BUCKET = Column(name="bucket", type="INTEGER", description="The part of the shop that the order lies in.", minimum=0)

SOURCE = Column(name="source", type="VARCHAR", description="The source, as in [sources.<name>].")
LOAD_ID = Column(name="load_id", type="VARCHAR", description="The load: its source and a hash of the file's content.")
FILE = Column(name="file", type="VARCHAR", description="The file, under the folder of the source's path.")
PATH = Column(name="path", type="VARCHAR", description="The file's whole path on the machine that read it.")
FILE_BYTES = Column(name="file_bytes", type="BIGINT", description="The file's size.", unit="bytes", minimum=0)
MODIFIED_NANOSECONDS = Column(
    name="modified_nanoseconds",
    type="BIGINT",
    description="When the file was changed last, as its file system says.",
    unit="nanoseconds since 1970, UTC",
)
# Sales are what stays sold: what core.undone_sales says was returned or cancelled is taken off the line that it undoes.
UNIT_COUNT = Column(name="unit_count", type="BIGINT", description="Units sold that stay sold.", unit="units")
SALES_AMOUNT = Column(
    name="sales_amount",
    type="DECIMAL(18,4)",
    description="Net sales: the sale lines less what of them was returned or cancelled.",
    unit="shop currency",
    nullable=True,
)
GROSS_AMOUNT = Column(
    name="gross_amount",
    type="DECIMAL(18,4)",
    description="Gross sales: the sale lines as they were made, whatever became of them.",
    unit="shop currency",
    nullable=True,
)
ORDERED_ON = Column(name="ordered_on", type="DATE", description="The calendar day in the shop's time zone.")
METRIC_ON = Column(name="metric_on", type="DATE", description="The calendar day in the shop's time zone.")

# Those with one type and one meaning in every contract; sales are sums that some models have as fractions.
FIELDS = {
    field.name: field
    for field in (
        CUSTOMER_ID,
        PSEUDONYM,
        KEY_ID,
        PRODUCT_ID,
        ORDER_ID,
        CAMPAIGN_ID,
        ARM,
        SEGMENT_ID,
        SERIES_ID,
        CUSTOMER_CODE,
        PRODUCT_CODE,
        CATEGORY_CODE,
        ORDER_CODE,
        BUCKET,
        SOURCE,
        LOAD_ID,
        FILE,
        PATH,
        FILE_BYTES,
        MODIFIED_NANOSECONDS,
        UNIT_COUNT,
        ORDERED_ON,
        METRIC_ON,
        AS_OF,
        RUN_ID,
        FAMILY,
        *CONSENTS,
    )
}
