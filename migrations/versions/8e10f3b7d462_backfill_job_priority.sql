-- backfill job priority
--
-- Revision ID: 8e10f3b7d462
-- Revises: a6f09d1e5b27
-- Create Date: 2026-04-20 10:31:09+00:00

-- @upgrade
ALTER TABLE jobs
    ADD COLUMN priority integer;

-- Failed jobs get the lowest priority, jobs of administrators the highest.
UPDATE jobs
SET priority = CASE WHEN jobs.status = 'failed' THEN -10 WHEN users.role = 'admin' THEN 10 ELSE 0 END
FROM functions
JOIN users ON users.id = functions.owner_id
WHERE functions.id = jobs.function_id
    AND jobs.priority IS NULL;

-- @downgrade
ALTER TABLE jobs
    DROP COLUMN priority;
