"""The recommenders that compete. Settings, contracts and readers take their names and words from here."""

from models.candidate import Candidate, Candidates

CANDIDATES = Candidates(
    Candidate(name="popularity", label="what most customers buy"),
    (
        Candidate(name="repeat_purchase", label="what the customer buys again"),
        Candidate(name="item_cosine", label="products that the same customers buy"),
        Candidate(name="als", label="matrix factorisation"),
        Candidate(name="content_tfidf", label="products with like texts"),
        Candidate(name="friends", label="what friends buy"),
        Candidate(name="blend", label="a blend of the recommenders"),
    ),
)
POPULARITY, REPEAT_PURCHASE, ITEM_COSINE, ALS, CONTENT, FRIENDS, BLEND = CANDIDATES.names
