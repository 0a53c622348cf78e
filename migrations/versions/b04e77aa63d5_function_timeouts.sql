-- function timeouts
--
-- Revision ID: b04e77aa63d5
-- Revises: c3d2a981e07b
-- Create Date: 2026-05-19 16:45:30+00:00

-- @upgrade
ALTER TABLE functions
    ADD COLUMN timeout_seconds integer NOT NULL DEFAULT 30,
    ADD CONSTRAINT ck_functions_timeout CHECK (timeout_seconds BETWEEN 1 AND 900);

COMMENT ON COLUMN functions.timeout_seconds IS 'an execution is stopped after this time';

-- @downgrade
ALTER TABLE functions
    DROP COLUMN timeout_seconds;
