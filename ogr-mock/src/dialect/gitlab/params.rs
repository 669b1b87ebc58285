//! The parameters of a request: GitLab takes them from the query, a form or a JSON body alike.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::problem::Problem;
use crate::dialect::Request;

/// All parameters by name; those of the body win.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        let mut found = Self::default();
        for (name, value) in &request.query {
            found.insert(name, value);
        }
        if request.body.is_empty() {
            return Ok(found);
        }
        match request.content_type().as_str() {
            "application/json" => match request.json() {
                Ok(Value::Object(fields)) => found.0.extend(fields),
                Ok(Value::Null) => {}
                _ => {
                    let words = "message body does not match declared format";
                    return Err(Problem::error(400, words));
                }
            },
            // A form counts on a GET, too.
            "application/x-www-form-urlencoded" => {
                for (name, value) in form_urlencoded::parse(&request.body) {
                    found.insert(&name, &value);
                }
            }
            _ => {}
        }
        Ok(found)
    }

    /// `a=1`, `a[]=1` for lists and `a[b]=1` for objects.
    fn insert(&mut self, name: &str, value: &str) {
        let (name, inner) = match name.split_once('[') {
            Some((name, inner)) if !name.is_empty() => (name, inner.strip_suffix(']')),
            _ => (name, None),
        };
        match inner {
            None => {
                self.0.insert(name.to_owned(), json!(value));
            }
            Some("") => {
                let entry = self.0.entry(name).or_insert_with(|| json!([]));
                if let Some(list) = entry.as_array_mut() {
                    list.push(json!(value));
                }
            }
            Some(key) => {
                let entry = self.0.entry(name).or_insert_with(|| json!({}));
                if let Some(object) = entry.as_object_mut() {
                    object.insert(key.to_owned(), json!(value));
                }
            }
        }
    }

    /// The value, if it is there and not null.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether it is there, be it null.
    pub(super) fn given(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A value inside an object: `not[labels]`.
    pub(super) fn inside(&self, name: &str, key: &str) -> Option<&str> {
        self.value(name)?.get(key)?.as_str()
    }

    /// Refuses the request unless all of these are there, naming all that are not.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), Problem> {
        let missing = names.iter().filter(|name| self.value(name).is_none());
        let words: Vec<String> = missing.map(|name| format!("{name} is missing")).collect();
        if words.is_empty() {
            return Ok(());
        }
        Err(Problem::error(400, words.join(", ")))
    }

    /// The same of parameters that may not be blank either.
    pub(super) fn require_filled(&self, names: &[&str]) -> Result<(), Problem> {
        let mut words = Vec::new();
        for name in names {
            match self.value(name) {
                None => words.push(format!("{name} is missing, {name} is empty")),
                Some(Value::String(text)) if text.trim().is_empty() => {
                    words.push(format!("{name} is empty"));
                }
                Some(_) => {}
            }
        }
        if words.is_empty() {
            return Ok(());
        }
        Err(Problem::error(400, words.join(", ")))
    }

    /// A text; numbers and booleans pass for one.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A text that is not empty.
    pub(super) fn filled(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(Some(true)),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(Some(false)),
            _ => Err(invalid(name)),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        match self.filled(name)? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| invalid(name)),
        }
    }

    /// One of these words.
    pub(super) fn choice(&self, name: &str, words: &[&str]) -> Result<Option<String>, Problem> {
        match self.text(name)? {
            None => Ok(None),
            Some(word) if words.contains(&word.as_str()) => Ok(Some(word)),
            Some(_) => {
                let words = format!("{name} does not have a valid value");
                Err(Problem::error(400, words))
            }
        }
    }

    /// A list: an array, or one text with commas. An empty text is an empty list.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let texts: Vec<String> = match value {
            Value::Array(values) => {
                let texts = values.iter().map(|value| match value {
                    Value::String(text) => Ok(text.clone()),
                    Value::Number(number) => Ok(number.to_string()),
                    _ => Err(invalid(name)),
                });
                texts.collect::<Result<_, _>>()?
            }
            Value::String(text) => vec![text.clone()],
            Value::Number(number) => vec![number.to_string()],
            _ => return Err(invalid(name)),
        };
        let parts = texts.iter().flat_map(|text| text.split(','));
        let parts = parts.map(str::trim).filter(|part| !part.is_empty());
        Ok(Some(parts.map(str::to_owned).collect()))
    }

    /// A time; without an offset it is taken for UTC.
    pub(super) fn time(
        &self,
        name: &str,
    ) -> Result<Option<chrono::DateTime<chrono::Utc>>, Problem> {
        let Some(text) = self.filled(name)? else {
            return Ok(None);
        };
        // In a query that was not encoded a plus arrives as a blank.
        let text = text.replace(' ', "+");
        let exact = chrono::DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc());
        let loose = || {
            let time = text.parse::<chrono::NaiveDateTime>().ok();
            let day = || text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
            time.or_else(day).map(|time| time.and_utc())
        };
        let time = exact.ok().or_else(loose);
        time.map(Some).ok_or_else(|| invalid(name))
    }
}

fn invalid(name: &str) -> Problem {
    Problem::error(400, format!("{name} is invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_everywhere_and_lists_in_every_shape() {
        let request = http::Request::builder()
            .uri("/x?labels=a,b&refs%5B%5D=m&refs%5B%5D=n&not%5Blabels%5D=c&page=1")
            .header("content-type", "application/json")
            .body(bytes::Bytes::from_static(
                br#"{"page":2,"ids":[1,2],"off":"0","on":true}"#,
            ))
            .expect("a legal request");
        let params = Params::read(&Request::read(request)).expect("legal parameters");
        let list = |name| params.list(name).ok().flatten().unwrap_or_default();
        assert_eq!(list("labels"), ["a", "b"]);
        assert_eq!(list("refs"), ["m", "n"]);
        assert_eq!(list("ids"), ["1", "2"]);
        assert_eq!(params.inside("not", "labels"), Some("c"));
        assert_eq!(params.number("page").ok().flatten(), Some(2));
        assert_eq!(params.flag("off").ok().flatten(), Some(false));
        assert_eq!(params.flag("on").ok().flatten(), Some(true));
    }
}
