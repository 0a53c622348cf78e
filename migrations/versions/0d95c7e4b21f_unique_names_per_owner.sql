-- unique names per owner
--
-- Revision ID: 0d95c7e4b21f
-- Revises: b04e77aa63d5
-- Create Date: 2026-05-21 09:03:17+00:00

-- @upgrade
ALTER TABLE functions
    ADD CONSTRAINT uq_functions_owner_name UNIQUE (owner_id, name);

-- @downgrade
ALTER TABLE functions
    DROP CONSTRAINT uq_functions_owner_name;
