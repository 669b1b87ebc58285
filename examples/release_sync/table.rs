//! Rows for people.

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};

/// A table with these headings.
pub fn render(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    format!("{table}\n")
}
