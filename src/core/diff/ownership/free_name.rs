//! Names that are not in use.

use super::DiffContext;
use crate::core::schema::Schema;

/// A name with a suffix, so that neither schema uses it.
pub fn free_name(context: &DiffContext, at: &str, name: &str) -> String {
    let is_free = |candidate: &str| {
        let is_taken =
            |schema: &Schema| schema.objects.keys().any(|other| other.schema == at && other.name == candidate);
        !is_taken(context.old) && !is_taken(context.new)
    };
    let longest = 63 - "_old_00".len();
    let mut stem = name;
    while stem.len() > longest {
        stem = &stem[..stem.char_indices().next_back().map_or(0, |(at, _)| at)];
    }
    let names = (0..).map(|number| if number == 0 { format!("{stem}_old") } else { format!("{stem}_old_{number}") });
    names.into_iter().find(|name| is_free(name)).unwrap_or_default()
}
