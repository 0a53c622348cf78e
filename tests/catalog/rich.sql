-- Roles are the server's, so they are made once.
DO $$ BEGIN CREATE ROLE catalog_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
CREATE SCHEMA app;
CREATE SCHEMA limbeck;
CREATE TABLE limbeck.log (id int);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;

CREATE COLLATION app.c_again FROM "C";
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'it''s "fine"');
CREATE DOMAIN app.positive AS int DEFAULT 1 NOT NULL CONSTRAINT over_zero CHECK (VALUE > 0);
CREATE TYPE app.place AS (street text COLLATE "C", zip varchar(10));
CREATE TYPE app.span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE SEQUENCE app.ticket AS smallint START 5 INCREMENT 2 MAXVALUE 99 CYCLE;

CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.twice(n int, times int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * times';
CREATE FUNCTION app.twice(t text) RETURNS text LANGUAGE sql AS 'SELECT t || t';
CREATE PROCEDURE app.tidy(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := 1; END';
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = safe);
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watcher ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION app.on_ddl();
ALTER EVENT TRIGGER watcher DISABLE;

CREATE TABLE app.people (
    id bigint GENERATED ALWAYS AS IDENTITY (START 10) PRIMARY KEY WITH (fillfactor = 80),
    serial_no serial,
    name text COLLATE "C" NOT NULL DEFAULT 'nobody',
    email citext UNIQUE DEFERRABLE INITIALLY DEFERRED,
    mood app.mood,
    age app.positive,
    doubled int GENERATED ALWAYS AS (id::int * 2) STORED,
    address app.place,
    boss bigint REFERENCES app.people ON DELETE SET NULL,
    note text,
    CONSTRAINT named CHECK (name <> '') NO INHERIT
) WITH (fillfactor = 90);
ALTER TABLE app.people ADD CONSTRAINT late CHECK (note <> 'x') NOT VALID;
ALTER TABLE app.people ALTER note SET STORAGE external, ALTER note SET STATISTICS 50, ALTER note SET (n_distinct = 5);
ALTER TABLE app.people ENABLE ROW LEVEL SECURITY;
CREATE INDEX people_name ON app.people (lower(name) DESC) INCLUDE (note) WHERE note IS NOT NULL;
ALTER INDEX app.people_name ALTER COLUMN 1 SET STATISTICS 200;
CREATE UNIQUE INDEX people_serial ON app.people (serial_no);
ALTER TABLE app.people CLUSTER ON people_pkey;
ALTER TABLE app.people REPLICA IDENTITY USING INDEX people_pkey;
CREATE STATISTICS app.people_statistics (dependencies) ON name, note FROM app.people;
CREATE TRIGGER touching BEFORE UPDATE OF name ON app.people FOR EACH ROW WHEN (old.name <> new.name)
    EXECUTE FUNCTION app.touch();
ALTER TABLE app.people DISABLE TRIGGER touching;
CREATE RULE keep AS ON DELETE TO app.people WHERE old.id = 1 DO INSTEAD NOTHING;
CREATE POLICY own ON app.people AS RESTRICTIVE FOR SELECT TO catalog_reader USING (name = CURRENT_USER);
CREATE TABLE app.children (toy text) INHERITS (app.people);
CREATE UNLOGGED TABLE app.cache (k text);

CREATE TABLE app.events (at date NOT NULL, what text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE INDEX events_what ON app.events (what);
CREATE TRIGGER counting AFTER INSERT ON app.events FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE app.events_rest PARTITION OF app.events DEFAULT;

CREATE VIEW app.named_people WITH (security_barrier = true) AS SELECT id, name FROM app.people;
CREATE MATERIALIZED VIEW app.counts AS SELECT what, count(*) AS n FROM app.events GROUP BY what WITH NO DATA;
CREATE UNIQUE INDEX counts_what ON app.counts (what);
CREATE PUBLICATION changes FOR TABLE app.people WITH (publish = 'insert, update');
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);

COMMENT ON SCHEMA app IS 'the application';
COMMENT ON TABLE app.people IS 'who';
COMMENT ON COLUMN app.people.name IS 'how they are called';
COMMENT ON CONSTRAINT named ON app.people IS 'nobody is nameless';
COMMENT ON INDEX app.people_pkey IS 'behind a constraint';
COMMENT ON TYPE app.place IS 'where';
COMMENT ON CONSTRAINT over_zero ON DOMAIN app.positive IS 'counting starts at one';
COMMENT ON FUNCTION app.twice(int, int) IS 'times two';
COMMENT ON PUBLICATION changes IS 'for the warehouse';
COMMENT ON TRIGGER touching ON app.people IS 'later';
GRANT SELECT, UPDATE ON app.people TO catalog_reader WITH GRANT OPTION;
GRANT UPDATE (name) ON app.people TO catalog_reader;
GRANT USAGE ON TYPE app.place TO catalog_reader;
REVOKE EXECUTE ON FUNCTION app.touch() FROM public;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO catalog_reader;
