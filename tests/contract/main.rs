//! The contract: what every forge does in the same way, however it is done there.
//!
//! One scenario a behaviour, written once. Each runs on every mocked forge, and on a real server where the environment names
//! one (see CONTRIBUTING.md). A scenario that a forge's capabilities rule out is listed as ignored.
//!
//! `cargo test --test contract -- pull_requests pagure` runs the scenarios with these words in their names.

#![allow(clippy::unwrap_used)]

mod bad_input;
mod contents;
mod economy;
mod forks;
mod ground;
#[path = "../spec/table.rs"]
mod operations;
mod projects;
mod pull_requests;
mod refs;
mod releases;
mod scenario;
mod stage;
mod statuses;
mod users;
mod work;

use libtest_mimic::{Arguments, Trial};

use crate::{ground::Ground, scenario::Scenario};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for ground in Ground::all() {
        for scenario in scenarios() {
            trials.push(trial(ground, scenario));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// All scenarios, area by area.
fn scenarios() -> Vec<Scenario> {
    [
        users::scenarios(),
        projects::scenarios(),
        forks::scenarios(),
        refs::scenarios(),
        contents::scenarios(),
        pull_requests::scenarios(),
        statuses::scenarios(),
        releases::scenarios(),
        bad_input::scenarios(),
        economy::scenarios(),
    ]
    .concat()
}

fn trial(ground: Ground, scenario: Scenario) -> Trial {
    let name = format!("{}[{ground}]", scenario.name);
    let runs = scenario.runs_on(ground);
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let stage = ground.stage().await?;
            // What depends on the version is known only now.
            let capabilities = stage.owner().resolve_capabilities().await?;
            if let Some(missing) = scenario.needs.iter().find(|need| !capabilities.can(**need)) {
                eprintln!("skipped on {ground}: {missing} is beyond its version");
                return Ok(());
            }
            (scenario.run)(stage.clone()).await;
            stage.check_exchanges();
            Ok(())
        })
    })
    .with_ignored_flag(!runs)
}
