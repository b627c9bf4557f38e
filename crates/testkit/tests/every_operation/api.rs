//! The operations as the server publishes them.

use std::collections::BTreeSet;

use http_api::Scopes;
use testkit::{Farm, Value};

pub const SCOPES: [&str; 4] = ["read", "print", "approve", "manage"];

/// One operation of the served document.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: String,
    /// Below `/api/v1`.
    pub path: String,
    pub full_path: String,
    /// A row of the permission table, `signed-in` or `public`.
    pub permission: String,
    /// A scope, `browser` or `public`.
    pub scope: String,
    /// The body of its success, resolved one level; `Null` if it has none.
    pub answer: Value,
    pub parameters: BTreeSet<String>,
}

impl Operation {
    /// A row that no operation has yet.
    pub fn row(key: &str) -> Self {
        let no = String::new;
        let (method, answer, parameters) = (no(), Value::Null, BTreeSet::new());
        Self { method, path: no(), full_path: no(), permission: key.to_owned(), scope: no(), answer, parameters }
    }

    pub fn is_row(&self) -> bool {
        self.path.is_empty()
    }

    /// Its answer is a list: it has `items`.
    pub fn is_list(&self) -> bool {
        self.method == "GET" && self.answer["properties"]["items"].is_object()
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_row() { f.write_str(&self.permission) } else { write!(f, "{} {}", self.method, self.path) }
    }
}

/// What the server publishes.
pub struct Api {
    pub operations: Vec<Operation>,
    pub scopes: Scopes,
}

impl Api {
    /// As it is served.
    pub async fn of(farm: &Farm) -> Self {
        let document = farm.nobody().get("/openapi.json").await.ok();
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let word = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let success =
                    operation["responses"].as_object().unwrap().iter().find(|(code, _)| code.starts_with('2'));
                let schema = success.and_then(|(_, answer)| answer["content"].as_object()?.values().next());
                let mut answer = schema.map_or(Value::Null, |content| content["schema"].clone());
                if let Some(name) = answer["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
                    answer = document["components"]["schemas"][name].clone();
                }
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                    full_path: path.clone(),
                    permission: word("x-permission"),
                    scope: word("x-scope"),
                    answer,
                    parameters: parameters.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect(),
                });
            }
        }
        Self { operations, scopes: Scopes::published() }
    }

    pub fn find(&self, method: &str, path: &str) -> &Operation {
        let found = self.operations.iter().find(|op| op.method == method && op.path == path);
        found.unwrap_or_else(|| panic!("the API has no {method} {path}"))
    }
}

/// The first ones; a change of one row makes thousands.
pub fn head(wrong: &[String]) -> String {
    wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
}
