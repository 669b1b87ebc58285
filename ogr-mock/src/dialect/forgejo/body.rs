//! Reading a request's body, as Go's binding does: and its words when it cannot.

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::dialect::Request;

/// The fields of a request's body. Null counts as absent; names match in any case.
pub(super) struct Body {
    /// What Go calls the structure that it is read into.
    structure: &'static str,
    fields: Map<String, Value>,
    /// Whether it was a form, where everything is text.
    form: bool,
}

impl Body {
    pub(super) fn read(request: &Request, structure: &'static str) -> Result<Self, Problem> {
        let refuse = |words: &str| Err(Problem::new(422, format!("[]: {words}")));
        let (fields, form) = match request.content_type().as_str() {
            // Only these may come without a body; what is missing then is found out by the rules.
            "" if matches!(request.method.as_str(), "DELETE" | "GET") => (Map::new(), false),
            "" => return refuse("Empty Content-Type"),
            "application/json" => (read_json(request, structure)?, false),
            "application/x-www-form-urlencoded" => {
                let fields = request.form().into_iter();
                let fields = fields.map(|(name, value)| (name, Value::String(value)));
                (fields.collect(), true)
            }
            _ => return refuse("Unsupported Content-Type"),
        };
        Ok(Self {
            structure,
            fields,
            form,
        })
    }

    /// The fields of one object within the body.
    pub(super) fn within(&self, name: &str, structure: &'static str) -> Option<Self> {
        let fields = self.value(name)?.as_object()?.clone();
        Some(Self {
            structure,
            fields,
            form: false,
        })
    }

    /// The objects of a list within the body.
    pub(super) fn objects(
        &self,
        name: &str,
        structure: &'static str,
    ) -> Result<Vec<Self>, Problem> {
        let Some(list) = self.list(name)? else {
            return Ok(Vec::new());
        };
        let objects = list.iter().map(|value| match value {
            Value::Object(fields) => Ok(Self {
                structure,
                fields: fields.clone(),
                form: false,
            }),
            other => Err(self.mistyped(name, other, &format!("structs.{structure}"))),
        });
        objects.collect()
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        let exact = self.fields.get(name);
        let found = exact.or_else(|| {
            let mut fields = self.fields.iter();
            let same = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
            same.map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let value = Value::String(value.to_owned());
        self.fields.insert(name.to_owned(), value);
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.mistyped(name, other, "string")),
        }
    }

    /// A text that is empty when it is missing.
    pub(super) fn plain(&self, name: &str) -> Result<&str, Problem> {
        Ok(self.text(name)?.unwrap_or_default())
    }

    /// A text that must be there and not be empty; `field` is Go's name for it.
    pub(super) fn required(&self, name: &str, field: &str) -> Result<&str, Problem> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Problem::required(field))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if self.form => Ok(Some(matches!(
                text.as_str(),
                "1" | "t" | "true" | "TRUE" | "on"
            ))),
            Some(other) => Err(self.mistyped(name, other, "bool")),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.as_i64().unwrap_or(0))),
            Some(Value::String(text)) if self.form => Ok(text.parse().ok()),
            Some(other) => Err(self.mistyped(name, other, "int64")),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&Vec<Value>>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => Err(self.mistyped(name, other, "[]string")),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        let texts = list.iter().map(|value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.mistyped(name, other, "string")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Option<Vec<u64>>, Problem> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        let numbers = list.iter().map(|value| match value {
            Value::Number(number) => Ok(number.as_u64().unwrap_or(0)),
            other => Err(self.mistyped(name, other, "int64")),
        });
        numbers.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<DateTime<FixedOffset>>, Problem> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        DateTime::parse_from_rfc3339(text).map(Some).map_err(|_| {
            let words = format!(
                "[]: parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} \
                 as \"2006\""
            );
            Problem::new(422, words)
        })
    }

    fn mistyped(&self, name: &str, value: &Value, wanted: &str) -> Problem {
        let kind = kind_of(value);
        let structure = self.structure;
        Problem::new(
            422,
            format!(
                "[]: json: cannot unmarshal {kind} into Go struct field {structure}.{name} of type \
                 {wanted}"
            ),
        )
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn read_json(request: &Request, structure: &str) -> Result<Map<String, Value>, Problem> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    match request.json() {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(other) => Err(Problem::new(
            422,
            format!(
                "[]: json: cannot unmarshal {} into Go value of type structs.{structure}",
                kind_of(&other)
            ),
        )),
        Err(error) if error.is_eof() => Err(Problem::new(422, "[]: unexpected EOF")),
        Err(error) => {
            let at = error.column().saturating_sub(1);
            let byte = request.body.get(at).copied().unwrap_or(0);
            let found = char::from(byte);
            Err(Problem::new(
                422,
                format!("[]: invalid character '{found}' looking for beginning of value"),
            ))
        }
    }
}
