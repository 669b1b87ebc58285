//! Asks another program for a secret that it keeps.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use tokio::process::Command;

use crate::git::process::{self, Failure};

/// How long a program may take: it may have to unlock a key ring, but nobody is there to type.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

/// A program that keeps secrets.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// Its name, or where it is.
    pub(super) program: OsString,
    /// Where it runs: not in the working folder, whose own configuration may be somebody else's.
    pub(super) folder: Option<PathBuf>,
}

impl Tool {
    /// What the program says; `None` when it is not there, fails, takes too long or says nothing.
    ///
    /// `unset` are variables that it must not see: it would hand out what they hold for any host.
    pub(super) async fn ask(
        &self,
        args: &[&str],
        set: &[(&str, &str)],
        unset: &[&str],
        input: &str,
    ) -> Option<String> {
        let mut command = Command::new(&self.program);
        command.args(args).envs(set.iter().copied());
        for name in unset {
            command.env_remove(name);
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let why = match process::run(&mut command, input.as_bytes(), PATIENCE, ANSWER_LIMIT).await {
            Ok(output) if output.success => {
                let said = String::from_utf8(output.stdout).ok()?;
                return (!said.trim().is_empty()).then(|| said.trim().to_owned());
            }
            Ok(_) => "it has none",
            Err(Failure::Missing) => return None,
            Err(Failure::Timeout) => "it took too long",
            Err(Failure::TooLarge | Failure::System(_)) => "it failed",
        };
        tracing::debug!(target: "ogr::credentials", program = ?self.program, why, "no credential");
        None
    }
}

/// The value of a line `name=value`.
pub(super) fn field<'a>(said: &'a str, name: &str) -> Option<&'a str> {
    said.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}
