-- One more row for each table, when the database is at script 8.
INSERT INTO accounts VALUES ('00000000-0000-4000-8000-000000000001', 'Bob');
INSERT INTO users (name, nickname, account_id, level)
    VALUES ('Bob O''Neill', 'bo', '00000000-0000-4000-8000-000000000001', 'gold');
INSERT INTO orders (user_id, reference, status, placed_on, note)
    VALUES (2, 'R-22', 'returned', '2026-01-15', 'broken: 100 %');
INSERT INTO coupons VALUES ('TEN', 10);
