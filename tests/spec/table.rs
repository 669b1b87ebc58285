//! The forges' published documents, as tables of operations: whether an exchange is one that they describe.
//!
//! The tables lie beside the project and are no part of it. The rules are few: an operation is found by method and path, the
//! one with the fewest path parameters first; unknown names in queries and bodies are problems, for forges ignore them in
//! silence; an answer must fit the schema of its status.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
};

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Map, Value, json};

/// One HTTP exchange with its bodies read as JSON.
pub struct Exchange<'a> {
    pub method: &'a str,
    /// The path below the base of the table, with the query.
    pub path: &'a str,
    pub request: Option<&'a Value>,
    pub status: u16,
    pub response: Option<&'a Value>,
}

/// A forge's operations.
pub struct Table {
    forge: &'static str,
    defs: Value,
    operations: Vec<Operation>,
    aliases: Vec<(Regex, &'static str)>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

struct Operation {
    rank: (usize, isize),
    method: String,
    path: Regex,
    document: Value,
}

impl Table {
    /// The table of a forge, `github` for one; `None` where the shared test data is absent.
    pub fn of(forge: &'static str) -> Option<&'static Self> {
        static TABLES: OnceLock<Mutex<HashMap<String, Option<&'static Table>>>> = OnceLock::new();
        let mut tables = TABLES.get_or_init(Mutex::default).lock().unwrap();
        *tables.entry(forge.to_owned()).or_insert_with(|| {
            let file = format!("specs/{forge}-ops.json");
            let Some(path) = shared(&file) else {
                eprintln!("skipped: the check against the forge's document, for {file} is not beside the project");
                return None;
            };
            let document = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            Some(&*Box::leak(Box::new(Self::read(forge, document))))
        })
    }

    fn read(forge: &'static str, mut document: Value) -> Self {
        // Path parameters that may hold a raw slash on the wire. GitLab has none: there it is always %2F.
        let multi: &[&str] = match forge {
            "github" => &["path", "ref", "basehead", "base", "head", "dir", "branch"],
            "forgejo" => &["filepath", "ref"],
            _ => &[],
        };
        let aliases = match forge {
            "github" => vec![
                (Regex::new(r"^/repositories/\d+").unwrap(), "/repos/_/_"),
                (Regex::new(r"^/organizations/\d+").unwrap(), "/orgs/_"),
            ],
            _ => Vec::new(),
        };
        let Value::Array(operations) = document["operations"].take() else {
            panic!("no operations in the table of {forge}");
        };
        let mut operations: Vec<Operation> = operations
            .into_iter()
            .map(|document| Operation::read(document, multi))
            .collect();
        operations.sort_by_key(|operation| operation.rank);
        let mut defs = document["$defs"].take();
        for pointer in nullable(forge) {
            let schema = defs.pointer_mut(pointer).unwrap();
            *schema = json!({"anyOf": [schema.take(), {"type": "null"}]});
        }
        Self {
            forge,
            defs,
            operations,
            aliases,
            validators: Mutex::default(),
        }
    }

    /// The problems of an exchange; `None` when the document has no such operation.
    pub fn check(&self, exchange: &Exchange<'_>) -> Option<Vec<String>> {
        let (path, query) = exchange.path.split_once('?').unwrap_or((exchange.path, ""));
        let operation = self.find(exchange.method, path)?;
        let mut problems = Vec::new();
        // What the forge refused is allowed to have been wrong.
        if exchange.status < 400 {
            problems.extend(self.check_query(operation, query));
            if let Some(body) = exchange.request {
                problems.extend(self.check_request(operation, body));
            }
            problems.extend(self.check_response(operation, exchange.status, exchange.response));
        }
        Some(problems)
    }

    fn find(&self, method: &str, path: &str) -> Option<&Value> {
        let mut path = path.to_owned();
        if method == "GET" {
            for (alias, real) in &self.aliases {
                path = alias.replace(&path, *real).into_owned();
            }
        }
        self.operations
            .iter()
            .find(|operation| operation.method == method && operation.path.is_match(&path))
            .map(|operation| &operation.document)
    }

    fn check_query(&self, operation: &Value, query: &str) -> Vec<String> {
        let empty = Map::new();
        let known = operation["params"]["query"].as_object().unwrap_or(&empty);
        let in_path = operation["params"]["path"].as_object().unwrap_or(&empty);
        let mut in_body = Map::new();
        for schema in operation["request"]["content"]
            .as_object()
            .unwrap_or(&empty)
            .values()
        {
            in_body.extend(
                self.resolve(schema)["properties"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
            );
        }
        let brackets = Regex::new(r"\[.*?\]").unwrap();
        let mut problems = Vec::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            if in_path.contains_key(&*name) {
                continue;
            }
            let plain = brackets.replace_all(&name, "").into_owned();
            let schema = [name.to_string(), plain.clone(), format!("{plain}[]")]
                .iter()
                .find_map(|name| known.get(name))
                .or_else(|| in_body.get(&plain));
            match schema {
                None => problems.push(format!("?{name}: unknown query parameter")),
                Some(schema) if !name.contains('[') => problems.extend(
                    self.errors(schema, &typed(&text, schema))
                        .map(|error| format!("?{name}={text}: {error}")),
                ),
                Some(_) => {}
            }
        }
        problems
    }

    fn check_request(&self, operation: &Value, body: &Value) -> Vec<String> {
        let request = &operation["request"];
        if request.is_null() {
            let nothing = body.is_null() || *body == json!({});
            return if nothing {
                Vec::new()
            } else {
                vec!["a body, where the operation takes none".to_owned()]
            };
        }
        let content = &request["content"];
        let schema = match content.get("application/json") {
            Some(schema) => Some(schema),
            None => json_schemas(content).next(),
        };
        let Some(schema) = schema else {
            return Vec::new();
        };
        let mut problems: Vec<String> = self.errors(schema, body).collect();
        let fields = self.resolve(schema);
        if let (Some(body), Some(known), None) = (
            body.as_object(),
            fields["properties"].as_object(),
            fields.get("patternProperties"),
        ) {
            problems.extend(
                body.keys()
                    .filter(|name| !known.contains_key(*name))
                    .map(|name| format!("/{name}: unknown field in the request")),
            );
        }
        problems
    }

    fn check_response(&self, operation: &Value, status: u16, body: Option<&Value>) -> Vec<String> {
        if status == 304 {
            // Revalidation is HTTP's, not the operation's.
            return Vec::new();
        }
        let by_code = &operation["responses"];
        let class = format!("{}XX", status / 100);
        let content = [status.to_string().as_str(), class.as_str(), "default"]
            .iter()
            .find_map(|code| by_code.get(code));
        let Some(content) = content else {
            let known = undocumented(self.forge).iter().any(|(method, path, code)| {
                operation["method"] == *method && operation["path"] == *path && *code == status
            });
            if known {
                return Vec::new();
            }
            return vec![format!("status {status} is not documented")];
        };
        let Some(body) = body else {
            return Vec::new();
        };
        // One status may have several media types, each with a schema of its own: one of them must fit.
        let mut first = None;
        for schema in json_schemas(content) {
            let errors: Vec<String> = self
                .errors(schema, body)
                .map(|error| format!("in the answer {status}: {error}"))
                .collect();
            if errors.is_empty() {
                return errors;
            }
            first.get_or_insert(errors);
        }
        first.unwrap_or_default()
    }

    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(name) = schema["$ref"].as_str() {
            schema = &self.defs[name.rsplit('/').next().unwrap()];
        }
        schema
    }

    fn errors(&self, schema: &Value, instance: &Value) -> std::vec::IntoIter<String> {
        let key = schema.to_string();
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            Arc::clone(validators.entry(key).or_insert_with(|| {
                let whole = json!({"$defs": self.defs, "allOf": [schema]});
                Arc::new(jsonschema::draft202012::new(&whole).unwrap())
            }))
        };
        let errors: Vec<String> = validator
            .iter_errors(instance)
            .map(|error| {
                let text: String = error.to_string().chars().take(160).collect();
                format!("{}: {text}", error.instance_path())
            })
            .collect();
        errors.into_iter()
    }
}

impl Operation {
    fn read(document: Value, multi: &[&str]) -> Self {
        let path = document["path"].as_str().unwrap().to_owned();
        let mut pattern = String::from("^");
        let mut count = 0;
        let mut rest = path.as_str();
        while let Some(open) = rest.find('{') {
            let close = open + rest[open..].find('}').unwrap();
            let name = &rest[open + 1..close];
            pattern += &regex::escape(&rest[..open]);
            pattern += if multi.contains(&name) {
                ".*"
            } else if document["params"]["path"][name]["type"] == "integer" {
                r"\d+"
            } else {
                "[^/]+"
            };
            count += 1;
            rest = &rest[close + 1..];
        }
        pattern += &regex::escape(rest);
        pattern += "/?$";
        Self {
            rank: (count, -isize::try_from(path.len()).unwrap()),
            method: document["method"].as_str().unwrap().to_owned(),
            path: Regex::new(&pattern).unwrap(),
            document,
        }
    }
}

/// What the real forge answers null for, whatever its document says.
fn nullable(forge: &str) -> &'static [&'static str] {
    match forge {
        // The first two by GitLab's own response contracts (`gitlab-rails-schemas.json`); a comparison without commits
        // has no last one.
        "gitlab" => &[
            "/APIEntitiesMergeRequest/properties/description",
            "/APIEntitiesMergeRequestBasic/properties/description",
            "/APIEntitiesCompare/properties/commit",
        ],
        // A file that a commit took away is told as null.
        "forgejo" => &["/FilesResponse/properties/files/items"],
        _ => &[],
    }
}

/// Statuses that the real forge gives and its document does not have.
fn undocumented(forge: &str) -> &'static [(&'static str, &'static str, u16)] {
    match forge {
        // With the release that is gone, as its pages show it.
        "gitlab" => &[("DELETE", "/api/v4/projects/{id}/releases/{tag_name}", 200)],
        _ => &[],
    }
}

fn json_schemas(content: &Value) -> impl Iterator<Item = &Value> {
    let by_type = content.as_object().into_iter().flatten();
    by_type
        .filter(|(kind, _)| kind.contains("json") || kind.contains("vnd.github"))
        .map(|(_, schema)| schema)
}

/// A query value as the JSON type that its schema asks for.
fn typed(text: &str, schema: &Value) -> Value {
    let options = std::iter::once(schema)
        .chain(schema["oneOf"].as_array().into_iter().flatten())
        .chain(schema["anyOf"].as_array().into_iter().flatten());
    for option in options {
        let types: Vec<&str> = match &option["type"] {
            Value::String(one) => vec![one],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if types.contains(&"integer")
            && let Ok(number) = text.parse::<i64>()
        {
            return number.into();
        }
        if types.contains(&"number")
            && let Ok(number) = text.parse::<f64>()
        {
            return number.into();
        }
        if types.contains(&"boolean") && matches!(text, "true" | "false" | "1" | "0") {
            return matches!(text, "true" | "1").into();
        }
        if types.contains(&"array") {
            return text.split(',').collect();
        }
    }
    text.into()
}

fn shared(path: &str) -> Option<PathBuf> {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared").join(path))
        .find(|candidate| candidate.exists())
}
