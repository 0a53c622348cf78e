-- One more row for each table, when the database is at script 16. Because of audit_entries, script 17 fails.
INSERT INTO accounts VALUES ('00000000-0000-4000-8000-000000000002', 'Cleo');
INSERT INTO users (name, nickname, account_id, search_name)
    VALUES ('Cleo', NULL, '00000000-0000-4000-8000-000000000002', 'cleo');
INSERT INTO orders (user_id, reference, placed_on, total, currency, channel)
    VALUES (3, 'R-333', '2026-02-06', 12.50, 'USD', 'phone');
INSERT INTO coupons VALUES ('HALF', 50);
INSERT INTO preferences VALUES ('colour', '{"dark": true}', 'Colours: 2', '2026-02-06');
INSERT INTO audit_entries (action, nickname, details) VALUES ('refund', 'bo', '{"order": 2}');
