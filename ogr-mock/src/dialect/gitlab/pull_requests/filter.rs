//! Which merge requests a list is of, and in which order.

use chrono::{DateTime, Utc};

use super::super::call::Call;
use super::super::problem::Problem;
use super::view::state_word;
use crate::state::{Project, PullRequest, State};

/// The parameters of a list.
pub(super) struct Filter {
    state: Option<String>,
    numbers: Option<Vec<u64>>,
    labels: Labels,
    without_labels: Labels,
    author: Option<String>,
    author_id: Option<u64>,
    not_author: Option<String>,
    assignee: Option<String>,
    assignee_id: Option<String>,
    reviewer: Option<String>,
    source_branch: Option<String>,
    source_project: Option<u64>,
    target_branch: Option<String>,
    draft: Option<bool>,
    search: Option<String>,
    search_in: Vec<String>,
    created: Span,
    updated: Span,
    order: Order,
    ascending: bool,
    pub(super) simple: bool,
    pub(super) label_details: bool,
}

/// Between two times, both included.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    after: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
}

impl Span {
    fn holds(self, at: DateTime<Utc>) -> bool {
        self.after.is_none_or(|after| at >= after) && self.before.is_none_or(|before| at <= before)
    }
}

/// Names of labels, or one of the two words that are none.
#[derive(Debug, Clone, Default)]
enum Labels {
    #[default]
    Whatever,
    None,
    Any,
    All(Vec<String>),
}

impl Labels {
    fn read(names: Option<Vec<String>>) -> Self {
        match names {
            None => Self::Whatever,
            Some(names) => match names.as_slice() {
                [] => Self::Whatever,
                [one] if one.eq_ignore_ascii_case("none") => Self::None,
                [one] if one.eq_ignore_ascii_case("any") => Self::Any,
                _ => Self::All(names),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Created,
    Updated,
    Title,
    Merged,
    Popularity,
}

impl Filter {
    pub(super) fn read(call: &Call<'_>, own: bool) -> Result<Self, Problem> {
        let params = &call.params;
        let states = ["opened", "closed", "locked", "merged", "all"];
        let orders = [
            "created_at",
            "label_priority",
            "milestone_due",
            "popularity",
            "priority",
            "title",
            "updated_at",
            "merged_at",
        ];
        let scopes = [
            "created-by-me",
            "assigned-to-me",
            "created_by_me",
            "assigned_to_me",
            "reviews_for_me",
            "all",
        ];
        let scope = params.choice("scope", &scopes)?;
        let scope = scope.map(|scope| scope.replace('-', "_"));
        let me = call.login().map(str::to_owned);
        let mine = |word: &str| {
            let wanted = scope.as_deref() == Some(word) || (own && word == "created_by_me");
            me.clone().filter(|_| wanted)
        };
        let wip = params.choice("wip", &["yes", "no"])?;
        let numbers = params.list("iids")?.map(|numbers| {
            let numbers = numbers.iter().map(|number| number.parse::<u64>());
            let bad = |_| Problem::error(400, "iids is invalid");
            numbers.collect::<Result<Vec<_>, _>>().map_err(bad)
        });
        let span = |name: &str| {
            Ok::<_, Problem>(Span {
                after: params.time(&format!("{name}_after"))?,
                before: params.time(&format!("{name}_before"))?,
            })
        };
        let not = |name: &str| params.inside("not", name).map(str::to_owned);
        let without = not("labels").map(|names| names.split(',').map(str::to_owned).collect());
        let assignee = params.list("assignee_username")?;
        let inside = params.list("in")?;
        let both = || vec!["title".to_owned(), "description".to_owned()];
        Ok(Self {
            state: params
                .choice("state", &states)?
                .filter(|word| word != "all"),
            numbers: numbers.transpose()?,
            labels: Labels::read(params.list("labels")?),
            without_labels: Labels::read(without),
            author: params.filled("author_username")?.or(mine("created_by_me")),
            author_id: params.number("author_id")?,
            not_author: not("author_username"),
            assignee: assignee
                .and_then(|names| names.into_iter().next())
                .or(mine("assigned_to_me")),
            assignee_id: params.filled("assignee_id")?,
            reviewer: params
                .filled("reviewer_username")?
                .or(mine("reviews_for_me")),
            source_branch: params.filled("source_branch")?,
            source_project: params.number("source_project_id")?,
            target_branch: params.filled("target_branch")?,
            draft: params.flag("draft")?.or(wip.map(|word| word == "yes")),
            search: params.filled("search")?.map(|text| text.to_lowercase()),
            search_in: inside.unwrap_or_else(both),
            created: span("created")?,
            updated: span("updated")?,
            order: match params.choice("order_by", &orders)?.as_deref() {
                Some("updated_at") => Order::Updated,
                Some("title") => Order::Title,
                Some("merged_at") => Order::Merged,
                Some("popularity") => Order::Popularity,
                _ => Order::Created,
            },
            ascending: params.choice("sort", &["asc", "desc"])?.as_deref() == Some("asc"),
            simple: params.choice("view", &["simple"])?.is_some(),
            label_details: params.flag("with_labels_details")?.unwrap_or(false),
        })
    }

    /// The filter with the names of labels looked up once for a project.
    pub(super) fn with_labels_of<'a>(&'a self, project: &Project) -> Ready<'a> {
        let ids = |labels: &Labels| match labels {
            Labels::All(names) => names
                .iter()
                // A label that there is not is on no merge request.
                .map(|name| project.label(name).map_or(0, |label| label.id))
                .collect(),
            _ => Vec::new(),
        };
        Ready {
            filter: self,
            labels: ids(&self.labels),
            without: ids(&self.without_labels),
        }
    }

    /// Puts what was found in order; so it is already if it is of one project and by creation.
    pub(super) fn sort(&self, found: &mut [(&Project, &PullRequest)], projects: usize) {
        match self.order {
            Order::Created if projects == 1 => {}
            Order::Created => found.sort_by_key(|(_, pull)| (pull.created_at, pull.id)),
            Order::Updated => found.sort_by_key(|(_, pull)| (pull.updated_at, pull.id)),
            Order::Title => found.sort_by_key(|(_, pull)| (pull.title.to_lowercase(), pull.id)),
            Order::Merged => found.sort_by_key(|(_, pull)| (pull.merged_at, pull.id)),
            Order::Popularity => found.sort_by_key(|(_, pull)| pull.id),
        }
        if !self.ascending {
            found.reverse();
        }
    }
}

/// A filter ready for one project.
pub(super) struct Ready<'a> {
    filter: &'a Filter,
    labels: Vec<u64>,
    without: Vec<u64>,
}

impl Ready<'_> {
    pub(super) fn matches(&self, state: &State, pull: &PullRequest) -> bool {
        let filter = self.filter;
        let is = |wanted: &Option<String>, have: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == have)
        };
        let named = |wanted: &Option<String>, have: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| state.same_name(wanted, have))
        };
        let held = |ids: &[u64]| ids.iter().all(|id| pull.labels.contains(id));
        is(&filter.state, state_word(pull.state))
            && is(&filter.source_branch, &pull.head.branch)
            && is(&filter.target_branch, &pull.base_branch)
            && named(&filter.author, &pull.author)
            && filter
                .numbers
                .as_ref()
                .is_none_or(|numbers| numbers.contains(&pull.number))
            && match &filter.labels {
                Labels::Whatever => true,
                Labels::None => pull.labels.is_empty(),
                Labels::Any => !pull.labels.is_empty(),
                Labels::All(_) => held(&self.labels),
            }
            && match &filter.without_labels {
                Labels::Whatever => true,
                Labels::None => !pull.labels.is_empty(),
                Labels::Any => pull.labels.is_empty(),
                Labels::All(_) => !self.without.iter().any(|id| pull.labels.contains(id)),
            }
            && filter.author_id.is_none_or(|id| {
                let author = state.user(&pull.author);
                author.is_some_and(|author| author.id == id)
            })
            && filter
                .not_author
                .as_ref()
                .is_none_or(|name| !state.same_name(name, &pull.author))
            && filter.assignee.as_ref().is_none_or(|name| {
                let mut assignees = pull.assignees.iter();
                assignees.any(|login| state.same_name(login, name))
            })
            && filter
                .assignee_id
                .as_ref()
                .is_none_or(|word| is_assigned(state, pull, word))
            && filter.reviewer.as_ref().is_none_or(|name| {
                let reviewers = super::view::reviewers(pull);
                reviewers.iter().any(|login| state.same_name(login, name))
            })
            && filter
                .source_project
                .is_none_or(|id| pull.head.project == Some(id))
            && filter.draft.is_none_or(|draft| pull.draft == draft)
            && filter.search.as_ref().is_none_or(|text| {
                let inside = |name: &str| filter.search_in.iter().any(|word| word == name);
                let body = pull.body.as_deref().unwrap_or_default();
                (inside("title") && pull.title.to_lowercase().contains(text))
                    || (inside("description") && body.to_lowercase().contains(text))
            })
            && filter.created.holds(pull.created_at)
            && filter.updated.holds(pull.updated_at)
    }
}

/// `None`, `Any`, or the number of a user.
fn is_assigned(state: &State, pull: &PullRequest, word: &str) -> bool {
    match word.to_ascii_lowercase().as_str() {
        "none" | "0" => pull.assignees.is_empty(),
        "any" => !pull.assignees.is_empty(),
        id => {
            let user = id.parse().ok().and_then(|id: u64| state.users.get(&id));
            user.is_some_and(|user| pull.assignees.contains(&user.login))
        }
    }
}
