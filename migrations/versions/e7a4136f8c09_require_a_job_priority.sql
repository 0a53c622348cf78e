-- require a job priority
--
-- Revision ID: e7a4136f8c09
-- Revises: 51ab90de3c44
-- Create Date: 2026-06-08 08:37:55+00:00

-- @upgrade
UPDATE jobs
SET priority = 0
WHERE priority IS NULL;

ALTER TABLE jobs
    ALTER COLUMN priority SET DEFAULT 0,
    ALTER COLUMN priority SET NOT NULL;

-- @downgrade
ALTER TABLE jobs
    ALTER COLUMN priority DROP NOT NULL,
    ALTER COLUMN priority DROP DEFAULT;
