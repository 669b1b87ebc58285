//! Pull requests.

mod change;
mod create;
mod ensure;
mod list;
mod merge;
mod read;

use crate::scenario::Scenario;

pub fn scenarios() -> Vec<Scenario> {
    [
        create::scenarios(),
        list::scenarios(),
        read::scenarios(),
        change::scenarios(),
        merge::scenarios(),
        ensure::scenarios(),
    ]
    .concat()
}
