"""Faults planted while Tillflow works, to see what becomes of a shop's data: `make faults`."""
