-- Runs a real ALTER for each value of a column alone. Returns whether the ALTER needs USING, how many values it changes
-- (they cannot be cast cast_back), and how many it refuses; `none` if there is no such cast.
CREATE FUNCTION alter_effects(source text, old text, new text) RETURNS text LANGUAGE plpgsql AS $alter_effects$
DECLARE
    sample text;
    change text := format('ALTER TABLE tried ALTER c TYPE %s', new);
    cast_back text := format('c::%s', old);
    comparison text;
    is_same boolean;
    needs_using boolean := false;
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
        cast_back := format('c::text::%s', old);
    END;
    IF old ~ '^(numeric|bpchar|char\()' AND old !~ '\[' THEN
        comparison := format('%s = $1::%s', cast_back, old);
    ELSE
        comparison := format('(%s)::text IS NOT DISTINCT FROM ($1::%s)::text', cast_back, old);
    END IF;
    BEGIN
        EXECUTE format('CREATE TABLE tried (c %s)', old);
        BEGIN
            EXECUTE change;
            RAISE EXCEPTION 'undo' USING ERRCODE = 'LM002';
        EXCEPTION
            WHEN SQLSTATE 'LM002' THEN NULL;
            WHEN datatype_mismatch THEN
                needs_using := true;
                change := format('%s USING c::%s', change, new);
        END;
        FOR sample IN EXECUTE format('SELECT c::text FROM %I WHERE c IS NOT NULL', source) LOOP
            BEGIN
                EXECUTE format('INSERT INTO tried VALUES (%L)', sample);
                EXECUTE change;
                is_same := false;
                BEGIN
                    EXECUTE format('SELECT %s FROM tried', comparison) INTO is_same USING sample;
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
    RETURN concat_ws(' ', needs_using, changed, refused);
END
$alter_effects$;
