//! What is remembered between calls, per credential: who it is, and which number a project has.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ogr_core::{ProjectPath, User};

/// How long a project is believed to have the path that it had.
const BELIEVED: Duration = Duration::from_secs(600);

/// How many projects are remembered.
const BOUND: usize = 1_024;

/// What answers told by the way. A credential never profits from what another one was told.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    users: Mutex<HashMap<u64, User>>,
    projects: Mutex<HashMap<(u64, u64), Known>>,
    version: Mutex<Option<(u64, u64)>>,
}

#[derive(Debug, Clone)]
struct Known {
    path: ProjectPath,
    since: Instant,
}

impl Memo {
    pub(crate) fn user(&self, credential: u64) -> Option<User> {
        lock(&self.users).get(&credential).cloned()
    }

    pub(crate) fn is_user(&self, credential: u64, user: &User) {
        lock(&self.users).insert(credential, user.clone());
    }

    /// Major and minor version of the server. A new one comes with a restart of it, rarely within the life of a program.
    pub(crate) fn version(&self) -> Option<(u64, u64)> {
        *lock(&self.version)
    }

    pub(crate) fn is_version(&self, version: (u64, u64)) {
        *lock(&self.version) = Some(version);
    }

    /// The path of the project with this number.
    pub(crate) fn path(&self, credential: u64, id: u64) -> Option<ProjectPath> {
        lock(&self.projects)
            .get(&(credential, id))
            .filter(|known| known.since.elapsed() < BELIEVED)
            .map(|known| known.path.clone())
    }

    /// The number of the project at this path.
    pub(crate) fn id(&self, credential: u64, path: &ProjectPath) -> Option<u64> {
        lock(&self.projects)
            .iter()
            .filter(|((owner, _), known)| {
                *owner == credential && known.since.elapsed() < BELIEVED && known.path.is_same(path)
            })
            // After a rename two numbers may have had the path: the one heard of last has it now.
            .max_by_key(|(_, known)| known.since)
            .map(|((_, id), _)| *id)
    }

    pub(crate) fn is_project(&self, credential: u64, id: u64, path: ProjectPath) {
        let mut projects = lock(&self.projects);
        if projects.len() >= BOUND {
            projects.retain(|_, known| known.since.elapsed() < BELIEVED);
        }
        if projects.len() >= BOUND {
            projects.clear();
        }
        projects.insert(
            (credential, id),
            Known {
                path,
                since: Instant::now(),
            },
        );
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Entries are replaced whole, so that a panic elsewhere leaves the map usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_from_one_credential_to_another() {
        let memo = Memo::default();
        let path = ProjectPath::new("bob", "foo");
        memo.is_project(1, 7, path.clone());
        assert_eq!(memo.path(1, 7), Some(path.clone()));
        assert_eq!(memo.id(1, &ProjectPath::new("BOB", "foo")), Some(7));
        assert_eq!((memo.path(2, 7), memo.id(2, &path)), (None, None));
    }

    #[test]
    fn memory_is_bounded_and_the_last_word_counts() {
        let memo = Memo::default();
        for id in 0..5_000 {
            memo.is_project(1, id, ProjectPath::new("g", "p"));
        }
        assert!(lock(&memo.projects).len() <= BOUND);
        assert_eq!(memo.id(1, &ProjectPath::new("g", "p")), Some(4_999));
    }
}
