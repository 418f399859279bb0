"""What people call the models that tables name."""

from models import FAMILIES


def model_label(family: str, model: str) -> str:
    """Return the words of a family's candidate; the name with spaces where the family or the candidate is gone."""
    return next((known.label(model) for known in FAMILIES if known.name == family), model.replace("_", " "))
