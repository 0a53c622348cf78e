//! Decides about the statements of further connections that scripts open. They are outside the transaction of the step, so
//! no copies are made of what they destroy.

use super::observer::ScriptObserver;
use crate::core::hazard::{self, Class};
use crate::core::statement::{ScriptState, analyse_one};
use crate::engine::apply::Progress;
use crate::engine::apply::failure::Stop;
use crate::engine::apply::run::Run;
use crate::engine::script_process::{Marker, SECOND_CONNECTION};
use crate::engine::wire::{Observer, Refusal, ServerError, Verdict, WireStatement};
use crate::engine::{Error, ErrorKind};

/// The observer of further connections.
pub(super) struct SideObserver<'a> {
    pub run: &'a Run<'a>,
    pub main: &'a ScriptObserver<'a>,
}

impl Observer for SideObserver<'_> {
    fn examine(&self, statement: &WireStatement) -> Verdict {
        if Marker::read(&statement.text, self.main.token).is_some() {
            return Verdict::Hold;
        }
        let analysed = analyse_one(statement.sql().unwrap_or(&statement.text));
        let hazards = hazard::examine(&analysed, &ScriptState::new(true));
        let loses = hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        if loses || statement.sql().is_none() { Verdict::Hold } else { Verdict::Forward }
    }

    async fn admit(&self, statement: &WireStatement) -> Result<(), Refusal> {
        if Marker::read(&statement.text, self.main.token).is_some() {
            return Err(self.main.refuse(Stop::Failed(Error::new(SECOND_CONNECTION))));
        }
        let analysed = analyse_one(statement.sql().unwrap_or(&statement.text));
        let hazards = hazard::examine(&analysed, &ScriptState::new(true));
        match self.run.gate.unapproved(&hazards).first() {
            None => Ok(()),
            Some(hazard) => {
                let message = format!("a second connection of the scripts {} {}", hazard.title, hazard.object);
                let error = Error::of(ErrorKind::Approval, message)
                    .because("limbeck makes no copy of what a second connection destroys")
                    .hint(format!("approve it with --allow {}", hazard.class.word()));
                let error = Error { unplanned: vec![(*hazard).clone()], ..error };
                Err(self.main.refuse(Stop::Failed(error)))
            }
        }
    }

    fn notice(&self, notice: ServerError) {
        (self.run.report)(Progress::Notice { severity: notice.severity, message: notice.message });
    }
}
