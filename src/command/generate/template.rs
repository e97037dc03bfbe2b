//! Templates in which `{{name}}` is filled in.

/// The template with each `{{name}}` replaced. One that stands alone in its line is replaced by all lines of its value, as
/// far indented as it is; by nothing, if the value is empty.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled: Vec<String> = Vec::new();
    for line in template.lines() {
        let alone = values.iter().find(|(name, _)| line.trim() == format!("{{{{{name}}}}}"));
        if let Some((_, value)) = alone {
            let indent = line.len().saturating_sub(line.trim_start().len());
            filled.extend(value.lines().map(|line| indented(line, indent)));
        } else {
            filled.push(values.iter().fold(line.to_owned(), |line, (name, value)| {
                line.replace(&format!("{{{{{name}}}}}"), value)
            }));
        }
    }
    let mut text = filled.join("\n");
    if template.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn indented(line: &str, indent: usize) -> String {
    match line.is_empty() {
        true => String::new(),
        false => format!("{:indent$}{line}", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn lines_are_indented_like_their_place() {
        let template = "a: {{x}}\nb:\n  {{y}}\nc: {{x}}{{x}}\n";
        let filled = fill(template, &[("x", "1"), ("y", "k:\n  - z\n\n  - {{x}}")]);
        assert_eq!(filled, "a: 1\nb:\n  k:\n    - z\n\n    - {{x}}\nc: 11\n");
        assert_eq!(fill("a\n  {{y}}\nb", &[("y", "")]), "a\nb");
    }
}
