-- merge plan and timeouts
--
-- Revision ID: 51ab90de3c44
-- Revises: 7c1d5e02f9a8, 0d95c7e4b21f
-- Create Date: 2026-05-22 14:20:00+00:00

-- @upgrade

-- @downgrade
