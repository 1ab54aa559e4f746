"""Pages only: the boards and the phone app."""
