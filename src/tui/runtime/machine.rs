//! The model with its effects and its clock. The loop in a terminal and `--keys` both use it.

use jiff::Zoned;
use ratatui::Frame;
use tokio::sync::mpsc::UnboundedSender;

use super::TuiOptions;
use super::effects::{Effects, LoopEffect};
use super::event::Event;
use crate::tui::app::{self, Effect, Model, Msg, Start};
use crate::tui::view;

/// The UI without a terminal.
pub(super) struct Machine {
    pub model: Model,
    pub effects: Effects,
    /// The first effects. They start when the first frame has been drawn.
    first: Vec<Effect>,
}

impl Machine {
    pub(super) fn new(options: TuiOptions, start: Start, events: UnboundedSender<Event>) -> Self {
        let (model, first) = Model::new(start);
        let effects = Effects::new(options.project, options.variables, options.connect, events);
        Self { model, effects, first }
    }

    /// Starts the first effects.
    pub(super) fn begin(&mut self) -> Vec<LoopEffect> {
        let first = std::mem::take(&mut self.first);
        self.start(first)
    }

    /// Sends a message to the model, and starts the effects that follow.
    pub(super) fn send(&mut self, message: Msg) -> Vec<LoopEffect> {
        let effects = app::update(&mut self.model, message, Zoned::now().time());
        self.start(effects)
    }

    /// Draws the model.
    pub(super) fn draw(&self, frame: &mut Frame) {
        view::draw(&self.model, frame);
    }

    fn start(&mut self, effects: Vec<Effect>) -> Vec<LoopEffect> {
        effects.into_iter().filter_map(|effect| self.effects.start(effect)).collect()
    }
}
