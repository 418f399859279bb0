"""What people read: the current answer of every family."""
