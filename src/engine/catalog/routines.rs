//! Functions, procedures and aggregates.

use super::CatalogQuery;
use super::assembly::class;
use super::fragments::{NAMESPACES, function, is_independent};
use crate::core::schema::{Kind, Object};

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Function,
        query: |_| functions("'f', 'w'"),
        add: |assembly, record| assembly.add_object(class::PROC, record, Object::Function).map(drop),
    },
    CatalogQuery {
        kind: Kind::Procedure,
        query: |_| functions("'p'"),
        add: |assembly, record| assembly.add_object(class::PROC, record, Object::Function).map(drop),
    },
    CatalogQuery {
        kind: Kind::Aggregate,
        query: aggregates,
        add: |assembly, record| {
            assembly.add_object(class::PROC, record, |one| Object::Aggregate(Box::new(one))).map(drop)
        },
    },
];

/// Routines of these kinds as `p`. Routines of range types and extensions are left out.
fn routines(kinds: &str) -> String {
    format!(
        "p AS MATERIALIZED (SELECT p.*, n.schema FROM pg_proc p JOIN n ON n.oid = p.pronamespace
                            WHERE p.prokind IN ({kinds}) AND {})",
        is_independent("pg_proc", "p.oid"),
    )
}

fn functions(kinds: &str) -> String {
    let routines = routines(kinds);
    format!(
        "WITH {NAMESPACES}, {routines}
        SELECT p.oid, p.schema, '', p.proname::text, pg_get_function_identity_arguments(p.oid), json_build_object(
            'kind', CASE p.prokind WHEN 'w' THEN 'window' WHEN 'p' THEN 'procedure' ELSE 'function' END,
            'arguments', pg_get_function_arguments(p.oid), 'input_types', oidvectortypes(p.proargtypes),
            'result', pg_get_function_result(p.oid),
            'language', l.lanname, 'definition', pg_get_functiondef(p.oid))::text
        FROM p JOIN pg_language l ON l.oid = p.prolang"
    )
}

fn aggregates(_: u32) -> String {
    let routines = routines("'a'");
    let modify = |column: &str| {
        format!("CASE {column} WHEN 'r' THEN 'read-only' WHEN 's' THEN 'shareable' ELSE 'read-write' END")
    };
    let (finals, moving_finals) = (modify("g.aggfinalmodify"), modify("g.aggmfinalmodify"));
    let [final_function, combine, serial, deserial, moving, inverse, moving_final] =
        ["aggfinalfn", "aggcombinefn", "aggserialfn", "aggdeserialfn", "aggmtransfn", "aggminvtransfn", "aggmfinalfn"]
            .map(|column| function(&format!("g.{column}")));
    format!(
        "WITH {NAMESPACES}, {routines}
        SELECT p.oid, p.schema, '', p.proname::text, pg_get_function_identity_arguments(p.oid), json_build_object(
            'kind', CASE g.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical' ELSE 'normal' END,
            'arguments', pg_get_function_arguments(p.oid), 'input_types', oidvectortypes(p.proargtypes),
            'result', pg_get_function_result(p.oid),
            'transition', g.aggtransfn::text, 'state', format_type(g.aggtranstype, NULL),
            'state_space', g.aggtransspace, 'initial', g.agginitval, 'final', {final_function},
            'final_extra', g.aggfinalextra, 'final_modify', {finals}, 'combine', {combine},
            'serialize', {serial}, 'deserialize', {deserial}, 'moving_transition', {moving},
            'moving_inverse', {inverse},
            'moving_state', CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END,
            'moving_state_space', g.aggmtransspace, 'moving_initial', g.aggminitval, 'moving_final', {moving_final},
            'moving_final_extra', g.aggmfinalextra, 'moving_final_modify', {moving_finals},
            'sort_operator', (SELECT format('%I.%s', o.oprnamespace::regnamespace, o.oprname) FROM pg_operator o
                              WHERE o.oid = g.aggsortop),
            'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END)::text
        FROM p JOIN pg_aggregate g ON g.aggfnoid = p.oid"
    )
}
