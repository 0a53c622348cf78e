-- users.plan
--
-- Revision ID: 7c1d5e02f9a8
-- Revises: c3d2a981e07b
-- Create Date: 2026-05-18 11:12:13+00:00

-- @upgrade
CREATE TYPE user_plan AS ENUM ('free', 'team', 'enterprise');

ALTER TABLE users
    ADD COLUMN plan user_plan;

UPDATE users
SET plan = CASE WHEN role = 'admin' THEN 'team' ELSE 'free' END::user_plan
WHERE plan IS NULL;

ALTER TABLE users
    ALTER COLUMN plan SET DEFAULT 'free',
    ALTER COLUMN plan SET NOT NULL;

-- @downgrade
ALTER TABLE users
    DROP COLUMN plan;

DROP TYPE user_plan;
