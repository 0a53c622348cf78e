//! Dependencies from `pg_depend`.

use tokio_postgres::Row;

use super::assembly::Assembly;
use super::comments::address_from;
use crate::core::schema::Object;
use crate::engine::Result;
use crate::engine::connection::database_error;

/// Pairs of addresses. The first one has entries of its own in `pg_depend`, but is part of the second one here.
pub(super) fn aliases(version: u32) -> String {
    let multiranges = if version >= 140_000 {
        "UNION ALL SELECT 'pg_type'::regclass, rngmultitypid, 0, 'pg_type'::regclass, rngtypid, 0 FROM pg_range
         WHERE rngmultitypid >= 16384"
    } else {
        ""
    };
    format!(
        "SELECT 'pg_attrdef'::regclass::oid, oid, 0, 'pg_class'::regclass::oid, adrelid, adnum::int FROM pg_attrdef
        UNION ALL SELECT 'pg_rewrite'::regclass, oid, 0, 'pg_class'::regclass, ev_class, 0 FROM pg_rewrite
        WHERE rulename = '_RETURN' AND oid >= 16384
        UNION ALL SELECT 'pg_type'::regclass, reltype, 0, 'pg_class'::regclass, oid, 0 FROM pg_class
        WHERE reltype >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
        UNION ALL SELECT 'pg_type'::regclass, typarray, 0, 'pg_type'::regclass, oid, 0 FROM pg_type
        WHERE typarray >= 16384
        {multiranges}
        UNION ALL SELECT 'pg_class'::regclass, conindid, 0, 'pg_constraint'::regclass, oid, 0 FROM pg_constraint
        WHERE contype IN ('p', 'u', 'x') AND conindid >= 16384
        UNION ALL SELECT classid, objid, 0, refclassid, refobjid, 0 FROM pg_depend
        WHERE deptype = 'e' OR deptype = 'i' AND classid = 'pg_proc'::regclass AND refclassid = 'pg_type'::regclass"
    )
}

pub(super) fn add_aliases(assembly: &mut Assembly, rows: &[Row]) -> Result<()> {
    for row in rows {
        let read = || Ok((address_from(row, 0)?, address_from(row, 3)?));
        let (from, to) = read().map_err(|error| database_error(&error))?;
        assembly.register_alias(from, to);
    }
    Ok(())
}

/// Pairs of addresses. The first object depends on the second one. That a partition's index is part of a partitioned
/// index is an attribute of the index and no dependency: the part may exist before and after the whole.
pub(super) fn dependencies() -> String {
    "SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid FROM pg_depend
    WHERE objid >= 16384 AND refobjid >= 16384 AND deptype <> 'e'
      AND NOT (deptype = 'P' AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass)"
        .to_owned()
}

/// Adds the dependencies. The dependency of an owned sequence on its column is left out: it is part of the sequence,
/// and would form a cycle with the dependency of the column's default.
pub(super) fn add_dependencies(assembly: &mut Assembly, rows: &[Row]) -> Result<()> {
    for row in rows {
        let read = || Ok((address_from(row, 0)?, address_from(row, 3)?));
        let (from, to) = read().map_err(|error| database_error(&error))?;
        let (Some(from), Some(to)) = (assembly.resolve(from), assembly.resolve(to)) else { continue };
        let owns = matches!(assembly.schema.objects.get(from),
            Some(Object::Sequence(sequence)) if sequence.owned_by.as_ref() == Some(to));
        if from != to && !owns {
            let (from, to) = (from.clone(), to.clone());
            assembly.schema.depends.entry(from).or_default().insert(to);
        }
    }
    Ok(())
}
