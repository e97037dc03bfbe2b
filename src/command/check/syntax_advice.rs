//! What to write in the place of text that YAML's parser cannot read.

use crate::yaml::Mark;

/// Characters that cannot begin an unquoted value (YAML 1.2.2, section 5.3).
const INDICATORS: [char; 4] = ['@', '`', '%', '|'];

/// Advice for a syntax error at `mark`, where the mistake is one that people often make.
pub fn advice(text: &str, mark: Mark, message: &str) -> Option<String> {
    let line = text.lines().nth(mark.line.saturating_sub(1)).unwrap_or_default();
    if line.contains("{{") {
        return Some(
            "the file is a template that was not rendered; a value that begins with `{{` must be quoted".to_owned(),
        );
    }
    if message.contains("anchor") {
        return Some(
            "YAML takes an unquoted `*` for an alias: quote it, as in [\"*\"] or \"gpt-*\""
                .to_owned(),
        );
    }
    if let Some(name) = line.split_once("${").and_then(|(_, rest)| rest.split_once('}')) {
        let name = name.0;
        return Some(format!(
            "an unquoted `${{{name}}}` is not text inside of braces or brackets: quote it, \"${{{name}}}\", if something \
             replaces it before Envoy reads the file; for a variable of Envoy's environment write `env: {name}`"
        ));
    }
    if message.contains("unexpected character") {
        let unquoted = line.split([' ', '[', '{', ',']).find(|word| word.starts_with(INDICATORS));
        let word = unquoted.unwrap_or("it").trim_end_matches([' ', ']', '}', ',']);
        return Some(format!("quote it: \"{word}\""));
    }
    if message.contains("tab") {
        return Some("YAML is indented with blanks, not with tabs".to_owned());
    }
    if message.contains("mapping values are not allowed") {
        return Some("a value that holds `: ` must be quoted".to_owned());
    }
    None
}
