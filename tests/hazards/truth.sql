-- What a real ALTER does with each value of a column alone: how many values it changes (they do not come back) and
-- how many it refuses, and whether it wants to be told USING; `none` where there is no such cast.
CREATE FUNCTION truth(source text, old text, new text) RETURNS text LANGUAGE plpgsql AS $truth$
DECLARE
    sample text;
    change text := format('ALTER TABLE tried ALTER c TYPE %s', new);
    back text := format('c::%s', old);
    same text;
    is_same boolean;
    told boolean := false;
    changed int := 0;
    refused int := 0;
BEGIN
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', old, new);
    EXCEPTION WHEN cannot_coerce THEN
        RETURN 'none';
    END;
    BEGIN
        EXECUTE format('SELECT NULL::%s::%s', new, old);
    EXCEPTION WHEN cannot_coerce THEN
        back := format('c::text::%s', old);
    END;
    IF old ~ '^(numeric|bpchar|char\()' AND old !~ '\[' THEN
        same := format('%s = $1::%s', back, old);
    ELSE
        same := format('(%s)::text IS NOT DISTINCT FROM ($1::%s)::text', back, old);
    END IF;
    BEGIN
        EXECUTE format('CREATE TABLE tried (c %s)', old);
        BEGIN
            EXECUTE change;
            RAISE EXCEPTION 'undo' USING ERRCODE = 'LM002';
        EXCEPTION
            WHEN SQLSTATE 'LM002' THEN NULL;
            WHEN datatype_mismatch THEN
                told := true;
                change := format('%s USING c::%s', change, new);
        END;
        FOR sample IN EXECUTE format('SELECT c::text FROM %I WHERE c IS NOT NULL', source) LOOP
            BEGIN
                EXECUTE format('INSERT INTO tried VALUES (%L)', sample);
                EXECUTE change;
                is_same := false;
                BEGIN
                    EXECUTE format('SELECT %s FROM tried', same) INTO is_same USING sample;
                EXCEPTION WHEN others THEN NULL;
                END;
                changed := changed + (NOT coalesce(is_same, false))::int;
                RAISE EXCEPTION 'undo' USING ERRCODE = 'LM002';
            EXCEPTION
                WHEN SQLSTATE 'LM002' THEN NULL;
                WHEN others THEN refused := refused + 1;
            END;
        END LOOP;
        RAISE EXCEPTION 'done' USING ERRCODE = 'LM001';
    EXCEPTION WHEN SQLSTATE 'LM001' THEN NULL;
    END;
    RETURN concat_ws(' ', told, changed, refused);
END
$truth$;
