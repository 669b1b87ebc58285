//! A behaviour that every forge shall show.

use std::{future::Future, pin::Pin, sync::Arc};

use ogr::Operation;

use crate::{ground::Ground, stage::Stage};

type Run = fn(Arc<Stage>) -> Pin<Box<dyn Future<Output = ()>>>;

/// A behaviour, and what a forge must be able to do to show it.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    pub needs: &'static [Operation],
    /// Whether it can only be shown where everything is under control.
    pub mock_only: bool,
    pub run: Run,
}

impl Scenario {
    /// A scenario; it panics where the behaviour is another.
    pub const fn new(name: &'static str, needs: &'static [Operation], run: Run) -> Self {
        Self {
            name,
            needs,
            mock_only: false,
            run,
        }
    }

    /// It counts requests, or scripts faults: no real server does that.
    pub const fn mock_only(mut self) -> Self {
        self.mock_only = true;
        self
    }

    /// Whether this forge can show it.
    pub fn runs_on(&self, ground: Ground) -> bool {
        let capabilities = ground.capabilities();
        (ground.is_mock() || !self.mock_only)
            && self.needs.iter().all(|need| capabilities.can(*need))
    }
}
