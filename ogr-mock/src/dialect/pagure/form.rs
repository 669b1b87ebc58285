//! Reading bodies: forms of both kinds and JSON, and checking their fields the way WTForms does.

use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::url::looks_like_url;
use crate::dialect::Request;

/// What counts as no for a box to be ticked; anything else is yes, a JSON null too.
const NO: [&str; 4] = ["false", "", "False", "0"];

/// The fields of a body. Those of forms are texts, those of JSON are what they are.
#[derive(Debug, Default)]
pub(super) struct Form {
    fields: Vec<(String, Value)>,
    /// Whether they came as JSON, which some routes do not look at.
    pub(super) json: bool,
}

impl Form {
    /// Reads the body of a request, whatever its route: one that is no JSON but says so is refused
    /// before anybody asks who sent it.
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        if !matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
            return Ok(Self::default());
        }
        let kind = request.content_type();
        let texts = |fields: Vec<(String, String)>| Self {
            fields: fields
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
            json: false,
        };
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Ok(texts(request.form())),
            "multipart/form-data" => Ok(texts(multipart(request))),
            _ if is_json(&kind) => Self::from_json(request),
            _ => Ok(Self::default()),
        }
    }

    fn from_json(request: &Request) -> Result<Self, Problem> {
        let mut fields = Vec::new();
        match request.json() {
            Err(_) => return Err(Problem::Bare(400)),
            Ok(Value::Null) => {}
            Ok(Value::Array(rows)) if rows.is_empty() => {}
            Ok(Value::Object(object)) => {
                for (name, value) in object {
                    match value {
                        Value::Array(values) => {
                            fields.extend(values.into_iter().map(|value| (name.clone(), value)));
                        }
                        value => fields.push((name, value)),
                    }
                }
            }
            Ok(_) => return Err(Problem::Fatal),
        }
        Ok(Self { fields, json: true })
    }

    /// The first value of a field.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        let same = self.fields.iter().find(|(known, _)| known == name);
        same.map(|(_, value)| value)
    }

    /// All values of a field.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let same = self.fields.iter().filter(move |(known, _)| known == name);
        same.map(|(_, value)| value)
    }

    /// The names of all fields, in the order in which they came.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A field as the database keeps it: what is no text becomes one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).and_then(as_text)
    }

    /// The same, where an empty one counts as none.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        let value = self.value(name).filter(|value| truthy(value))?;
        as_text(value)
    }

    /// A field without the blanks around it; an empty one is none. What is no text breaks the server.
    pub(super) fn stripped(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.value(name).filter(|value| truthy(value)) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(Problem::Fatal),
        }
    }

    /// A field that must be a text if it is there and not empty; other types break the server.
    pub(super) fn plain(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.value(name).filter(|value| truthy(value)) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::Fatal),
        }
    }

    /// A box to be ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::String(text)) => !NO.contains(&text.as_str()),
            Some(Value::Bool(yes)) => *yes,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(_) => true,
        }
    }

    /// Whether the answer is to wait until the work is done. It is, unless an empty text, false, 0 or
    /// null says not: the text `False` is not empty.
    pub(super) fn waits(&self) -> bool {
        self.value("wait").is_none_or(truthy)
    }
}

/// What Python takes for true.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(rows) => !rows.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// What Pagure takes for yes in queries.
pub(super) fn is_yes(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    matches!(text.as_str(), "1" | "true" | "t" | "y")
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(yes) => Some(u8::from(*yes).to_string()),
        other => Some(other.to_string()),
    }
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The fields of a multipart form; files are left out.
fn multipart(request: &Request) -> Vec<(String, String)> {
    let full = request.header("content-type").unwrap_or_default();
    let Some(boundary) = parameter(full, "boundary") else {
        return Vec::new();
    };
    let mark = format!("--{boundary}");
    let body = String::from_utf8_lossy(&request.body);
    let mut fields = Vec::new();
    for part in body.split(mark.as_str()).skip(1) {
        let part = part.strip_prefix("\r\n").or(part.strip_prefix('\n'));
        let Some(part) = part else {
            // After the last one stand two hyphens.
            break;
        };
        let split = part.split_once("\r\n\r\n").or(part.split_once("\n\n"));
        let Some((head, content)) = split else {
            continue;
        };
        let content = content.strip_suffix("\r\n").or(content.strip_suffix('\n'));
        let disposition = head.lines().find(|line| {
            line.to_ascii_lowercase()
                .starts_with("content-disposition:")
        });
        let Some(disposition) = disposition else {
            continue;
        };
        if let (Some(name), None) = (
            parameter(disposition, "name"),
            parameter(disposition, "filename"),
        ) {
            fields.push((name, content.unwrap_or_default().to_owned()));
        }
    }
    fields
}

/// A parameter of a header such as `form-data; name="title"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        let value = value.trim().trim_matches('"');
        key.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// Checks on a form's fields, and what they found.
pub(super) struct Checks<'a> {
    form: &'a Form,
    errors: Map<String, Value>,
    broken: bool,
}

impl<'a> Checks<'a> {
    pub(super) fn on(form: &'a Form) -> Self {
        Self {
            form,
            errors: Map::new(),
            broken: false,
        }
    }

    /// Notes that a field is wrong.
    pub(super) fn wrong(&mut self, name: &str, message: &str) {
        self.errors.insert(name.to_owned(), json!([message]));
    }

    /// A field must be there and hold more than blanks.
    pub(super) fn required(mut self, name: &str) -> Self {
        self.fill(name);
        self
    }

    fn fill(&mut self, name: &str) -> bool {
        let filled = self.form.value(name).is_some_and(|value| match value {
            Value::String(text) => !text.trim().is_empty(),
            other => truthy(other),
        });
        if !filled {
            self.wrong(name, "This field is required.");
        }
        filled
    }

    /// A field must be there and pass a test that only texts can take.
    pub(super) fn matching(mut self, name: &str, test: impl Fn(&str) -> bool) -> Self {
        if self.fill(name) {
            self.test(name, test);
        }
        self
    }

    /// A field must look like a URL.
    pub(super) fn url(self, name: &str) -> Self {
        self.matching(name, looks_like_url)
    }

    /// A field must look like a URL if it is there.
    pub(super) fn url_if_any(mut self, name: &str) -> Self {
        if self.form.filled(name).is_some() {
            self.test(name, looks_like_url);
        }
        self
    }

    fn test(&mut self, name: &str, test: impl Fn(&str) -> bool) {
        match self.form.value(name) {
            Some(Value::String(text)) if test(text) => {}
            Some(Value::String(_)) => self.wrong(name, "Invalid input."),
            _ => self.broken = true,
        }
    }

    /// A field must be one of these. Being absent is told apart only where absence is asked about first.
    pub(super) fn choice(mut self, name: &str, choices: &[&str], absent: &str) -> Self {
        match self.form.text(name).filter(|text| !text.is_empty()) {
            None if absent.is_empty() => {}
            None => self.wrong(name, absent),
            Some(text) if choices.contains(&text.as_str()) => {}
            Some(_) => self.wrong(name, "Not a valid choice."),
        }
        self
    }

    /// Refuses if anything was wrong.
    pub(super) fn done(self) -> Result<(), Problem> {
        if self.broken {
            return Err(Problem::Fatal);
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Problem::invalid().with_errors(self.errors))
    }
}
