//! Labels, of issues and pull requests alike.

/// A label of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The forge's own number for it.
    pub id: u64,
    /// The name; unique but on Forgejo.
    pub name: String,
    /// Six hexadecimal digits, lower case.
    pub color: String,
    /// What it is for; may be unset.
    pub description: Option<String>,
    /// Whether it drives out the others of its scope, the part before the last slash (Forgejo).
    pub exclusive: bool,
    /// Whether it is kept, but not meant to be used any more (Forgejo).
    pub archived: bool,
}

impl super::Project {
    /// The first label of this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&Label> {
        self.labels
            .values()
            .find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// The labels of these numbers that there still are, in alphabetical order.
    pub(crate) fn labels_of(&self, ids: &[u64]) -> Vec<&Label> {
        let mut labels: Vec<&Label> = ids.iter().filter_map(|id| self.labels.get(id)).collect();
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        labels
    }
}

impl super::State {
    /// The number of the project's label of this name, which is made if there is none.
    pub(crate) fn label_id(&mut self, project: u64, name: &str) -> Option<u64> {
        if let Some(label) = self.projects.get(&project)?.label(name) {
            return Some(label.id);
        }
        let id = self.new_id();
        let label = Label {
            id,
            name: name.to_owned(),
            color: "ededed".to_owned(),
            ..Label::default()
        };
        self.projects.get_mut(&project)?.labels.insert(id, label);
        Some(id)
    }
}
