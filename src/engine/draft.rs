//! Creates new scripts: revisions and merges.

use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::alembic::{AlembicProject, NewPythonScript};
use super::connection::Session;
use super::project::{Project, ScriptTree, TemplateValues, create_file, slug};
use super::state::VersionTable;
use super::{Error, Result, Target};
use crate::core::graph::{RevisionId, VersionChange};
use crate::core::script::Script;

/// The parameters of a new revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRevision {
    pub message: String,
    /// `--head`. Empty: the only head. May contain `base`, a label, `label@head` and ids.
    pub heads: Vec<String>,
    pub splice: bool,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// `--rev-id`.
    pub id: Option<String>,
    /// `--version-path`.
    pub version_path: Option<PathBuf>,
}

/// The statements of a new revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptBody {
    pub upgrade: SectionText,
    pub downgrade: SectionText,
}

/// One section of a new revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionText {
    pub sql: String,
    /// Whether markers in `sql` divide the section into parts.
    pub has_markers: bool,
}

/// A new script that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub revision: RevisionId,
    /// The file to write.
    pub path: PathBuf,
    pub text: String,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Draft {
    /// Writes the script to its path.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write(self) -> Result<WrittenScript> {
        create_file(&self.path, &self.text)?;
        Ok(WrittenScript { revision: self.revision, path: self.path, notes: self.notes })
    }
}

/// A new script that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenScript {
    pub revision: RevisionId,
    pub path: PathBuf,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Writes a new, empty revision. Several heads make a merge.
///
/// # Errors
/// Alembic's errors: several heads without a choice, a parent that is not a head without `splice`, an invalid id. Also
/// when the file exists or cannot be written.
pub fn create(project: &Project, tree: &ScriptTree, new: &NewRevision) -> Result<WrittenScript> {
    new_script(project, tree, new)?.draft(&ScriptBody::default())?.write()
}

/// Checks that the version table can hold the id of a new revision.
///
/// # Errors
/// When its column is too narrow, with the statement that widens it.
pub async fn require_id_fits(project: &Project, target: &Target, session: &Session, id: &RevisionId) -> Result<()> {
    let table = VersionTable::new(&project.config.database.version_table);
    let fits_new = target.embedded_server().is_some();
    table.require_writable(session.client(), &[&VersionChange::Insert(id.clone())], fits_new).await
}

/// A new script without its body: its id, its parents and its folder.
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

/// Determines the id, the parents and the folder of a new revision.
///
/// # Errors
/// As [`create`], except for the file.
pub fn new_script<'a>(project: &'a Project, tree: &'a ScriptTree, new: &NewRevision) -> Result<NewScript<'a>> {
    tree.require_valid()?;
    let revision = id(tree, new)?;
    let parents = tree.graph.parents_for_new(&new.heads, new.splice)?;
    NewScript::new(project, tree, new, revision, parents)
}

/// Writes a merge of the given revisions.
///
/// # Errors
/// As [`create`]. Also for duplicates and for fewer than two revisions.
pub fn merge(project: &Project, tree: &ScriptTree, revisions: &[String], new: &NewRevision) -> Result<WrittenScript> {
    tree.require_valid()?;
    let revision = id(tree, new)?;
    let parents = tree.graph.parents_for_new(revisions, new.splice)?;
    if parents.len() < 2 {
        let heads = tree.graph.heads();
        let heads: Vec<&str> = heads.iter().map(|id| id.as_str()).collect();
        return Err(Error::new("a merge needs at least two revisions").hint(match heads.len() {
            0 | 1 => "there is only one head, so no merge is necessary".to_owned(),
            _ => format!("the heads are {}; `limbeck merge heads` merges all of them", heads.join(", ")),
        }));
    }
    let mut new = new.clone();
    // Alembic has no default message for merges.
    if new.message.is_empty() && project.alembic.is_none() {
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

    /// Renders the script with the project's template.
    ///
    /// # Errors
    /// When the template cannot be rendered.
    pub fn draft(&self, body: &ScriptBody) -> Result<Draft> {
        let project = self.project;
        if let Some(alembic) = &project.alembic {
            return self.draft_python(alembic);
        }
        let now = now_in(&project.config.scripts.timezone)?;
        let values = TemplateValues {
            message: message_or_default(&self.message),
            revision: self.revision.to_string(),
            down_revisions: self.parents.iter().map(RevisionId::to_string).collect(),
            branch_labels: self.branch_labels.clone(),
            depends_on: self.depends_on.clone(),
            create_date: now.strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
            upgrade_sql: body.upgrade.sql.clone(),
            downgrade_sql: body.downgrade.sql.clone(),
            slug: slug(&self.message),
        };
        let text = join_markers(project.render_script(&values)?, body)?;
        let path = self.folder.join(project.script_file_name(&values, &now)?);
        Ok(Draft { revision: self.revision.clone(), path, text, notes: Vec::new() })
    }
}

impl NewScript<'_> {
    /// The version folder of the script.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Renders the script with `script.py.mako`.
    fn draft_python(&self, alembic: &AlembicProject) -> Result<Draft> {
        let parents: Vec<String> = self.parents.iter().map(RevisionId::to_string).collect();
        let (path, text) = alembic.render_script(&NewPythonScript {
            message: &self.message,
            revision: self.revision.as_str(),
            parents: &parents,
            branch_labels: &self.branch_labels,
            depends_on: &self.depends_on,
            folder: &self.folder,
        })?;
        let notes = match alembic.settings.post_write_hooks.as_slice() {
            [] => Vec::new(),
            hooks => vec![format!(
                "post_write_hooks ({}) did not run: limbeck does not run programs of an Alembic project",
                hooks.join(", ")
            )],
        };
        Ok(Draft { revision: self.revision.clone(), path, text, notes })
    }
}

/// Writes a script with several parts in canonical form. Otherwise the text stays as the template has written it.
fn join_markers(text: String, body: &ScriptBody) -> Result<String> {
    if !body.upgrade.has_markers && !body.downgrade.has_markers {
        return Ok(text);
    }
    let script = Script::parse(&text).map_err(|error| Error::new("the new script cannot be parsed").because(error))?;
    Ok(script.render().unwrap_or(text))
}

/// The message without blanks around it. A carriage return becomes a line end, because it would end the comment.
fn message_or_default(message: &str) -> String {
    let message = message.replace("\r\n", "\n").replace('\r', "\n");
    let message = message.trim();
    if message.is_empty() { "empty message".to_owned() } else { message.to_owned() }
}

fn id(tree: &ScriptTree, new: &NewRevision) -> Result<RevisionId> {
    let Some(given) = &new.id else { return random_id(tree) };
    let id = RevisionId::parse(given).map_err(|error| Error::new(error.to_string()).hint(error.hint()))?;
    match tree.script(id.as_str()) {
        Some(file) => Err(Error::new(format!("revision '{id}' already exists"))
            .because(format!("{} has that id", file.path.display()))
            .hint("run the command without --rev-id to get a new id")),
        None => Ok(id),
    }
}

/// Returns a random id of twelve hexadecimal digits.
fn random_id(tree: &ScriptTree) -> Result<RevisionId> {
    loop {
        let mut bytes = [0u8; 6];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new("the operating system provides no random numbers")
                .because(error)
                .hint("give the id with --rev-id")
        })?;
        let text = format!("{:012x}", bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)));
        let id = RevisionId::parse(&text).map_err(|error| Error::new(error.to_string()))?;
        if tree.script(&text).is_none() {
            return Ok(id);
        }
    }
}

fn labels(tree: &ScriptTree, new: &NewRevision) -> Result<Vec<String>> {
    for label in &new.branch_labels {
        RevisionId::parse(label).map_err(|error| {
            Error::new(format!("'{label}' cannot be a branch label")).hint(error.hint()).because(error)
        })?;
        let owner = tree.scripts.values().find(|file| file.script.branch_labels.contains(label));
        if let Some(file) = owner {
            return Err(Error::new(format!("branch label '{label}' is used by revision {}", file.script.revision))
                .because(file.path.display())
                .hint("choose another label; `limbeck branches -v` shows the labels"));
        }
    }
    Ok(new.branch_labels.clone())
}

/// Labels are written unchanged, other identifiers as full ids.
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

/// Returns the requested folder, the folder of a parent, or the only version folder.
fn folder(project: &Project, tree: &ScriptTree, new: &NewRevision, parents: &[RevisionId]) -> Result<PathBuf> {
    let folders = project.version_folders();
    if let Some(requested) = &new.version_path {
        let requested = project.root().join(requested);
        let known = folders.iter().find(|folder| is_same_folder(folder, &requested));
        return known.cloned().ok_or_else(|| {
            Error::new(format!("{} is not a version folder of the project", requested.display())).hint(
                match project.alembic {
                    Some(_) => "add it to version_locations; scripts in other folders are not read",
                    None => "add it to `directory` under [scripts]; scripts in other folders are not read",
                },
            )
        });
    }
    if let [only] = folders.as_slice() {
        return Ok(only.clone());
    }
    let parent = parents.iter().find_map(|parent| tree.script(parent.as_str()));
    let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let parent_folder = parent.and_then(|file| file.path.parent()).map(PathBuf::from);
    parent_folder.ok_or_else(|| {
        Error::new("Multiple version locations present, please specify --version-path")
            .hint(format!("the version folders are {}", names.join(", ")))
    })
}

fn is_same_folder(a: &std::path::Path, b: &std::path::Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn now_in(timezone: &str) -> Result<Zoned> {
    let zone = TimeZone::get(timezone).map_err(|error| {
        Error::new(format!("[scripts] timezone: the time zone '{timezone}' is unknown"))
            .because(error)
            .hint("use a name such as UTC or Asia/Seoul")
    })?;
    Ok(jiff::Timestamp::now().to_zoned(zone))
}
