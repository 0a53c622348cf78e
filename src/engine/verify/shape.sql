WITH place AS (
    SELECT oid, nspname, nspacl, nspowner FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'limbeck')
), relation AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS named FROM pg_class c JOIN place n ON n.oid = c.relnamespace
    WHERE c.oid IS DISTINCT FROM ($1::text)::oid AND c.relname NOT IN ('limbeck_log', 'limbeck_log_id_seq')
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indrelid = ($1::text)::oid)
), routine AS (
    SELECT p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS named
    FROM pg_proc p JOIN place n ON n.oid = p.pronamespace
), kind AS (
    SELECT t.*, format('%I.%I', n.nspname, t.typname) AS named FROM pg_type t JOIN place n ON n.oid = t.typnamespace
), object (class, id, object, definition) AS (
    SELECT 'pg_namespace'::regclass, oid, format('schema %I', nspname),
           (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) a)
    FROM place
    UNION ALL
    SELECT 'pg_extension'::regclass, oid, format('extension %I', extname), extversion FROM pg_extension
    UNION ALL
    SELECT 'pg_class'::regclass, oid,
           (CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index ' WHEN 'c' THEN 'type ' WHEN 'f' THEN 'foreign table '
                ELSE 'table ' END) || named,
           concat_ws(' ', relkind::text, relpersistence::text, reloptions::text, relrowsecurity, relforcerowsecurity,
                relreplident::text,
                (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(relacl,
                    CASE WHEN relkind IN ('r', 'p', 'v', 'm', 'f') THEN acldefault('r', relowner)
                         WHEN relkind = 'S' THEN acldefault('s', relowner) END)) a),
                (SELECT string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno) FROM pg_inherits i
                    WHERE i.inhrelid = relation.oid AND relkind IN ('r', 'p', 'f')),
                pg_get_expr(relpartbound, oid), CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
                CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid)
                     WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(oid) END,
                CASE WHEN relkind IN ('i', 'I') THEN (SELECT concat_ws(' ', indisvalid, indisclustered, indisreplident)
                    FROM pg_index i WHERE i.indexrelid = relation.oid) END,
                (SELECT concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
                    FROM pg_sequence s WHERE s.seqrelid = relation.oid),
                (SELECT format('owned by %s.%I', d.refobjid::regclass, a.attname) FROM pg_depend d
                    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                    WHERE relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = relation.oid
                      AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass))
    FROM relation WHERE relkind <> 't'
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, format('column %s.%I', c.named, a.attname),
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                CASE WHEN d.oid IS NOT NULL THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
                a.attidentity::text, a.attgenerated::text, a.attcollation::regcollation, a.attstorage::text,
                a.attacl::text, a.attoptions::text)
    FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f', 'c')
    UNION ALL
    SELECT 'pg_constraint'::regclass, k.oid, format('constraint %I on %s', k.conname, c.named),
           concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
    FROM pg_constraint k JOIN relation c ON c.oid = k.conrelid
    UNION ALL
    SELECT 'pg_constraint'::regclass, k.oid, format('constraint %I on %s', k.conname, t.named), pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN kind t ON t.oid = k.contypid
    UNION ALL
    SELECT 'pg_proc'::regclass, oid, 'routine ' || named,
           concat_ws(' ', CASE WHEN prokind = 'a' THEN (SELECT concat_ws(' ', aggtransfn, aggfinalfn, agginitval,
                aggtranstype::regtype) FROM pg_aggregate g WHERE g.aggfnoid = routine.oid)
                ELSE pg_get_functiondef(oid) END,
                (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(proacl, acldefault('f', proowner))) a))
    FROM routine
    UNION ALL
    SELECT 'pg_type'::regclass, oid, 'type ' || named,
           concat_ws(' ', typtype::text, CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END, typnotnull,
                typdefault, CASE WHEN typtype = 'd' THEN typcollation::regcollation END,
                (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum e
                    WHERE e.enumtypid = kind.oid),
                (SELECT concat_ws(' ', rngsubtype::regtype, rngsubdiff) FROM pg_range r WHERE r.rngtypid = kind.oid),
                (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(typacl, acldefault('T', typowner))) a))
    FROM kind WHERE typtype IN ('d', 'e', 'r', 'm')
    UNION ALL
    SELECT 'pg_trigger'::regclass, t.oid, format('trigger %I on %s', t.tgname, c.named),
           concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled::text)
    FROM pg_trigger t JOIN relation c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'pg_event_trigger'::regclass, oid, format('event trigger %I', evtname),
           concat_ws(' ', evtevent, evtfoid::regprocedure, evtenabled::text, evttags::text)
    FROM pg_event_trigger
    UNION ALL
    SELECT 'pg_rewrite'::regclass, r.oid, format('rule %I on %s', r.rulename, c.named),
           concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled::text)
    FROM pg_rewrite r JOIN relation c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'pg_policy'::regclass, p.oid, format('policy %I on %s', p.polname, c.named),
           concat_ws(' ', p.polcmd::text, p.polpermissive, p.polroles::regrole[]::text,
                pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN relation c ON c.oid = p.polrelid
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, s.oid, format('statistics %I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN place n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT 'pg_default_acl'::regclass, d.oid, format('default privileges of %s%s on %s', d.defaclrole::regrole,
                coalesce(' in ' || n.nspname, ''), d.defaclobjtype), d.defaclacl::text
    FROM pg_default_acl d LEFT JOIN place n ON n.oid = d.defaclnamespace
    UNION ALL
    SELECT 'pg_publication'::regclass, oid, format('publication %I', pubname), concat_ws(' ', puballtables, pubinsert,
                pubupdate, pubdelete, pubtruncate, (SELECT string_agg(prrelid::regclass::text, ' ' ORDER BY prrelid::regclass::text)
                    FROM pg_publication_rel r WHERE r.prpubid = pg_publication.oid))
    FROM pg_publication
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, oid, format('server %I', srvname), concat_ws(' ', srvtype, srvversion, srvoptions::text)
    FROM pg_foreign_server
    UNION ALL
    SELECT 'pg_collation'::regclass, c.oid, format('collation %I.%I', n.nspname, c.collname),
           concat_ws(' ', collprovider::text, collisdeterministic, collcollate, collctype)
    FROM pg_collation c JOIN place n ON n.oid = c.collnamespace
    UNION ALL
    SELECT 'pg_operator'::regclass, o.oid, format('operator %s', o.oid::regoperator), o.oprcode::text
    FROM pg_operator o JOIN place n ON n.oid = o.oprnamespace
    UNION ALL
    SELECT 'pg_cast'::regclass, oid, format('cast %s to %s', castsource::regtype, casttarget::regtype),
           concat_ws(' ', castfunc::regprocedure, castcontext::text, castmethod::text)
    FROM pg_cast WHERE oid >= 16384
)
SELECT object, coalesce(definition, '') FROM object
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = object.class AND d.objid = object.id AND d.deptype = 'e')
UNION ALL
SELECT 'comment on ' || pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
WHERE objoid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = classoid AND d.objid = objoid AND d.deptype = 'e')
ORDER BY 1
