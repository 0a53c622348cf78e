"""Ideas for the next scripts. This is no revision."""

IDEAS = ["a table of suppliers", "drop orders.note"]
