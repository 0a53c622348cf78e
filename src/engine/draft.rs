//! Makes new scripts: empty revisions and merges.

use std::path::PathBuf;

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::project::{Project, ScriptTree, TemplateValues, create_file, slug};
use super::{Error, Result};
use crate::core::graph::RevisionId;
use crate::core::script::Script;

/// What a new revision is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRevision {
    pub message: String,
    /// `--head`; empty: the only head. `base`, a label, `label@head` and ids are taken.
    pub heads: Vec<String>,
    pub splice: bool,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// `--rev-id`.
    pub id: Option<String>,
    /// `--version-path`.
    pub version_path: Option<PathBuf>,
}

/// What a new revision does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptBody {
    pub upgrade: SectionText,
    pub downgrade: SectionText,
}

/// One section of a new revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionText {
    pub sql: String,
    /// Whether it has to run outside a transaction.
    pub outside_transaction: bool,
}

/// A new script that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub revision: RevisionId,
    /// Where it belongs.
    pub path: PathBuf,
    pub text: String,
}

impl Draft {
    /// Writes it where it belongs.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write(self) -> Result<WrittenScript> {
        create_file(&self.path, &self.text)?;
        Ok(WrittenScript { revision: self.revision, path: self.path })
    }
}

/// A script that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenScript {
    pub revision: RevisionId,
    pub path: PathBuf,
}

/// Writes a new, empty revision; several heads make a merge.
///
/// # Errors
/// As Alembic: several heads without a choice, a parent that is no head without `splice`, a bad id;
/// and when the file exists or cannot be written.
pub fn create(project: &Project, tree: &ScriptTree, new: &NewRevision) -> Result<WrittenScript> {
    new_script(project, tree, new)?.draft(&ScriptBody::default())?.write()
}

/// Where a new revision comes to stand, before it is known what it does.
#[derive(Debug, Clone)]
pub struct NewScript<'a> {
    project: &'a Project,
    message: String,
    revision: RevisionId,
    parents: Vec<RevisionId>,
    branch_labels: Vec<String>,
    depends_on: Vec<String>,
    folder: PathBuf,
}

/// Finds the place of a new revision.
///
/// # Errors
/// As [`create`], but for the file.
pub fn new_script<'a>(project: &'a Project, tree: &'a ScriptTree, new: &NewRevision) -> Result<NewScript<'a>> {
    tree.sound()?;
    let revision = id(tree, new)?;
    let parents = tree.graph.parents_for_new(&new.heads, new.splice)?;
    NewScript::new(project, tree, new, revision, parents)
}

/// Writes a merge of the given revisions.
///
/// # Errors
/// As [`create`], and for duplicates or fewer than two revisions.
pub fn merge(project: &Project, tree: &ScriptTree, revisions: &[String], new: &NewRevision) -> Result<WrittenScript> {
    tree.sound()?;
    let revision = id(tree, new)?;
    let parents = tree.graph.parents_for_new(revisions, new.splice)?;
    if parents.len() < 2 {
        let heads = tree.graph.heads();
        let heads: Vec<&str> = heads.iter().map(|id| id.as_str()).collect();
        return Err(Error::new("a merge needs two revisions at least").hint(match heads.len() {
            0 | 1 => "there is one head; nothing has to be merged".to_owned(),
            _ => format!("the heads are {}; `limbeck merge heads` takes them all", heads.join(", ")),
        }));
    }
    let mut new = new.clone();
    if new.message.is_empty() {
        let ids: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
        new.message = format!("merge {}", ids.join(" and "));
    }
    NewScript::new(project, tree, &new, revision, parents)?.draft(&ScriptBody::default())?.write()
}

impl<'a> NewScript<'a> {
    fn new(
        project: &'a Project,
        tree: &ScriptTree,
        new: &NewRevision,
        revision: RevisionId,
        parents: Vec<RevisionId>,
    ) -> Result<Self> {
        let branch_labels = labels(tree, new)?;
        let depends_on = dependencies(tree, new)?;
        let folder = folder(project, tree, new, &parents)?;
        Ok(Self { project, message: new.message.clone(), revision, parents, branch_labels, depends_on, folder })
    }

    /// The script, rendered with the project's template.
    ///
    /// # Errors
    /// When the template cannot be rendered, or the place is not there.
    pub fn draft(&self, body: &ScriptBody) -> Result<Draft> {
        let project = self.project;
        let now = now_in(&project.config.scripts.timezone)?;
        let values = TemplateValues {
            message: one_message(&self.message),
            revision: self.revision.to_string(),
            down_revisions: self.parents.iter().map(RevisionId::to_string).collect(),
            branch_labels: self.branch_labels.clone(),
            depends_on: self.depends_on.clone(),
            create_date: now.strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
            upgrade_sql: body.upgrade.sql.clone(),
            downgrade_sql: body.downgrade.sql.clone(),
            slug: slug(&self.message),
        };
        let text = outside_where_told(project.render_script(&values)?, body)?;
        let path = self.folder.join(project.script_file_name(&values, &now)?);
        Ok(Draft { revision: self.revision.clone(), path, text })
    }
}

/// Marks the sections that run outside a transaction, whatever the template knows of it.
fn outside_where_told(text: String, body: &ScriptBody) -> Result<String> {
    if !body.upgrade.outside_transaction && !body.downgrade.outside_transaction {
        return Ok(text);
    }
    let mut script =
        Script::parse(&text).map_err(|error| Error::new("the new script cannot be read").because(error))?;
    script.upgrade.transactional &= !body.upgrade.outside_transaction;
    script.downgrade.transactional &= !body.downgrade.outside_transaction;
    Ok(script.render())
}

fn one_message(message: &str) -> String {
    let message = message.trim();
    if message.is_empty() { "empty message".to_owned() } else { message.to_owned() }
}

fn id(tree: &ScriptTree, new: &NewRevision) -> Result<RevisionId> {
    let Some(given) = &new.id else { return fresh_id(tree) };
    let id = RevisionId::parse(given).map_err(|error| Error::new(error.to_string()))?;
    match tree.script(id.as_str()) {
        Some(file) => Err(Error::new(format!("revision '{id}' is there already"))
            .because(format!("{} has that id", file.path.display()))
            .hint("leave --rev-id out and one is made")),
        None => Ok(id),
    }
}

/// Twelve hex digits from the system's randomness.
fn fresh_id(tree: &ScriptTree) -> Result<RevisionId> {
    loop {
        let mut bytes = [0u8; 6];
        getrandom::fill(&mut bytes).map_err(|error| Error::new("the system gives no random numbers").because(error))?;
        let text = format!("{:012x}", bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)));
        let id = RevisionId::parse(&text).map_err(|error| Error::new(error.to_string()))?;
        if tree.script(&text).is_none() {
            return Ok(id);
        }
    }
}

fn labels(tree: &ScriptTree, new: &NewRevision) -> Result<Vec<String>> {
    for label in &new.branch_labels {
        RevisionId::parse(label)
            .map_err(|error| Error::new(format!("'{label}' cannot be a branch label")).because(error))?;
        let user = tree.scripts.values().find(|file| file.script.branch_labels.contains(label));
        if let Some(file) = user {
            return Err(Error::new(format!("branch label '{label}' is used by revision {}", file.script.revision)));
        }
    }
    Ok(new.branch_labels.clone())
}

/// Labels are kept as they are; anything else is written as the full id that it means.
fn dependencies(tree: &ScriptTree, new: &NewRevision) -> Result<Vec<String>> {
    let mut written = Vec::new();
    for dependency in &new.depends_on {
        let is_label = tree.scripts.values().any(|file| file.script.branch_labels.contains(dependency));
        if is_label {
            written.push(dependency.clone());
        } else {
            written.extend(tree.graph.resolve(dependency, &[])?.iter().map(RevisionId::to_string));
        }
    }
    Ok(written)
}

/// The folder that is asked for, the parents' own, or the only one.
fn folder(project: &Project, tree: &ScriptTree, new: &NewRevision, parents: &[RevisionId]) -> Result<PathBuf> {
    let folders = project.version_folders();
    if let Some(asked) = &new.version_path {
        let asked = project.root().join(asked);
        let known = folders.iter().find(|folder| same_place(folder, &asked));
        return known.cloned().ok_or_else(|| {
            Error::new(format!("{} is none of the project's version folders", asked.display()))
                .hint("name it in `directory` under [scripts] first, or its scripts would not be read")
        });
    }
    if let [only] = folders.as_slice() {
        return Ok(only.clone());
    }
    let parent = parents.iter().find_map(|parent| tree.script(parent.as_str()));
    let beside = parent.and_then(|file| file.path.parent()).map(PathBuf::from);
    beside.ok_or_else(|| {
        Error::new("Multiple version locations present, please specify --version-path")
            .hint(format!("there are {}", project.config.scripts.directory.join(", ")))
    })
}

fn same_place(a: &std::path::Path, b: &std::path::Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn now_in(timezone: &str) -> Result<Zoned> {
    let zone = TimeZone::get(timezone).map_err(|error| {
        Error::new(format!("[scripts] timezone: '{timezone}' is not known"))
            .because(error)
            .hint("names are like UTC or Asia/Seoul")
    })?;
    Ok(jiff::Timestamp::now().to_zoned(zone))
}
