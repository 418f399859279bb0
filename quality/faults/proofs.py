"""The proofs, in the order of docs/reliability.md. A new one is a line here and a section of its name on the page."""

from __future__ import annotations

from quality.faults.inputs.proof import measure as measure_inputs
from quality.faults.proof import Proof

PROOFS = (Proof(name="inputs", title="Mutated inputs", measure=measure_inputs),)
TITLES = {proof.name: proof.title for proof in PROOFS}
