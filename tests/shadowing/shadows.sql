-- Objects in public with the names of objects in pg_catalog. Each writes to the server's log when it is used. Their owner
-- is a role that may create objects in public and nothing else.
CREATE ROLE intruder;
GRANT ALL ON SCHEMA public TO intruder;
SET ROLE intruder;
SET search_path = pg_catalog;

CREATE FUNCTION public.log_shadow(name text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE LOG 'shadow called: %', name;
    RETURN true;
END $$;

DO $do$
DECLARE
    functions text[] := string_to_array('{functions}', ',');
    types text[] := string_to_array('{types}', ',');
    tables text[] := string_to_array('{tables}', ',');
    operators text[] := string_to_array('{operators}', ',');
    -- The types of the values that limbeck passes to functions.
    one text[] := ARRAY['text', 'name', 'oid', 'smallint', 'integer', 'bigint', '"char"', 'boolean', 'float8', 'numeric',
        'timestamptz', 'regclass', 'regtype', 'regproc', 'xid', 'jsonb', 'text[]', 'name[]',
        'oid[]', 'smallint[]', 'int2vector', 'varchar', 'aclitem[]', 'anyelement'];
    two text[] := ARRAY['text', 'name', 'oid', 'integer', 'bigint', 'boolean'];
    same text[] := ARRAY['text', 'name', 'bigint', 'integer'];
    compared text[] := ARRAY['text', 'varchar', 'name', '"char"', 'oid', 'regclass', 'smallint', 'integer', 'bigint'];
    pair record;
    found record;
    arguments text;
    result text;
    made int := 0;
BEGIN
    -- Functions with the arguments of the original.
    FOR found IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, p.proretset, p.provariadic,
            format_type(p.prorettype, NULL) AS result, p.proargtypes::oid[] AS types, p.pronargs
        FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (functions) LOOP
        SELECT string_agg(format_type(t, NULL), ', ') INTO arguments FROM unnest(found.types) AS t;
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', found.proname, arguments,
                CASE WHEN found.proretset THEN 'SETOF ' ELSE '' END || found.result,
                format('BEGIN PERFORM public.log_shadow(%L); %s END', 'function ' || found.proname || '(' || coalesce(arguments, '') || ')',
                    CASE WHEN found.proretset THEN 'RETURN;' ELSE 'RETURN NULL;' END));
            made := made + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
    -- Functions with arguments that fit better, because the original has arguments of any type or of another type.
    FOR found IN SELECT p.proname, a.arguments FROM (
            SELECT DISTINCT p.proname, n.n AS count FROM pg_proc p
            CROSS JOIN LATERAL generate_series(greatest(p.pronargs - p.pronargdefaults, 1), p.pronargs + CASE WHEN p.provariadic <> 0 THEN 4 ELSE 0 END) AS n(n)
            WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (functions) AND p.prokind <> 'p') AS p
        CROSS JOIN LATERAL (
            SELECT t AS arguments FROM unnest(one) AS t WHERE p.count = 1
            UNION ALL SELECT t || ', ' || u FROM unnest(two) AS t, unnest(two) AS u WHERE p.count = 2
            UNION ALL SELECT 'text' || repeat(', ' || t, p.count - 1) FROM unnest(same) AS t WHERE p.count BETWEEN 3 AND 6
            UNION ALL SELECT t || repeat(', ' || t, p.count - 1) FROM unnest(same) AS t WHERE p.count BETWEEN 3 AND 6 AND t <> 'text') AS a LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', found.proname, found.arguments,
                format('BEGIN PERFORM public.log_shadow(%L); RETURN NULL; END', 'function ' || found.proname || '(' || found.arguments || ')'));
            made := made + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
    -- Operators.
    FOR pair IN SELECT t AS l, u AS r FROM unnest(compared) AS t, unnest(compared) AS u
            WHERE t = u OR (t IN ('text', 'varchar', 'name')) = (u IN ('text', 'varchar', 'name')) AND t <> '"char"' AND u <> '"char"'
        UNION ALL SELECT t, t FROM unnest(one) AS t WHERE t <> ALL (compared)
        UNION ALL VALUES ('jsonb', 'text'), ('timestamptz', 'interval'), ('text[]', 'text'), ('anynonarray', 'text'), ('text', 'anynonarray') LOOP
        FOREACH result IN ARRAY ARRAY['boolean', 'text'] LOOP
            EXECUTE format('CREATE FUNCTION public.shadow_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', result, pair.l, pair.r, result,
                format('BEGIN PERFORM public.log_shadow(%L); RETURN true; END', 'operator ' || pair.l || ', ' || pair.r));
        END LOOP;
        FOR found IN SELECT DISTINCT o.oprname, o.oprresult = 'boolean'::regtype AS compares FROM pg_operator o
            WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname = ANY (operators) LOOP
            BEGIN
                EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.%s)', found.oprname,
                    pair.l, pair.r, CASE WHEN found.compares THEN 'shadow_boolean' ELSE 'shadow_text' END);
                made := made + 1;
            EXCEPTION WHEN others THEN NULL;
            END;
        END LOOP;
    END LOOP;
    -- Types: domains with a check, and composite types with casts from what limbeck casts.
    FOR found IN SELECT t.typname, row_number() OVER (ORDER BY t.typname) AS number FROM pg_type t
        WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typname = ANY (types) AND t.typtype = 'b'
          AND t.typname !~ '^_' LOOP
        BEGIN
            IF found.number % 3 <> 0 THEN
                EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.%1$I CHECK (public.log_shadow(%L))', found.typname, 'type ' || found.typname);
            ELSE
                EXECUTE format('CREATE TYPE public.%I AS (value pg_catalog.text)', found.typname);
                FOREACH arguments IN ARRAY ARRAY['text', 'name', 'integer', 'bigint', 'oid', 'regclass', 'xid', 'jsonb', '"char"', 'float8', 'numeric'] LOOP
                    EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS public.%I LANGUAGE plpgsql AS %L', 'shadow_cast_' || found.typname,
                        arguments, found.typname, format('BEGIN PERFORM public.log_shadow(%L); RETURN NULL; END', 'cast ' || arguments || ' to ' || found.typname));
                    EXECUTE format('CREATE CAST (%s AS public.%I) WITH FUNCTION public.%I(%1$s) AS IMPLICIT', arguments, found.typname,
                        'shadow_cast_' || found.typname);
                END LOOP;
            END IF;
            made := made + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
    -- Views with the names of catalog tables.
    FOR found IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace
          AND c.relname = ANY (tables) AND c.relkind IN ('r', 'v') LOOP
        BEGIN
            EXECUTE format('CREATE VIEW public.%I AS SELECT * FROM pg_catalog.%1$I WHERE public.log_shadow(%L)', found.relname, 'view ' || found.relname);
            made := made + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
END $do$;
RESET ROLE;
