//! Trees and their places.

use super::*;

fn tree(text: &str) -> Rc<Yaml> {
    let mut documents = read(text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0).root
}

fn place(text: &str, path: &str) -> (usize, usize) {
    let mark = tree(text).locate(path);
    (mark.line, mark.column)
}

#[test]
fn a_path_leads_to_its_place() {
    let text = "\
teams:
  research:
    credentials: [one, two]
    aliases: { fast: llama }
models:
  claude-sonnet-4.6:
    targets:
      - { provider: bedrock }
      - provider: x
        model: y
";
    for (path, expected) in [
        ("", (1, 1)),
        ("teams", (1, 1)),
        ("teams.research.credentials[1]", (3, 24)),
        ("teams.research.aliases.fast", (4, 16)),
        ("models.claude-sonnet-4.6", (6, 3)),
        ("models.claude-sonnet-4.6.targets[0].provider", (8, 11)),
        ("models.claude-sonnet-4.6.targets[1].model", (10, 9)),
        // What is not there is where it would be.
        ("models.claude-sonnet-4.6.type", (6, 3)),
        ("teams.research.credentials[2]", (3, 5)),
        ("nothing", (1, 1)),
    ] {
        assert_eq!(place(text, path), expected, "{path}");
    }
}

#[test]
fn json_has_places_too() {
    let text = "{\n  \"a\": [1, {\"b.c\": true}]\n}";
    assert_eq!(place(text, "a[1].b.c"), (2, 13));
}

#[test]
fn an_alias_stands_where_its_anchor_does() {
    let tree = tree("a: &x { b: 1 }\nc: *x\n");
    assert_eq!(tree.at(&["c", "b"]).and_then(Yaml::text), Some("1"));
    assert_eq!(tree.locate("c.b").line, 1);
}

#[test]
fn the_lines_of_a_block_have_places() {
    let tree = tree("a:\n  text: |\n\n    {\n      \"b\": 1\n    }\n");
    let scalar = tree.at(&["a", "text"]).and_then(Yaml::scalar).expect("text");
    let block = scalar.block.expect("a block");
    let inner = read(&scalar.text).expect("JSON").remove(0).root;
    assert_eq!(block.place(inner.locate("b")), Mark { line: 5, column: 7 });
}

#[test]
fn a_repeated_key_is_told_of_and_does_not_count() {
    let document = read("a:\n  - b: 1\n    c: 2\n    b: 3\n").expect("YAML").remove(0);
    assert_eq!(document.repeated, [(Mark { line: 4, column: 5 }, "a[0].b".to_owned())]);
    let first = document.root.get("a").and_then(|list| list.items().next());
    assert_eq!(first.and_then(|item| item.text_of("b")), Some("1"));
}

#[test]
fn what_is_no_yaml_has_a_place() {
    let error = read("a: [1\nb: 2\n").expect_err("no YAML");
    assert_eq!(error.mark.line, 2, "{}", error.message);
}

#[test]
fn aliases_of_aliases_do_not_fill_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    assert!(read(&text).is_err());
    assert!(read(&"[".repeat(5_000)).is_err());
}

#[test]
fn scalars_mean_what_their_reader_takes_them_for() {
    let number = |n: i64| Node::Number(n.into());
    let text = |t: &str| Node::Text(t.to_owned());
    for (written, envoy, kubernetes) in [
        ("yes", Node::Bool(true), Node::Bool(true)),
        ("Off", Node::Bool(false), Node::Bool(false)),
        ("oFF", text("oFF"), text("oFF")),
        ("\"yes\"", text("yes"), text("yes")),
        ("~", Node::Null, Node::Null),
        ("12", number(12), number(12)),
        ("0x10", number(16), number(16)),
        ("010", number(8), number(8)),
        ("5000000000", text("5000000000"), number(5_000_000_000)),
        ("1.5", text("1.5"), Node::Number(serde_json::Number::from_f64(1.5).unwrap())),
        ("1.2.3", text("1.2.3"), text("1.2.3")),
        ("nan", text("nan"), text("nan")),
        ("-", text("-"), text("-")),
    ] {
        let yaml = read(&format!("a: {written}\n"));
        let Ok(documents) = yaml else {
            assert_eq!(written, "-");
            continue;
        };
        let scalar = documents[0].root.get("a").and_then(Yaml::scalar).cloned().expect("a scalar");
        assert_eq!(scalar.resolve(Dialect::Envoy), envoy, "{written}");
        assert_eq!(scalar.resolve(Dialect::Kubernetes), kubernetes, "{written}");
    }
}

#[test]
fn fields_have_two_spellings() {
    let tree = tree("rootId: a\nvm_config: b\nallowOnHeadersStopIteration: true\n");
    assert_eq!(tree.text_of("root_id"), Some("a"));
    assert_eq!(tree.text_of("vm_config"), Some("b"));
    assert!(tree.is_true("allow_on_headers_stop_iteration"));
    assert!(tree.get("root").is_none() && tree.get("root_i").is_none());
}

#[test]
fn any_number_of_comments_in_a_row_is_read() {
    let comments = "# a comment\n".repeat(1_000);
    let document = read(&format!("{comments}a:\n{comments}  b: 1\n{comments}"));
    let root = document.expect("YAML").remove(0).root;
    assert_eq!(root.at(&["a", "b"]).and_then(Yaml::text), Some("1"));
    assert_eq!(root.locate("a.b").line, 2_002);
}

#[test]
fn of_a_repeated_key_the_last_counts_where_that_is_wanted() {
    let text = "a: 1\n<<: { c: 1 }\nb: 2\na: 3\n<<: { d: 1 }\n";
    let document = read_with(text, Repeated::Last).expect("YAML").remove(0);
    assert_eq!(document.root.text_of("a"), Some("3"));
    assert_eq!(document.root.entry("a").map(|entry| entry.mark.line), Some(4));
    let merges = document.root.entries().iter().filter(|entry| entry.key == MERGE).count();
    assert_eq!((merges, document.repeated.len()), (2, 1));
}
