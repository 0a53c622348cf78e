//! Triggers, rules, policies, extended statistics, event triggers.

use super::CatalogQuery;
use super::assembly::class;
use super::fragments::{NAMESPACES, enabled, not_member, relations, sorted};
use crate::core::schema::{Kind, Object};

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Trigger,
        query: triggers,
        add: |assembly, record| assembly.add_object(class::TRIGGER, record, Object::Trigger).map(drop),
    },
    CatalogQuery {
        kind: Kind::Rule,
        query: rules,
        add: |assembly, record| assembly.add_object(class::REWRITE, record, Object::Rule).map(drop),
    },
    CatalogQuery {
        kind: Kind::Policy,
        query: policies,
        add: |assembly, record| assembly.add_object(class::POLICY, record, Object::Policy).map(drop),
    },
    CatalogQuery {
        kind: Kind::Statistics,
        query: statistics,
        add: |assembly, record| assembly.add_object(class::STATISTICS, record, Object::Statistics).map(drop),
    },
    CatalogQuery {
        kind: Kind::EventTrigger,
        query: event_triggers,
        add: |assembly, record| assembly.add_object(class::EVENT_TRIGGER, record, Object::EventTrigger).map(drop),
    },
];

/// Before version 15, triggers of partitions that PostgreSQL derives from the partitioned table are internal.
fn triggers(_: u32) -> String {
    let (relations, enabled) = (relations("'r', 'p', 'f', 'v'"), enabled("t.tgenabled"));
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT t.oid, c.schema, c.relname::text, t.tgname::text, '', json_build_object(
            'definition', pg_get_triggerdef(t.oid), 'enabled', {enabled}, 'inherited', t.tgparentid <> 0)::text
        FROM c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
            OR t.tgparentid <> 0 AND t.tgconstraint = 0"
    )
}

fn rules(_: u32) -> String {
    let (relations, enabled) = (relations("'r', 'p', 'f', 'v'"), enabled("r.ev_enabled"));
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT r.oid, c.schema, c.relname::text, r.rulename::text, '', json_build_object(
            'definition', pg_get_ruledef(r.oid), 'enabled', {enabled})::text
        FROM c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'"
    )
}

fn policies(_: u32) -> String {
    let relations = relations("'r', 'p'");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT p.oid, c.schema, c.relname::text, p.polname::text, '', json_build_object(
            'permissive', p.polpermissive,
            'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            'roles', (SELECT json_agg(name ORDER BY name) FROM (
                SELECT CASE WHEN role = 0 THEN 'public' ELSE coalesce(r.rolname::text, role::text) END COLLATE \"C\" AS name
                FROM unnest(p.polroles) role LEFT JOIN pg_roles r ON r.oid = role) named),
            'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))::text
        FROM c JOIN pg_policy p ON p.polrelid = c.oid"
    )
}

fn statistics(_: u32) -> String {
    let relations = relations("'r', 'p', 'f', 'm'");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT s.oid, sn.nspname::text, c.relname::text, s.stxname::text, '', json_build_object(
            'definition', pg_get_statisticsobjdef(s.oid), 'target', nullif(s.stxstattarget, -1))::text
        FROM c JOIN pg_statistic_ext s ON s.stxrelid = c.oid JOIN pg_namespace sn ON sn.oid = s.stxnamespace"
    )
}

/// An event trigger belongs to no schema. It is managed if the schema of its function is.
fn event_triggers(_: u32) -> String {
    let (enabled, tags) = (enabled("v.evtenabled"), sorted("v.evttags"));
    let not_member = not_member("pg_event_trigger", "v.oid");
    format!(
        "WITH {NAMESPACES}
        SELECT v.oid, '', '', v.evtname::text, '', json_build_object(
            'event', v.evtevent, 'function', v.evtfoid::regproc::text, 'tags', {tags}, 'enabled', {enabled})::text
        FROM pg_event_trigger v JOIN pg_proc p ON p.oid = v.evtfoid JOIN n ON n.oid = p.pronamespace
        WHERE {not_member}"
    )
}
