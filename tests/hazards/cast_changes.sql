-- Returns what the server does with values whose type changes: `changed` if a value differs after a cast to the new type
-- and cast_back, `refused` if a real ALTER refuses a value, both, or neither; `none` if there is no such cast.
CREATE FUNCTION check_cast(old text, new text, samples text[]) RETURNS text LANGUAGE plpgsql AS $check_cast$
DECLARE
    sample text;
    cast_over text := format('($1::text::%s)::%s', old, new);
    cast_back text;
    comparison text;
    is_same boolean;
    changed boolean := false;
    refused boolean := false;
BEGIN
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', old, new);
    EXCEPTION WHEN cannot_coerce THEN
        RETURN 'none';
    END;
    cast_back := format('((%s)::%s)', cast_over, old);
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', new, old);
    EXCEPTION WHEN cannot_coerce THEN
        cast_back := format('((%s)::text::%s)', cast_over, old);
    END;
    -- Scale and padding do not count as differences. All other values are compared as text.
    IF old ~ '^(numeric|bpchar|char\()' AND old !~ '\[' THEN
        comparison := format('%s = $1::text::%s', cast_back, old);
    ELSE
        comparison := format('%s::text IS NOT DISTINCT FROM ($1::text::%s)::text', cast_back, old);
    END IF;
    FOREACH sample IN ARRAY samples LOOP
        BEGIN
            EXECUTE 'SELECT ' || cast_over USING sample;
            BEGIN
                EXECUTE 'SELECT ' || comparison INTO is_same USING sample;
            EXCEPTION WHEN others THEN
                is_same := false;
            END;
            changed := changed OR NOT is_same;
        EXCEPTION WHEN others THEN
            refused := true;
        END;
    END LOOP;
    BEGIN
        EXECUTE format('CREATE TABLE tried (c %s)', old);
        EXECUTE format('INSERT INTO tried SELECT s::%s FROM unnest($1) AS s', old) USING samples;
        BEGIN
            EXECUTE format('ALTER TABLE tried ALTER c TYPE %s', new);
        EXCEPTION WHEN datatype_mismatch THEN
            EXECUTE format('ALTER TABLE tried ALTER c TYPE %s USING c::%s', new, new);
        END;
        RAISE EXCEPTION 'done' USING ERRCODE = 'LM001';
    EXCEPTION
        WHEN SQLSTATE 'LM001' THEN NULL;
        WHEN others THEN refused := true;
    END;
    RETURN concat_ws(',', CASE WHEN changed THEN 'changed' END, CASE WHEN refused THEN 'refused' END);
END
$check_cast$;
