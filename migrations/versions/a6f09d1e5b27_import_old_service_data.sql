-- import old service data
--
-- The previous service had users, functions with its own codes, jobs and executions. This script generates sample
-- rows instead of loading a dump. The rows are the same on every machine.
--
-- Revision ID: a6f09d1e5b27
-- Revises: 2b6a5d40c8f1
-- Create Date: 2026-04-07 15:22:38+00:00

-- @upgrade
INSERT INTO users (email, display_name, role, created_at)
SELECT
    format('user%s@example.com', n),
    (ARRAY['Ada', 'Bo', 'Chandra', 'Dilan', 'Eun-ji', 'Femi', 'Goro', 'Hana'])[n % 8 + 1] || ' ' || n,
    CASE WHEN n % 20 = 0 THEN 'admin' ELSE 'member' END::user_role,
    timestamptz '2026-01-05 09:00:00+00' + n * interval '3 hours'
FROM generate_series(1, 240) AS n;

INSERT INTO functions (name, runtime, source, legacy_code, created_at, owner_id)
SELECT
    (ARRAY['resize', 'notify', 'invoice', 'crawl', 'score', 'export'])[n % 6 + 1] || '-' || lpad(n::text, 4, '0'),
    (ARRAY['python', 'node', 'wasm'])[n % 3 + 1]::function_runtime,
    'return ' || md5(n::text),
    CASE WHEN n <= 1204 THEN 'FN-' || upper(substr(md5('legacy' || n), 1, 6)) END,
    owner.created_at + n * interval '5 minutes',
    owner.id
FROM generate_series(1, 3310) AS n
JOIN users AS owner ON owner.email = format('user%s@example.com', n % 240 + 1);

INSERT INTO jobs (function_id, status, payload, created_at)
SELECT
    function.id,
    (ARRAY['done', 'done', 'done', 'failed', 'waiting', 'running'])[right(function.name, 4)::integer % 7 % 6 + 1]::job_status,
    jsonb_build_object('input', md5(function.name)),
    function.created_at + interval '1 day'
FROM functions AS function;

INSERT INTO executions (job_id, attempt, status, started_at, finished_at, error)
SELECT
    job.id,
    1,
    job.status,
    job.created_at + interval '2 seconds',
    CASE WHEN job.status <> 'running' THEN job.created_at + interval '11 seconds' END,
    CASE WHEN job.status = 'failed' THEN 'exit code 1' END
FROM jobs AS job
WHERE job.status <> 'waiting';

-- @downgrade
DELETE FROM executions;

DELETE FROM jobs;

DELETE FROM functions;

DELETE FROM users;
