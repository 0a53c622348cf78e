//! Properties of every difference.

use proptest::prelude::*;

use super::super::{Action, Changes};
use super::*;

/// Small schemas with dependencies: foreign keys, views, functions, an enum.
fn any_schema() -> impl Strategy<Value = Schema> {
    let types = prop::sample::select(vec!["integer", "bigint", "text", "public.mood"]);
    let tables = prop::collection::btree_map("[a-d]", (types, prop::option::of("[a-d]")), 0..4);
    (tables, any::<bool>(), any::<bool>(), 1..4_usize).prop_map(|(tables, has_view, has_function, moods)| {
        let names: Vec<&String> = tables.keys().collect();
        let pairs: Vec<(&str, Option<&str>)> = tables
            .iter()
            .map(|(name, (_, to))| (name.as_str(), to.as_deref().filter(|to| names.iter().any(|name| name == to))))
            .collect();
        let mut built = referring_tables(&pairs);
        for (name, (type_name, _)) in &tables {
            if let Some(Object::Table(table)) = built.objects.get_mut(&own(Kind::Table, name)) {
                table.columns.push(column("v", type_name));
            }
            if *type_name == "public.mood" {
                depend(&mut built, &on(Kind::Column, name, "v"), &[own(Kind::Enum, "mood")]);
            }
            if has_view {
                let v = own(Kind::View, &format!("see_{name}"));
                built
                    .objects
                    .insert(v.clone(), view(&format!(" SELECT v FROM public.{name};"), &[], &[column("v", type_name)]));
                depend(&mut built, &v, &[on(Kind::Column, name, "v")]);
                built.comments.insert(v, format!("of {type_name}"));
            }
        }
        let moods: Vec<&str> = ["x", "y", "z"].into_iter().take(moods).collect();
        built.objects.insert(own(Kind::Enum, "mood"), labels(&moods));
        if has_function {
            built.objects.insert(own(Kind::Function, "f"), function("f", "integer", "SELECT 1 FROM public.a"));
        }
        built
    })
}

proptest! {
    #[test]
    fn equal_schemas_need_no_statements(schema in any_schema()) {
        prop_assert_eq!(diff_schemas(&schema, &schema, &options()), Changes::default());
    }

    #[test]
    fn the_same_difference_always_has_the_same_statements(old in any_schema(), new in any_schema()) {
        let first = diff_schemas(&old, &new, &options());
        prop_assert_eq!(&first, &diff_schemas(&old.clone(), &new.clone(), &options()));
        // The old schema has every dropped object, and the new schema has every created object.
        for operation in &first.operations {
            let id = &operation.object;
            let known = |schema: &Schema| {
                schema.objects.contains_key(id) || schema.column(id).is_some() || schema.constraint(id).is_some()
            };
            match operation.action {
                Action::Drop | Action::Release | Action::RenameOld => prop_assert!(known(&old), "{id}"),
                _ => prop_assert!(known(&new), "{id}"),
            }
        }
    }
}
