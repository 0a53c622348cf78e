//! What a context takes from each statement once its hazards are found.

use squawk_syntax::ast::{
    AlterTable, AlterTableAction, AlterType, AlterTypeAction, AstNode, CallExpr, Constraint, Copy, CreateDomain,
    CreateForeignTable, CreateFunction, CreateMaterializedView, CreateProcedure, CreateSequence, CreateTable,
    CreateType, CreateView, DropMaterializedView, DropSequence, DropTable, DropType, DropView, IfNotExists, Insert,
    IntoClause, Merge, Persistence, Rollback, Set, Stmt, TableArg, TableName,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::context::{Check, Context, TEMPORARY, type_text};
use super::name::Name;
use super::part::Part;

impl Context {
    /// Remembers what a statement made, renamed, filled or dropped.
    pub fn learn(&mut self, statement: Option<&Stmt>, parts: &[Part]) {
        self.learn_rows(parts);
        self.learn_added(statement, parts);
        if parts.iter().any(|part| moves_path(part, statement)) {
            self.forget_relations();
        }
        let Some(statement) = statement else { return };
        let node = statement.syntax();
        match statement {
            Stmt::CreateTable(create) => self.table(create),
            Stmt::CreateTableAs(create) => self.relation(create.table_name().as_ref(), node, false),
            Stmt::SelectInto(select) => {
                let name = select.into_clause().and_then(|into| into.table_name());
                self.relation(name.as_ref(), node, false);
            }
            Stmt::AlterTable(alter) => self.alter_table(alter),
            Stmt::AlterType(alter) => self.alter_type(alter),
            Stmt::Rollback(Rollback::RollbackPrepared(_)) => {}
            // What was made since may be gone again.
            Stmt::Rollback(_) => {
                *self = Self { doomed: std::mem::take(&mut self.doomed), ..Self::new(self.transactional) }
            }
            Stmt::Set(set) => self.search_path(set),
            Stmt::Reset(_) | Stmt::Discard(_) | Stmt::SetRole(_) | Stmt::SetSessionAuth(_) | Stmt::ResetRole(_) => {
                self.forget_relations();
            }
            _ => {
                self.named(node);
                self.dropped(node);
            }
        }
    }

    /// Remembers what a statement further down will drop.
    pub fn foresee(&mut self, statement: &Stmt) {
        if let Stmt::DropTable(drop) = statement {
            let names = drop.table_name_refs().filter_map(|name| Name::of(name.syntax()));
            let keys: Vec<_> = names.map(|name| self.key(&name)).collect();
            self.doomed.extend(keys);
        }
    }

    /// An INSERT that was not read: its beginning names the table.
    pub fn learn_insert(&mut self, name: &Name) {
        self.fill(name);
    }

    fn learn_rows(&mut self, parts: &[Part]) {
        for part in parts {
            let name = if let Some(insert) = part.cast::<Insert>() {
                insert.relation_name_ref().and_then(|name| Name::of(name.syntax()))
            } else if let Some(merge) = part.cast::<Merge>() {
                merge.table_relation_name().and_then(|name| Name::of(name.syntax()))
            } else if let Some(copy) = part.cast::<Copy>() {
                copy.copy_table().and_then(|table| Name::of(table.syntax()))
            } else {
                None
            };
            if let Some(name) = name {
                self.fill(&name);
            }
            if matches!(part, Part::Unreadable(_)) {
                self.relations.values_mut().for_each(|empty| *empty = false);
            }
        }
    }

    /// Names lead elsewhere from now on, and nobody says where.
    fn forget_relations(&mut self) {
        self.relations.clear();
        self.written.clear();
        self.columns.clear();
        self.checks.clear();
        self.added.clear();
        self.path = None;
    }

    fn fill(&mut self, name: &Name) {
        let key = self.key(name);
        if let Some(empty) = self.relations.get_mut(&key) {
            *empty = false;
        }
    }

    fn table(&mut self, create: &CreateTable) {
        self.relation(create.table_name().as_ref(), create.syntax(), true);
        let Some(name) = create.table_name().and_then(|name| Name::of(name.syntax())) else { return };
        let key = self.key(&name);
        if !self.relations.contains_key(&key) {
            return;
        }
        for argument in create.table_arg_list().into_iter().flat_map(|list| list.args()) {
            let TableArg::Column(column) = argument else { continue };
            let column_name = column.name().and_then(|name| Name::of(name.syntax()));
            if let (Some(column_name), Some(ty)) = (column_name, column.ty()) {
                self.columns.insert((key.clone(), column_name.name), type_text(&ty));
            }
        }
    }

    /// `IF NOT EXISTS` may have found one that was there before.
    fn relation(&mut self, name: Option<&TableName>, node: &SyntaxNode, empty: bool) {
        let Some(name) = name.and_then(|name| Name::of(name.syntax())) else { return };
        if node.children().any(|child| IfNotExists::can_cast(child.kind())) {
            return;
        }
        let holders = node
            .children()
            .chain(node.children().filter(|child| IntoClause::can_cast(child.kind())).flat_map(|into| into.children()));
        let temporary = holders.filter_map(Persistence::cast).any(|kind| matches!(kind, Persistence::Temp(_)));
        let schema = if temporary { Some(TEMPORARY.to_owned()) } else { None };
        self.written.insert((name.schema.clone(), name.name.clone()));
        let key = self.key(&name.with(schema, name.name.clone()));
        self.relations.insert(key, empty);
    }

    /// Other things that can be made.
    fn named(&mut self, node: &SyntaxNode) {
        let kind = node.kind();
        let guarded = node.children().any(|child| IfNotExists::can_cast(child.kind()));
        let Some(name) = Name::of(node).filter(|_| !guarded) else { return };
        let key = self.key(&name);
        if CreateView::can_cast(kind)
            || CreateMaterializedView::can_cast(kind)
            || CreateSequence::can_cast(kind)
            || CreateForeignTable::can_cast(kind)
        {
            // A view that is replaced was there before.
            if !node.children().any(|child| child.kind() == SyntaxKind::OR_REPLACE) {
                self.relations.insert(key, CreateSequence::can_cast(kind));
            }
        } else if CreateType::can_cast(kind) || CreateDomain::can_cast(kind) {
            self.types.insert(key);
        } else if CreateFunction::can_cast(kind) || CreateProcedure::can_cast(kind) {
            self.routines.entry(key).or_default().push(node.clone());
        }
    }

    fn dropped(&mut self, node: &SyntaxNode) {
        let kind = node.kind();
        let relations = DropTable::can_cast(kind)
            || DropView::can_cast(kind)
            || DropMaterializedView::can_cast(kind)
            || DropSequence::can_cast(kind);
        if !relations && !DropType::can_cast(kind) {
            return;
        }
        let names: Vec<Name> = node.children().filter_map(|child| Name::of(&child)).collect();
        for key in names.iter().map(|name| self.key(name)).collect::<Vec<_>>() {
            if relations {
                self.relations.remove(&key);
            } else if !self.types.remove(&key) {
                self.former_types.insert(key);
            }
        }
    }

    fn alter_type(&mut self, alter: &AlterType) {
        let Some(name) = alter.type_name_ref().and_then(|name| Name::of(name.syntax())) else { return };
        let key = self.key(&name);
        match alter.action() {
            // A type that was made in the same transaction can be used at once.
            Some(AlterTypeAction::AddValue(add)) if !self.types.contains(&key) => {
                self.labels.extend(add.literal().and_then(|label| Some(label.decoded_value()?.text().to_owned())));
            }
            Some(AlterTypeAction::TypeRenameTo(rename)) => {
                let renamed = rename.type_name().and_then(|name| Name::of(name.syntax()));
                if let (true, Some(renamed)) = (self.types.remove(&key), &renamed) {
                    self.types.insert((key.0.clone(), renamed.name.clone()));
                }
                self.former_types.insert(key);
            }
            _ => {}
        }
    }

    fn search_path(&mut self, set: &Set) {
        let text = set.syntax().text().to_string().to_lowercase();
        if text.contains("search_path") {
            let list = text.split_once(['=']).or_else(|| text.split_once(" to ")).map_or("", |(_, list)| list);
            let first = list
                .split(',')
                .map(|name| name.trim().trim_matches(['"', '\'']))
                .find(|name| !name.is_empty() && *name != "$user");
            self.path = first.map(|name| name.trim_end_matches(';').to_owned());
        }
    }

    fn alter_table(&mut self, alter: &AlterTable) {
        let Some(table) = alter.table_relation_name().and_then(|name| Name::of(name.syntax())) else { return };
        for action in alter.actions() {
            self.table_action(&table, action);
        }
    }

    fn table_action(&mut self, table: &Name, action: AlterTableAction) {
        let key = self.key(table);
        match action {
            AlterTableAction::TableRenameTo(rename) => {
                if let Some(to) = rename.table_name().and_then(|name| Name::of(name.syntax())) {
                    self.rewritten(table, (table.schema.clone(), to.name.clone()));
                    self.moved(&key, (key.0.clone(), to.name));
                }
            }
            AlterTableAction::SetSchema(set) => {
                if let Some(schema) = set.schema_ref().and_then(|name| Name::of(name.syntax())) {
                    self.rewritten(table, (Some(schema.name.clone()), key.1.clone()));
                    self.moved(&key, (schema.name, key.1.clone()));
                }
            }
            AlterTableAction::AttachPartition(_) | AlterTableAction::InheritTable(_) => self.fill(table),
            AlterTableAction::AddConstraint(add) => {
                if let Some(constraint) = add.constraint() {
                    self.constraint(&key, &constraint);
                }
            }
            AlterTableAction::ValidateConstraint(validate) => {
                let name = validate.constraint_name_ref().and_then(|name| Name::of(name.syntax()));
                let of_table = self.checks.iter_mut().filter(|check| check.table == key);
                of_table
                    .filter(|check| name.as_ref().is_some_and(|name| name.name == check.constraint))
                    .for_each(|check| check.valid = true);
            }
            AlterTableAction::DropConstraint(drop) => {
                let name = drop.constraint_name_ref().and_then(|name| Name::of(name.syntax()));
                self.checks.retain(|check| {
                    check.table != key || name.as_ref().is_none_or(|name| name.name != check.constraint)
                });
            }
            AlterTableAction::AddColumn(add) => {
                let column = add.column_name().and_then(|name| Name::of(name.syntax()));
                if let (Some(column), Some(ty)) = (column, add.ty()) {
                    self.columns.insert((key, column.name), type_text(&ty));
                }
            }
            AlterTableAction::AlterColumn(alter) => {
                let column = alter.column_name_ref().and_then(|name| Name::of(name.syntax()));
                let ty =
                    alter.syntax().descendants().find_map(squawk_syntax::ast::SetType::cast).and_then(|set| set.ty());
                if let (Some(column), Some(ty)) = (column, ty) {
                    self.columns.insert((key, column.name), type_text(&ty));
                }
            }
            AlterTableAction::DropColumn(_) | AlterTableAction::RenameColumn(_) => {
                self.columns.retain(|(table, _), _| *table != key);
                self.checks.retain(|check| check.table != key);
            }
            _ => {}
        }
    }

    fn rewritten(&mut self, from: &Name, to: (Option<String>, String)) {
        if self.written.remove(&(from.schema.clone(), from.name.clone())) {
            self.written.insert(to);
        } else {
            self.written.remove(&to);
        }
    }

    fn moved(&mut self, from: &(String, String), to: (String, String)) {
        self.columns.retain(|(table, _), _| table != from);
        self.checks.retain(|check| check.table != *from);
        match self.relations.remove(from) {
            Some(empty) => {
                self.relations.insert(to, empty);
            }
            None => {
                self.relations.remove(&to);
            }
        }
    }

    fn constraint(&mut self, table: &(String, String), constraint: &Constraint) {
        let name = constraint.syntax().children().find_map(squawk_syntax::ast::ConstraintNameClause::cast);
        let name = name.and_then(|clause| Name::of(&clause.syntax().children().last()?));
        let Some(name) = name else { return };
        self.constraints.insert((table.clone(), name.name.clone()));
        let Constraint::CheckConstraint(check) = constraint else { return };
        if let Some(column) = check.expr().and_then(|expr| never_null(expr.syntax())) {
            let valid = !super::tables::passes_rows_by(check.syntax());
            self.checks.push(Check { table: table.clone(), constraint: name.name, column, valid });
        }
    }
}

/// Whether a part sets the search path in a way that is not followed: by a function, or inside a block.
fn moves_path(part: &Part, statement: Option<&Stmt>) -> bool {
    if let Some(call) = part.cast::<CallExpr>() {
        let name = call.expr().map(|function| function.syntax().text().to_string().to_lowercase());
        return name.is_some_and(|name| name.ends_with("set_config"));
    }
    let Some(set) = part.cast::<Set>() else { return false };
    let is_statement = statement.is_some_and(|statement| statement.syntax() == set.syntax());
    !is_statement && set.syntax().text().to_string().to_lowercase().contains("search_path")
}

/// The column of which an expression says `IS NOT NULL`.
fn never_null(expression: &SyntaxNode) -> Option<String> {
    let text = expression.text().to_string();
    let mut words = text.trim_matches(['(', ')', ' ', '\n']).rsplitn(4, char::is_whitespace);
    let tail: Vec<String> = words.by_ref().take(3).map(str::to_lowercase).collect();
    let column = expression.descendants().find(|node| node.kind() == SyntaxKind::NAME_REF)?;
    let alone = words.next()?.trim() == column.text().to_string().trim();
    (alone && tail == ["null", "not", "is"]).then(|| squawk_syntax::ast::normalize_name_node(&column))
}
