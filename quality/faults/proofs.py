"""The proofs, in the order of docs/reliability.md. A new one is a line here and a section of its name on the page."""

from __future__ import annotations

from quality.faults.breakdowns import measure as measure_breakdowns
from quality.faults.escapes import measure as measure_escapes
from quality.faults.inputs.proof import measure as measure_inputs
from quality.faults.kills import measure as measure_kills
from quality.faults.personal import measure as measure_personal
from quality.faults.proof import Proof
from quality.faults.readers import measure as measure_readers

PROOFS = (
    Proof(name="inputs", title="Mutated inputs", measure=measure_inputs),
    Proof(name="kills", title="Kills", measure=measure_kills),
    Proof(name="readers", title="Readers during publications", measure=measure_readers),
    Proof(name="breakdowns", title="Breakdowns", measure=measure_breakdowns),
    Proof(name="escapes", title="Escapes and injections", measure=measure_escapes),
    Proof(name="personal", title="Personal data", measure=measure_personal),
)
TITLES = {proof.name: proof.title for proof in PROOFS}
