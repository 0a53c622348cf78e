-- index executions by status
--
-- Revision ID: c3d2a981e07b
-- Revises: 8e10f3b7d462
-- Create Date: 2026-05-04 07:58:44+00:00

-- @upgrade
CREATE INDEX ix_executions_status ON executions (status, started_at DESC);

-- @downgrade
DROP INDEX ix_executions_status;
