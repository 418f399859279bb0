"""What the tests are worth: faults planted on purpose that they must find, and the branches they never take."""
