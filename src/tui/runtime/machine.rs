//! The model with its effects and its clock: what the loop in a terminal and playing keys have in common.

use jiff::Zoned;
use ratatui::Frame;
use tokio::sync::mpsc::UnboundedSender;

use super::TuiOptions;
use super::effects::{Effects, ForLoop};
use super::event::Event;
use crate::tui::app::{self, Effect, Model, Msg, Start};
use crate::tui::view;

/// The UI without a terminal.
pub(super) struct Machine {
    pub model: Model,
    pub effects: Effects,
    /// Asked for by the first state; started once the first frame is drawn.
    first: Vec<Effect>,
}

impl Machine {
    pub(super) fn new(options: TuiOptions, start: Start, events: UnboundedSender<Event>) -> Self {
        let (model, first) = Model::new(start);
        let effects = Effects::new(options.project, options.variables, options.connect, events);
        Self { model, effects, first }
    }

    /// Starts what the first state asked for.
    pub(super) fn begin(&mut self) -> Vec<ForLoop> {
        let first = std::mem::take(&mut self.first);
        self.start(first)
    }

    /// Lets the model know of something, and starts what it asks for.
    pub(super) fn send(&mut self, message: Msg) -> Vec<ForLoop> {
        let effects = app::update(&mut self.model, message, Zoned::now().time());
        self.start(effects)
    }

    /// Draws the model.
    pub(super) fn draw(&self, frame: &mut Frame) {
        view::draw(&self.model, frame);
    }

    fn start(&mut self, effects: Vec<Effect>) -> Vec<ForLoop> {
        effects.into_iter().filter_map(|effect| self.effects.start(effect)).collect()
    }
}
