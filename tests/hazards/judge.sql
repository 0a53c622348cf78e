-- What a server really does with values whose type changes: whether some come out as others (they are cast over and
-- back), and whether a real ALTER refuses some; `none` where there is no such cast.
CREATE FUNCTION judge(old text, new text, samples text[]) RETURNS text LANGUAGE plpgsql AS $judge$
DECLARE
    sample text;
    over text := format('($1::text::%s)::%s', old, new);
    back text;
    same text;
    is_same boolean;
    changed boolean := false;
    refused boolean := false;
BEGIN
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', old, new);
    EXCEPTION WHEN cannot_coerce THEN
        RETURN 'none';
    END;
    back := format('((%s)::%s)', over, old);
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', new, old);
    EXCEPTION WHEN cannot_coerce THEN
        back := format('((%s)::text::%s)', over, old);
    END;
    -- Scales and padding are no part of a value; everything else is compared as it is written.
    IF old ~ '^(numeric|bpchar|char\()' AND old !~ '\[' THEN
        same := format('%s = $1::text::%s', back, old);
    ELSE
        same := format('%s::text IS NOT DISTINCT FROM ($1::text::%s)::text', back, old);
    END IF;
    FOREACH sample IN ARRAY samples LOOP
        BEGIN
            EXECUTE 'SELECT ' || over USING sample;
            BEGIN
                EXECUTE 'SELECT ' || same INTO is_same USING sample;
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
$judge$;
