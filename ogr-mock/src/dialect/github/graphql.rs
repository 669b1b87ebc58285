//! `POST /api/graphql`: a few queries, and an honest word on all others.
//!
//! Documents: <https://docs.github.com/en/graphql/reference>.

use graphql_parser::query::{self, Definition, OperationDefinition, Selection};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::problem::Problem;
use super::view::node_id;
use super::{Answer, answer};
use crate::state::{Access, Project, State};

type Fields = query::SelectionSet<'static, String>;
type Field = query::Field<'static, String>;
type Argument = query::Value<'static, String>;

/// Limits and errors of GraphQL come with a 200.
struct Refused {
    kind: &'static str,
    message: String,
}

impl Refused {
    fn unknown(field: &str, of: &str) -> Self {
        Self {
            kind: "NOT_IMPLEMENTED",
            message: format!("ogr-mock does not know the field `{field}` of {of}"),
        }
    }

    fn not_found(message: String) -> Self {
        Self {
            kind: "NOT_FOUND",
            message,
        }
    }
}

/// Answers queries of `viewer` and of the forks of a `repository`.
pub(super) fn query(call: &Call<'_>) -> Answer {
    if call.login().is_none() {
        let words = "This endpoint requires you to be authenticated.";
        return Err(
            Problem::new(401, words).documented("graphql/guides/forming-calls-with-graphql")
        );
    }
    let body = call.body()?;
    let text = body.text("query")?.unwrap_or_default();
    let variables = body.value("variables").cloned().unwrap_or_default();
    let data = match fields_of(text) {
        Ok(fields) => {
            let asked = Asked {
                call,
                variables: &variables,
            };
            asked.root(&fields)
        }
        Err(message) => Err(Refused {
            kind: "NOT_IMPLEMENTED",
            message,
        }),
    };
    match data {
        Ok(data) => Ok(answer(200, &json!({"data": data}))),
        Err(refused) => {
            let error = json!({"type": refused.kind, "message": refused.message});
            Ok(answer(200, &json!({"data": null, "errors": [error]})))
        }
    }
}

/// What a document asks for, if it is one query.
fn fields_of(text: &str) -> Result<Fields, String> {
    let document = query::parse_query::<String>(text)
        .map_err(|error| error.to_string())?
        .into_static();
    let mut definitions = document.definitions.into_iter();
    match (definitions.next(), definitions.next()) {
        (Some(Definition::Operation(OperationDefinition::SelectionSet(fields))), None) => {
            Ok(fields)
        }
        (Some(Definition::Operation(OperationDefinition::Query(query))), None) => {
            Ok(query.selection_set)
        }
        _ => Err("ogr-mock answers documents of one query alone".to_owned()),
    }
}

struct Asked<'a> {
    call: &'a Call<'a>,
    variables: &'a Value,
}

impl Asked<'_> {
    fn root(&self, fields: &Fields) -> Result<Value, Refused> {
        each(fields, |field| match field.name.as_str() {
            "viewer" => self.viewer(&field.selection_set),
            "repository" => self.repository(field),
            other => Err(Refused::unknown(other, "Query")),
        })
    }

    fn viewer(&self, fields: &Fields) -> Result<Value, Refused> {
        let login = self.call.login().unwrap_or_default();
        let state = self.call.hub.state();
        let user = state
            .user(login)
            .ok_or_else(|| Refused::not_found("Could not resolve to a User.".to_owned()))?;
        each(fields, |field| match field.name.as_str() {
            "login" => Ok(json!(user.login)),
            "id" => Ok(json!(node_id("User", user.id))),
            "name" => Ok(json!(user.name)),
            "__typename" => Ok(json!("User")),
            other => Err(Refused::unknown(other, "User")),
        })
    }

    fn repository(&self, field: &Field) -> Result<Value, Refused> {
        let owner = self.text(field, "owner");
        let name = self.text(field, "name");
        let path = format!("{}/{}", owner.unwrap_or_default(), name.unwrap_or_default());
        let state = self.call.hub.state();
        let project = state
            .project(&path)
            .filter(|project| state.access(self.call.login(), project).is_some())
            .ok_or_else(|| {
                Refused::not_found(format!(
                    "Could not resolve to a Repository with the name '{path}'."
                ))
            })?;
        each(&field.selection_set, |field| match field.name.as_str() {
            "nameWithOwner" => Ok(json!(project.path())),
            "forks" => self.forks(&state, project, field),
            other => Err(Refused::unknown(other, "Repository")),
        })
    }

    fn forks(&self, state: &State, parent: &Project, field: &Field) -> Result<Value, Refused> {
        let mine_alone = self.words(field, "affiliations");
        let first = match self.argument(field, "first") {
            Some(Value::Number(number)) => number.as_u64().unwrap_or(0).min(100),
            _ => {
                return Err(Refused {
                    kind: "MISSING_PAGINATION_BOUNDARIES",
                    message: "You must provide a `first` or `last` value to properly paginate the `forks` connection.".to_owned(),
                });
            }
        };
        let login = self.call.login();
        let wanted = |fork: &&Project| {
            let affiliated = |word: &String| match word.as_str() {
                "OWNER" => login == Some(fork.namespace.as_str()),
                _ => state.access(login, fork) >= Some(Access::Write),
            };
            state.access(login, fork).is_some()
                && !self.call.hub.still_missing(fork)
                && (mine_alone.is_empty() || mine_alone.iter().any(affiliated))
        };
        let forks: Vec<&Project> = state.forks(parent.id).filter(wanted).collect();
        each(&field.selection_set, |field| match field.name.as_str() {
            "totalCount" => Ok(json!(forks.len())),
            "nodes" => forks
                .iter()
                .take(usize::try_from(first).unwrap_or(usize::MAX))
                .map(|fork| node(fork, &field.selection_set))
                .collect(),
            other => Err(Refused::unknown(other, "RepositoryConnection")),
        })
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let (_, value) = field.arguments.iter().find(|(known, _)| known == name)?;
        Some(self.value(value))
    }

    fn value(&self, argument: &Argument) -> Value {
        match argument {
            Argument::Variable(name) => self.variables[name.as_str()].clone(),
            Argument::Int(number) => json!(number.as_i64()),
            Argument::String(text) => json!(text),
            Argument::Enum(word) => json!(word),
            Argument::Boolean(truth) => json!(truth),
            Argument::List(items) => items.iter().map(|item| self.value(item)).collect(),
            _ => Value::Null,
        }
    }

    fn text(&self, field: &Field, name: &str) -> Option<String> {
        Some(self.argument(field, name)?.as_str()?.to_owned())
    }

    fn words(&self, field: &Field, name: &str) -> Vec<String> {
        let words = self.argument(field, name).unwrap_or_default();
        let words = words.as_array().into_iter().flatten();
        words
            .filter_map(|word| Some(word.as_str()?.to_owned()))
            .collect()
    }
}

fn node(fork: &Project, fields: &Fields) -> Result<Value, Refused> {
    each(fields, |field| match field.name.as_str() {
        "nameWithOwner" => Ok(json!(fork.path())),
        "name" => Ok(json!(fork.name)),
        "owner" => each(&field.selection_set, |field| match field.name.as_str() {
            "login" => Ok(json!(fork.namespace)),
            other => Err(Refused::unknown(other, "RepositoryOwner")),
        }),
        other => Err(Refused::unknown(other, "Repository")),
    })
}

/// An object of the fields that are asked for.
fn each(
    fields: &Fields,
    mut value: impl FnMut(&Field) -> Result<Value, Refused>,
) -> Result<Value, Refused> {
    let mut object = Map::new();
    for selection in &fields.items {
        let Selection::Field(field) = selection else {
            return Err(Refused::unknown("...", "a fragment"));
        };
        let name = field.alias.as_ref().unwrap_or(&field.name);
        object.insert(name.clone(), value(field)?);
    }
    Ok(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_query_alone_is_understood() {
        for good in [
            "{viewer{login}}",
            "query Me($a: String!) { viewer { login, id } }",
        ] {
            assert_eq!(fields_of(good).unwrap().items.len(), 1, "{good}");
        }
        for other in [
            "mutation { viewer { login } }",
            "query A { viewer { login } } query B { viewer { login } }",
            "{ viewer",
            "",
        ] {
            assert!(fields_of(other).is_err(), "{other}");
        }
    }
}
