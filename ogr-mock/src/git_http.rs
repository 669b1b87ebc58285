//! Clone, fetch and push over HTTP: who may, and what a push sets off.

use std::collections::BTreeMap;

use crate::dialect::{Answered, Caller, Dialect, Request, Response, pagure, text};
use crate::git::ZERO_SHA;
use crate::git::backend::{GitPath, GitRequest, serve};
use crate::hub::Hub;
use crate::state::{Access, Project, ProjectId, PullState, RefUpdate, Refusal};

/// Who does what with which repository.
pub(crate) struct GitAccess {
    pub(crate) project: ProjectId,
    pub(crate) login: Option<String>,
    /// Let git itself refuse what is pushed, by a hook, as some forges do.
    pub(crate) refuse_push: bool,
}

impl Hub {
    /// Answers git.
    pub(crate) async fn serve_git(&self, request: &Request, path: &GitPath) -> Response {
        let access = match self.dialect {
            Dialect::Pagure => pagure::git_access(self, request, path),
            _ => self.git_access(request, path),
        };
        let access = match access {
            Ok(access) => access,
            Err(response) => return *response,
        };
        let answer = self.run_git(request, path, &access).await;
        match (answer, access.login) {
            (Ok(answer), Some(login)) => answer.asked_by(&login),
            (Ok(answer), None) => answer,
            (Err(refusal), _) => text(500, format!("{refusal:?}\n")),
        }
    }

    fn git_access(&self, request: &Request, path: &GitPath) -> Result<GitAccess, Box<Response>> {
        let caller = self
            .git_caller(request)
            .map_err(|()| Box::new(self.challenge()))?;
        let project = self.git_project(request, path, caller.as_ref())?;
        Ok(GitAccess {
            project,
            login: caller.map(|caller| caller.login),
            refuse_push: false,
        })
    }

    async fn run_git(
        &self,
        request: &Request,
        path: &GitPath,
        access: &GitAccess,
    ) -> Result<Response, Refusal> {
        let (project, login) = (access.project, access.login.as_deref());
        let pushes = path.service_path == "git-receive-pack";
        let repository = self.repository(project).await?;
        let folder = repository.dir().file_name().unwrap_or_default();
        let folder = folder.to_string_lossy();
        let git = GitRequest {
            root: &self.root(),
            folder: &folder,
            service_path: &path.service_path,
            method: request.method.as_str(),
            query: &request.raw_query,
            headers: &request.headers,
            body: &request.body,
            user: login,
            refuse_push: access.refuse_push,
        };
        if !pushes {
            return Ok(serve(&git).await?);
        }
        let _one_at_a_time = self.write_lock(project).lock_owned().await;
        let before = self.all_refs(project).await?;
        let answer = serve(&git).await?;
        let updates = differences(&before, &self.all_refs(project).await?);
        if let Some(login) = login
            && !updates.is_empty()
        {
            self.refs_changed(login, project, &updates).await?;
        }
        Ok(answer)
    }

    async fn all_refs(&self, project: ProjectId) -> Result<BTreeMap<String, String>, Refusal> {
        let refs = self.stored_repository(project).refs("refs/").await?;
        Ok(refs
            .into_iter()
            .map(|found| (format!("refs/{}", found.name), found.sha))
            .collect())
    }

    /// Who asks; `Err` when a credential was given that is none.
    fn git_caller(&self, request: &Request) -> Result<Option<Caller>, ()> {
        let Some((name, password)) = request.basic() else {
            // GitLab's CI and GitHub's actions send a bearer token here too.
            let Some((_, value)) = request.authorization() else {
                return Ok(None);
            };
            return self.token_caller(value).map(Some).ok_or(());
        };
        let by_password = || {
            let state = self.state();
            state.user_by_password(&name, &password).map(|user| Caller {
                login: user.login.clone(),
                token: None,
            })
        };
        self.token_caller(&password)
            .or_else(|| self.token_caller(&name))
            .or_else(by_password)
            .map(Some)
            .ok_or(())
    }

    /// The user behind a token that has not expired.
    pub(crate) fn token_caller(&self, value: &str) -> Option<Caller> {
        let state = self.state();
        let token = state.token(value).filter(|token| !token.expired)?;
        Some(Caller {
            login: token.user.clone(),
            token: Some(token.clone()),
        })
    }

    /// The project, if this caller may do this with it; else the refusal.
    fn git_project(
        &self,
        request: &Request,
        path: &GitPath,
        caller: Option<&Caller>,
    ) -> Result<ProjectId, Box<Response>> {
        let login = caller.map(|caller| caller.login.as_str());
        let name = self.dialect.project_of_git_path(&path.repository);
        let state = self.state();
        let found = state.project(&name).or_else(|| state.moved_project(&name));
        let found = found.filter(|project| !self.still_missing(project));
        let Some(project) = found.filter(|project| state.access(login, project).is_some()) else {
            drop(state);
            // The forges do not tell strangers whether there is such a project.
            return Err(Box::new(if caller.is_none() {
                self.challenge()
            } else {
                text(404, "Repository not found.\n")
            }));
        };
        if path.push && caller.is_none() {
            drop(state);
            return Err(Box::new(self.challenge()));
        }
        let token = caller.and_then(|caller| caller.token.as_ref());
        let token_fits = token.is_none_or(|token| {
            self.dialect.token_allows_git(token, path.push)
                && token.project.is_none_or(|bound| bound == project.id)
        });
        let may = !path.push
            || (!project.archived
                && (state.allows(login, project, Access::Write)
                    || login.is_some_and(|login| may_push_as_maintainer(&state, project, login))));
        if !token_fits || !may {
            let name = login.unwrap_or_default();
            let words = format!("Permission to {} denied to {name}.\n", path.repository);
            return Err(Box::new(text(403, words).asked_by(name)));
        }
        // What a maintainer of the target may push to is one branch, not the whole fork.
        if path.service_path == "git-receive-pack"
            && !state.allows(login, project, Access::Write)
            && let Some(login) = login
        {
            let allowed = maintained_branches(&state, project, login);
            let all = pushed_refs(&request.body)
                .iter()
                .all(|name| allowed.iter().any(|branch| name == branch));
            if !all {
                let words = format!("Permission to {} denied to {login}.\n", path.repository);
                return Err(Box::new(text(403, words).asked_by(login)));
            }
        }
        Ok(project.id)
    }

    fn challenge(&self) -> Response {
        let realm = match self.dialect {
            Dialect::GitHub => "GitHub",
            Dialect::GitLab => "GitLab",
            Dialect::Forgejo | Dialect::Gitea => "Gitea",
            Dialect::Pagure => "Pagure API token",
        };
        text(401, "Authentication required\n")
            .with("www-authenticate", format!("Basic realm=\"{realm}\""))
    }
}

fn may_push_as_maintainer(state: &crate::state::State, fork: &Project, login: &str) -> bool {
    !maintained_branches(state, fork, login).is_empty()
}

/// The branches (full names) of a fork that those who may push to the target of their pull request may push to.
fn maintained_branches(state: &crate::state::State, fork: &Project, login: &str) -> Vec<String> {
    state
        .projects
        .values()
        .filter(|target| state.allows(Some(login), target, Access::Write))
        .flat_map(|target| target.pull_requests.values())
        .filter(|pull| {
            pull.state == PullState::Open
                && pull.maintainer_edit
                && pull.head.project == Some(fork.id)
        })
        .map(|pull| format!("refs/heads/{}", pull.head.branch))
        .collect()
}

/// The refs that a push wants to move: the commands stand in front of the pack, one a packet.
fn pushed_refs(body: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = body;
    while let Some(length) = rest
        .get(..4)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .filter(|length| *length > 4)
    {
        let Some(packet) = rest.get(4..length) else {
            break;
        };
        let command = packet.split(|byte| *byte == 0).next().unwrap_or_default();
        let command = String::from_utf8_lossy(command);
        if let Some(name) = command.trim_end().splitn(3, ' ').nth(2) {
            names.push(name.to_owned());
        }
        rest = &rest[length..];
    }
    names
}

fn differences(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<RefUpdate> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .map(|name| RefUpdate {
            name: name.clone(),
            old: before.get(name).cloned(),
            new: after.get(name).cloned(),
        })
        .filter(|update| update.old != update.new && update.new.as_deref() != Some(ZERO_SHA))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_a_push_are_read() {
        let (old, new) = (ZERO_SHA, "1111111111111111111111111111111111111111");
        let line = format!("{old} {new} refs/heads/fix\0 report-status");
        let body = format!("{:04x}{line}0000PACK", line.len() + 4);
        assert_eq!(pushed_refs(body.as_bytes()), ["refs/heads/fix"]);
    }
}
