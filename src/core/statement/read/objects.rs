//! Reads `CREATE`, `DROP` and `ALTER` of objects other than tables.

use squawk_syntax::ast::{
    self, AlterDomainAction, AlterTypeAction, AlterTypeAttributeAction, AstNode, Cascade, CreateTypeKind, IfExists,
    Restrict, SchemaRenameTo, SequenceRenameTo, SetSchema, TableRenameTo, ViewRenameTo,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::constraint::skips_rows;
use super::node::{has_if_not_exists, name, names, text};
use super::table::cascades;
use crate::core::statement::Name;
use crate::core::statement::action::{
    Action, AlterDomain, AlterType, CreateRelation, CreateType, DomainChange, Drop, ObjectKind, TypeChange,
};

/// `DROP` of an object of one of the kinds in [`ObjectKind`].
pub fn drop_objects(node: &SyntaxNode) -> Option<Action> {
    if let Some(drop) = ast::DropOwned::cast(node.clone()) {
        let roles = drop.role_ref_list().into_iter().flat_map(|list| list.role_refs());
        return Some(Action::DropOwned { roles: roles.map(|role| text(role.syntax())).collect() });
    }
    let kind = dropped_kind(node.kind())?;
    let names = match ast::DropDatabase::cast(node.clone()) {
        Some(drop) => name(drop.database_ref()).into_iter().collect(),
        None => dropped_objects(node).iter().filter_map(Name::read).collect(),
    };
    Some(Action::Drop(Drop {
        kind,
        names,
        cascade: node.children().any(|child| Cascade::can_cast(child.kind())),
        concurrently: super::node::has_child(node, SyntaxKind::CONCURRENTLY_KW),
    }))
}

fn dropped_kind(kind: SyntaxKind) -> Option<ObjectKind> {
    Some(match kind {
        SyntaxKind::DROP_TABLE => ObjectKind::Table,
        SyntaxKind::DROP_FOREIGN_TABLE => ObjectKind::ForeignTable,
        SyntaxKind::DROP_VIEW => ObjectKind::View,
        SyntaxKind::DROP_MATERIALIZED_VIEW => ObjectKind::MaterializedView,
        SyntaxKind::DROP_SEQUENCE => ObjectKind::Sequence,
        SyntaxKind::DROP_INDEX => ObjectKind::Index,
        SyntaxKind::DROP_SCHEMA => ObjectKind::Schema,
        SyntaxKind::DROP_TYPE => ObjectKind::Type,
        SyntaxKind::DROP_DOMAIN => ObjectKind::Domain,
        SyntaxKind::DROP_FUNCTION => ObjectKind::Function,
        SyntaxKind::DROP_PROCEDURE => ObjectKind::Procedure,
        SyntaxKind::DROP_ROUTINE => ObjectKind::Routine,
        SyntaxKind::DROP_AGGREGATE => ObjectKind::Aggregate,
        SyntaxKind::DROP_COLLATION => ObjectKind::Collation,
        SyntaxKind::DROP_ACCESS_METHOD => ObjectKind::AccessMethod,
        SyntaxKind::DROP_LANGUAGE => ObjectKind::Language,
        SyntaxKind::DROP_EXTENSION => ObjectKind::Extension,
        SyntaxKind::DROP_DATABASE => ObjectKind::Database,
        _ => return None,
    })
}

/// The nodes of the dropped objects; the items of a list of signatures.
fn dropped_objects(node: &SyntaxNode) -> Vec<SyntaxNode> {
    let is_option = |child: &SyntaxNode| {
        let kind = child.kind();
        Cascade::can_cast(kind) || Restrict::can_cast(kind) || IfExists::can_cast(kind)
    };
    let objects = node.children().filter(|child| !is_option(child)).flat_map(|child| match child.kind() {
        SyntaxKind::FUNCTION_SIG_LIST | SyntaxKind::PROCEDURE_SIG_LIST | SyntaxKind::ROUTINE_SIG_LIST => {
            child.children().collect::<Vec<_>>()
        }
        _ => vec![child],
    });
    objects.collect()
}

/// `CREATE` of a relation other than a table, or of a type.
pub fn create_object(node: &SyntaxNode) -> Option<Action> {
    let kind = node.kind();
    let is_sequence = ast::CreateSequence::can_cast(kind);
    if is_sequence
        || ast::CreateView::can_cast(kind)
        || ast::CreateMaterializedView::can_cast(kind)
        || ast::CreateForeignTable::can_cast(kind)
    {
        return Some(Action::CreateRelation(CreateRelation {
            name: Name::read(node)?,
            is_sequence,
            if_not_exists: has_if_not_exists(node),
            or_replace: node.children().any(|child| child.kind() == SyntaxKind::OR_REPLACE),
        }));
    }
    if let Some(create) = ast::CreateType::cast(node.clone()) {
        let is_enum = matches!(create.kind(), Some(CreateTypeKind::EnumType(_)));
        return Some(Action::CreateType(CreateType { name: name(create.type_name())?, is_enum }));
    }
    let create = ast::CreateDomain::cast(node.clone())?;
    Some(Action::CreateType(CreateType { name: Name::read(create.syntax())?, is_enum: false }))
}

/// `ALTER TYPE`.
pub fn alter_type(alter: &ast::AlterType) -> Option<Action> {
    let change = match alter.action() {
        Some(AlterTypeAction::AddValue(add)) => TypeChange::AddValue {
            label: add.literal().and_then(|label| Some(label.decoded_value()?.text().to_owned())),
        },
        Some(AlterTypeAction::TypeRenameTo(rename)) => TypeChange::RenameTo { name: name(rename.type_name())? },
        Some(AlterTypeAction::RenameValue(rename)) => {
            TypeChange::RenameValue { label: rename.syntax().children().next()?.text().to_string() }
        }
        Some(AlterTypeAction::RenameAttribute(rename)) => {
            TypeChange::RenameAttribute { attribute: name(rename.composite_field_ref())? }
        }
        Some(AlterTypeAction::AlterTypeAttributeActionList(list)) => attributes(list.syntax()),
        _ => TypeChange::Other,
    };
    Some(Action::AlterType(AlterType { name: name(alter.type_name_ref())?, change }))
}

fn attributes(list: &SyntaxNode) -> TypeChange {
    let (mut dropped, mut retyped, mut cascade) = (Vec::new(), Vec::new(), false);
    for action in list.children().filter_map(AlterTypeAttributeAction::cast) {
        match action {
            AlterTypeAttributeAction::DropAttribute(drop) => {
                dropped.extend(name(drop.composite_field_ref()));
                cascade |= cascades(drop.drop_behavior());
            }
            AlterTypeAttributeAction::AlterAttribute(alter) => retyped.extend(name(alter.composite_field_ref())),
            AlterTypeAttributeAction::AddAttribute(_) => {}
        }
    }
    TypeChange::Attributes { dropped, retyped, cascade }
}

/// `ALTER DOMAIN`.
pub fn alter_domain(alter: &ast::AlterDomain) -> Option<Action> {
    let change = match alter.action() {
        Some(AlterDomainAction::AddConstraint(add)) => {
            let skips_rows = add.constraint().is_none_or(|constraint| skips_rows(constraint.syntax()));
            DomainChange::AddConstraint { skips_rows }
        }
        Some(AlterDomainAction::ValidateConstraint(_)) => DomainChange::ValidateConstraint,
        Some(AlterDomainAction::SetNotNull(_)) => DomainChange::SetNotNull,
        Some(AlterDomainAction::DomainRenameTo(_)) => DomainChange::RenameTo,
        _ => DomainChange::Other,
    };
    Some(Action::AlterDomain(AlterDomain { name: name(alter.domain_ref())?, change }))
}

/// `RENAME` and `SET SCHEMA` of any kind of object.
pub fn rename(node: &SyntaxNode) -> Option<Action> {
    if let Some(rename) = ast::RenameColumn::cast(node.clone()) {
        let relation = Name::read(&rename.syntax().parent()?)?;
        return Some(Action::RenameColumn { relation, column: name(rename.column_name_ref())? });
    }
    if !node.first_token().is_some_and(|token| token.text().eq_ignore_ascii_case("alter")) {
        return None;
    }
    let has = |is_kind: fn(SyntaxKind) -> bool| node.children().any(|child| is_kind(child.kind()));
    let renames_schema = ast::AlterSchema::can_cast(node.kind()) && has(SchemaRenameTo::can_cast);
    if renames_schema || has(SetSchema::can_cast) {
        let object = node.children().find(|child| !IfExists::can_cast(child.kind()))?;
        return Some(Action::MoveToSchema { object: Name::read(&object)? });
    }
    let kind = node.kind();
    let is_routine = ast::AlterFunction::can_cast(kind)
        || ast::AlterProcedure::can_cast(kind)
        || ast::AlterRoutine::can_cast(kind)
        || ast::AlterAggregate::can_cast(kind);
    let starts_with_rename =
        |child: SyntaxNode| child.first_token().is_some_and(|token| token.text().eq_ignore_ascii_case("rename"));
    if is_routine && node.children().any(starts_with_rename) {
        return Some(Action::RenameRoutine { routine: Name::read(node)? });
    }
    let is_relation = ast::AlterTable::can_cast(kind)
        || ast::AlterView::can_cast(kind)
        || ast::AlterMaterializedView::can_cast(kind)
        || ast::AlterSequence::can_cast(kind);
    let renames = has(TableRenameTo::can_cast) || has(ViewRenameTo::can_cast) || has(SequenceRenameTo::can_cast);
    let relation = if is_relation && renames { Name::read(node) } else { None };
    relation.map(|relation| Action::RenameRelation { relation })
}

/// `TRUNCATE`.
pub fn truncate(truncate: &ast::Truncate) -> Action {
    let tables = truncate.table_list().into_iter().flat_map(|list| list.table_relation_names());
    Action::Truncate { tables: names(tables), cascade: cascades(truncate.drop_behavior()) }
}
