//! Loading models on real servers: from files and programs, in any order, with a cache; and the errors in models.

mod cache;
mod errors;
mod loading;
mod program;
mod sqlalchemy;
mod sqlalchemy_errors;
mod unimported;

use std::sync::Mutex;

use limbeck::core::schema::{Kind, ObjectId};
use limbeck::engine::connection::Variables;
use limbeck::engine::models::{LoadOptions, Models, ModelsEvent, UserFolders, prepare_in};
use limbeck::engine::open::open;
use limbeck::engine::project::Project;
use limbeck::engine::{ConnectOptions, Error};
use tokio_util::sync::CancellationToken;

use crate::support::TestProject;

/// The result of loading, and the progress that was reported.
pub struct Loaded {
    pub result: Result<Models, Error>,
    pub progress: Vec<ModelsEvent>,
}

impl Loaded {
    #[track_caller]
    pub fn models(self) -> Models {
        self.result.unwrap_or_else(|error| panic!("{}", error.report()))
    }

    #[track_caller]
    pub fn error(self) -> Error {
        self.result.expect_err("the models are wrong")
    }

    pub fn is_from_cache(&self) -> bool {
        self.progress == [ModelsEvent::FromCache]
    }
}

/// Loads a project's models without confirmation.
pub fn load(project: &TestProject) -> Loaded {
    load_with(project, false, &CancellationToken::new(), &|_| {})
}

/// Loads them and calls `watch` with each progress event.
pub fn load_with(
    project: &TestProject,
    consent: bool,
    cancel: &CancellationToken,
    watch: &(dyn Fn(&ModelsEvent) + Send + Sync),
) -> Loaded {
    let folder = |name: &str| Some(project.folder().join(name).join("limbeck"));
    let places = UserFolders { cache: folder("cache"), state: folder("state") };
    let progress = Mutex::new(Vec::new());
    let tell = |news: ModelsEvent| {
        watch(&news);
        progress.lock().unwrap().push(news);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let result = runtime.block_on(async {
        let variables = Variables { environment: project.environment().clone(), home: None };
        let project = Project::open(None, &project.root(), variables)?;
        let target = open(&project, &ConnectOptions::default()).await?;
        let options = LoadOptions { download: false, consent };
        let prepared = prepare_in(&places, &project, &target, &options, cancel).await?;
        prepared.load(&project, &target, &options, &tell, cancel).await
    });
    Loaded { result, progress: progress.into_inner().unwrap() }
}

/// Whether the models have a table with this name in `public`.
pub fn has_table(models: &Models, name: &str) -> bool {
    models.schema.objects.contains_key(&ObjectId::new(Kind::Table, "public", name))
}
