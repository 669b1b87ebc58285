//! One worker at a time for one thing, within this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::Project;

type Locks = Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>;

/// Waits until nobody else in this process works on this thing of this project.
pub(super) async fn hold(project: &dyn Project, thing: &str) -> OwnedMutexGuard<()> {
    static LOCKS: OnceLock<Locks> = OnceLock::new();
    let forge = project.forge();
    let key = format!("{} {} {thing}", forge.instance().web, project.path());
    let lock = {
        let mut locks = LOCKS
            .get_or_init(Locks::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        match locks.get(&key).and_then(Weak::upgrade) {
            Some(lock) => lock,
            None => {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                locks.insert(key, Arc::downgrade(&lock));
                lock
            }
        }
    };
    lock.lock_owned().await
}
