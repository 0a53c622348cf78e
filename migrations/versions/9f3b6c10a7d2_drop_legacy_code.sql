-- drop legacy code
--
-- No program uses these codes any more.
--
-- Revision ID: 9f3b6c10a7d2
-- Revises: e7a4136f8c09
-- Create Date: 2026-07-01 12:00:41+00:00

-- @upgrade
DROP INDEX ix_functions_legacy;

ALTER TABLE functions
    DROP COLUMN legacy_code;

-- @downgrade
ALTER TABLE functions
    ADD COLUMN legacy_code text;

CREATE INDEX ix_functions_legacy ON functions (legacy_code);
