-- One row for each table, when the database is at script 3.
INSERT INTO users (name, email, nickname) VALUES ('Ada Byron', 'ada@example.org', 'ad:a %s');
INSERT INTO orders (user_id, reference, status, placed_on) VALUES (1, 'R-1', 'shipped', '2026-01-04');
