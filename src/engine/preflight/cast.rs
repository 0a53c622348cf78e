//! Counts the values that a change of the column's type changes or rejects. The server casts each value in a block that
//! catches errors, so that a rejected value ends neither the count nor the transaction.

use tokio_postgres::{Client, Error};

use crate::core::sql::qualify_names;
use crate::core::statement::Question;
use crate::core::statement::cast::{self, CastOutcome, TypeName};
use crate::engine::connection::identifier::{literal, quote};

/// A column whose type changes.
pub(super) struct TypeConversion<'a> {
    pub table: &'a str,
    column: &'a str,
    to: &'a str,
    chain: &'a [String],
    rejected: bool,
    /// Its current type.
    from: String,
    /// Whether the server can cast the new type back to the current one directly. Otherwise values are cast back via text.
    casts_back: bool,
}

/// What can be decided from the two types alone.
pub(super) enum Conversion<'a> {
    /// No value can change (or, if the question counts only rejected values, no value can be rejected).
    Safe,
    /// Each value must be cast to find out.
    Try(TypeConversion<'a>),
    /// The server has no such cast, or one of the types is not built in.
    Unknown,
}

/// Reads the column's type and compares it with the new one.
///
/// # Errors
/// If the server rejects the query.
pub(super) async fn read_types<'a>(
    client: &Client,
    table: &'a str,
    question: &'a Question,
) -> Result<Conversion<'a>, Error> {
    let Question::Cast { column, to, chain, rejected } = question else { return Ok(Conversion::Unknown) };
    let last = chain.last().cloned();
    let row = client.query_opt(&qualify_names(TYPES), &[&table, column, to, &last]).await?;
    let Some(row) = row else { return Ok(Conversion::Unknown) };
    let (from, casts, casts_back): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let harmless = match cast::convert(&from, chain, to) {
        CastOutcome::Safe => true,
        CastOutcome::Unknown => return Ok(Conversion::Unknown),
        CastOutcome::MayFail { .. } => !rejected,
        CastOutcome::Loses { .. } => *rejected && chain.is_empty() && !cast::may_reject(&from, &[], to),
    };
    Ok(match (harmless, casts) {
        (true, _) => Conversion::Safe,
        (false, true) => {
            Conversion::Try(TypeConversion { table, column, to, chain, rejected: *rejected, from, casts_back })
        }
        (false, false) => Conversion::Unknown,
    })
}

impl TypeConversion<'_> {
    /// Returns the number of rows of the table, and the number of values that the conversion changes or rejects.
    ///
    /// # Errors
    /// If the server rejects the block, or a timeout ends it.
    pub async fn count(&self, client: &Client) -> Result<(u64, u64), Error> {
        client.execute(&self.block(), &[]).await?;
        let query = "SELECT string_to_array(current_setting('limbeck.counted'), ' ')::bigint[]";
        let counts: Vec<i64> = client.query_one(&qualify_names(query), &[]).await?.get(0);
        let at = |place: usize| counts.get(place).copied().unwrap_or_default().unsigned_abs();
        Ok((at(0), if self.rejected { at(2) } else { at(1) + at(2) }))
    }

    /// A `DO` block that casts the values and stores the counts in a setting.
    ///
    /// It first casts all values in one query, because this is fast. It casts them one by one only if the query fails, or
    /// if the new type has a length limit: an explicit cast truncates a value to the limit, but an assignment rejects it.
    fn block(&self) -> String {
        let (table, column) = (self.table, quote(self.column));
        let (from, to) = (&self.from, self.to);
        let one_by_one = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let differs = format!("NOT ({})", self.is_same(&format!("({})::{to}", self.cast(&column)), &column));
        let whole = format!("SELECT pg_catalog.count({column}) FILTER (WHERE {differs}) FROM {table}");
        let first = match self.bulk_query() {
            BulkQuery::Counts => format!(
                "BEGIN EXECUTE {} INTO changed; done := true; EXCEPTION WHEN others THEN NULL; END;",
                literal(&whole)
            ),
            BulkQuery::Preselects => format!(
                "BEGIN EXECUTE {} INTO changed; done := changed OPERATOR(pg_catalog.=) 0; rest := rest OPERATOR(pg_catalog.||) {}; changed := 0; EXCEPTION WHEN others THEN changed := 0; END;",
                literal(&whole),
                literal(&format!(" AND {differs}"))
            ),
            BulkQuery::NotUsed => String::new(),
        };
        format!(
            "DO $limbeck_count$
             DECLARE
                 old_value {from}; new_value {to}; is_cast boolean; done boolean := false; rest pg_catalog.text := {rest};
                 total bigint; changed bigint := 0; rejected bigint := 0;
             BEGIN
                 SELECT pg_catalog.count(*) INTO total FROM {table};
                 {first}
                 IF NOT done THEN
                     FOR old_value IN EXECUTE rest LOOP
                         BEGIN
                             is_cast := false;
                             new_value := {cast};
                             is_cast := true;
                             IF NOT ({same}) THEN changed := {more_changed}; END IF;
                         EXCEPTION WHEN others THEN
                             IF is_cast THEN changed := {more_changed}; ELSE rejected := {more_rejected}; END IF;
                         END;
                     END LOOP;
                 END IF;
                 PERFORM {store};
             END $limbeck_count$",
            rest = literal(&one_by_one),
            cast = self.cast("old_value"),
            more_changed = qualify_names("changed + 1"),
            more_rejected = qualify_names("rejected + 1"),
            store = qualify_names("set_config('limbeck.counted', concat_ws(' ', total, changed, rejected), true)"),
            same = self.is_same("new_value", "old_value"),
        )
    }

    /// A value, cast to each type of the `USING` expression.
    fn cast(&self, value: &str) -> String {
        self.chain.iter().fold(value.to_owned(), |value, ty| format!("({value})::{ty}"))
    }

    /// An SQL condition: the new value, cast back, equals the old one, which is not NULL. A numeric's scale and a character's padding do not
    /// matter; other types are compared as text.
    fn is_same(&self, new_value: &str, old_value: &str) -> String {
        let from = &self.from;
        let back = if self.casts_back {
            format!("({new_value})::{from}")
        } else {
            format!("({new_value})::pg_catalog.text::{from}")
        };
        let ty = TypeName::parse(from);
        if ty.element().is_none() && ["numeric", "bpchar"].contains(&ty.name.as_str()) {
            format!("({back} OPERATOR(pg_catalog.=) {old_value}) IS TRUE")
        } else {
            format!("(({back})::pg_catalog.text OPERATOR(pg_catalog.=) ({old_value})::pg_catalog.text) IS TRUE")
        }
    }

    fn bulk_query(&self) -> BulkQuery {
        const WORDS: [&str; 3] = ["text", "varchar", "bpchar"];
        let is_word = |ty: &TypeName| ty.element().is_none() && WORDS.contains(&ty.name.as_str());
        let to = TypeName::parse(self.to);
        let from = TypeName::parse(self.chain.last().map_or(&self.from, |last| last));
        let limited = ["varchar", "bpchar", "bit", "varbit"].contains(&to.name.as_str()) && !to.modifiers.is_empty();
        match limited {
            false => BulkQuery::Counts,
            true if is_word(&from) && is_word(&to) => BulkQuery::Preselects,
            true => BulkQuery::NotUsed,
        }
    }
}

/// The use of a query that casts all values at once.
enum BulkQuery {
    /// It counts the changed values, unless one of them is rejected.
    Counts,
    /// It selects the values that must be cast one by one.
    Preselects,
    /// It is not used: every value must be cast one by one.
    NotUsed,
}

/// The type of a column; whether the server has an assignment cast from it (or from the last type of the chain) to the new
/// type; and whether it has a cast from the new type back.
const TYPES: &str = "
    WITH asked AS (
        SELECT format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS here,
            coalesce(to_regtype($4)::oid, a.atttypid) AS source, to_regtype($3)::oid AS target
        FROM pg_attribute a
        WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped
    ), bare AS (
        SELECT asked.*,
            CASE WHEN s.typcategory = 'A' AND t.typcategory = 'A' AND s.typelem <> 0 THEN s.typelem ELSE s.oid END AS one,
            CASE WHEN s.typcategory = 'A' AND t.typcategory = 'A' AND s.typelem <> 0 THEN t.typelem ELSE t.oid END AS other,
            CASE WHEN h.typcategory = 'A' AND t.typcategory = 'A' AND h.typelem <> 0 THEN h.typelem ELSE h.oid END AS home,
            CASE WHEN h.typcategory = 'A' AND t.typcategory = 'A' AND h.typelem <> 0 THEN t.typelem ELSE t.oid END AS away
        FROM asked JOIN pg_type s ON s.oid = source JOIN pg_type t ON t.oid = target JOIN pg_type h ON h.oid = here
    )
    SELECT type,
        one = other OR EXISTS (SELECT FROM pg_cast WHERE castsource = one AND casttarget = other AND castcontext IN ('a', 'i'))
            OR (SELECT typcategory = 'S' FROM pg_type WHERE oid = other)
                AND NOT EXISTS (SELECT FROM pg_cast WHERE castsource = one AND casttarget = other),
        home = away OR EXISTS (SELECT FROM pg_cast WHERE castsource = away AND casttarget = home)
            OR (SELECT bool_or(typcategory = 'S') FROM pg_type WHERE oid IN (home, away))
    FROM bare";
