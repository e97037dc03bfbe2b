//! `explain`: it says what the filter does.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use envoy_llm_router::{Exchange, GivenAttributes, HeaderEdit, Headers, Question, Router, Step};
use serde_json::{json, Value};

use crate::command::{llm_router, Ran};
use crate::vectors::{Request, Vectors};
use crate::world::Nowhere;

fn explain(arguments: &[&str]) -> Ran {
    let all = [&["explain", "envoy/envoy.yaml"], arguments].concat();
    llm_router(&all).run()
}

#[test]
fn the_steps_are_told_in_their_order() {
    let told =
        explain(&["--team", "research", "--model", "sonnet:anthropic", "--endpoint", "messages"])
            .fine();
    assert_eq!(
        told,
        "\
caller    team research, without a key
asked     sonnet:anthropic at messages
model     rule 3: a name with the provider that it is pinned to, which stands for claude-sonnet-4.6, at anthropic and nowhere else
access    allowed
targets   bedrock: us.anthropic.claude-sonnet-4-6 (priority 0, cost unknown): left out: pinned to another provider; credential bedrock-research, from the team's `credentials`
          anthropic: claude-sonnet-4-6 (priority 1, cost unknown): chosen; credential anthropic-research, from the team's `credentials`
upstream  provider anthropic, cluster anthropic
          POST /v1/messages
          host: api.anthropic.com
          anthropic-version: 2023-06-01
          x-api-key: [anthropic-research]
          model: claude-sonnet-4-6
"
    );
}

#[test]
fn a_refusal_is_what_the_client_gets() {
    let refused = explain(&[
        "--team", "support", "--key", "chatbot", "--model", "sonnet", "--format", "json",
    ]);
    assert_eq!(refused.status, 1);
    let told = refused.json();
    assert_eq!(told["access"]["explanation"], "denied: the team's `models` do not name it");
    assert_eq!((&told["upstream"], &told["model"]["rule"]), (&Value::Null, &json!(1)));
    assert_eq!(told["answer"]["status"], 404);
    assert_eq!(
        told["answer"]["body"]["error"]["message"],
        "The model `sonnet` does not exist or you do not have access to it."
    );
}

#[test]
fn what_is_left_out_is_told_with_its_reason() {
    let configuration = r#"
providers:
  one: { cluster: one, authority: one.example }
  two: { cluster: two, authority: two.example }
  three: { cluster: three, auth: none }
  four: { cluster: four, auth: none }
models:
  m: { targets: [{ provider: one }, { provider: two, cost: 1 }, { provider: three, priority: 1 }] }
  "any-*": { targets: [{ provider: three, model: "*" }, { provider: four, model: "*" }] }
  own: { roles: [chief], targets: [{ provider: three, model: guarded }] }
  sticky: { affinity: [header X-Session, metadata.user_id], targets: [{ provider: three }, { provider: four, weight: 2 }] }
credentials:
  two-of-key: { provider: two, value: k }
  two-of-team: { provider: two, value: t }
teams:
  t:
    models: [m, "any-*", own, sticky]
    keys: [{ id: narrow, env: NARROW, models: [m] }, { id: rich, env: RICH, credentials: [two-of-key] }, { id: old, env: OLD, disabled: true }]
    model_credentials: { m: [two-of-team] }
"#;
    let ask = |arguments: &[&str]| {
        let all = [&["explain", "-", "--team", "t"], arguments].concat();
        llm_router(&all).input(configuration).run()
    };
    let told = ask(&["--model", "m", "--key", "narrow"]).fine();
    assert!(told.contains("one: m (priority 0, cost unknown): left out: no credential"), "{told}");
    assert!(told.contains("two: m (priority 0, cost 1): chosen; credential two-of-team, from the team's `model_credentials`"), "{told}");
    assert!(told.contains("three: m (priority 1, cost unknown): ranks behind\n"), "{told}");
    let told = ask(&["--model", "m", "--key", "rich"]).fine();
    assert!(told.contains("chosen; credential two-of-key, from the key's `credentials`"), "{told}");
    let told = ask(&["--model", "any-x"]).fine();
    assert!(told.contains("rule 4: a registered pattern, any-*, whose * is x"), "{told}");
    assert_eq!(told.matches("chance decides, weight 1").count(), 2, "{told}");
    let told = ask(&["--model", "sticky"]).fine();
    assert!(
        told.contains("four: sticky (priority 0, cost unknown): the session decides, weight 2"),
        "{told}"
    );
    let sources = "session   the first that is there of: header x-session, metadata.user_id; without one, chance";
    assert!(told.contains(sources), "{told}");
    let told = ask(&["--model", "any-guarded"]).fine();
    assert!(told.contains("three: guarded (priority 0, cost unknown): left out: what is served there is registered for others"), "{told}");
    assert!(ask(&["--model", "any-guarded", "--role", "chief"]).fine().contains("chance decides"));
    for (arguments, why) in [
        (&["--model", "any-x", "--key", "narrow"][..], "denied: the key's `models` do not name it"),
        (&["--model", "own"], "denied: the model's `teams`, `roles`"),
        (&["--model", "nothing"], "no rule knows this name"),
        (&["--model", "m", "--key", "old"], "401 invalid_api_key"),
        (&["--model", ""], "400 invalid_model"),
    ] {
        let ran = ask(arguments);
        assert_eq!(ran.status, 1, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stdout.contains(why), "{arguments:?}: {}", ran.stdout);
    }
}

#[test]
fn what_there_is_not_cannot_be_explained() {
    for (arguments, complaint) in [
        (
            ["--team", "x", "--model", "m"].as_slice(),
            "error: there is no team \"x\"; there are: research, support\n",
        ),
        (
            &["--team", "research", "--model", "m", "--key", "x"],
            "error: team \"research\" has no key \"x\"; it has: notebook\n",
        ),
        (
            &["--team", "research", "--model", "m", "--endpoint", "chat"],
            "error: there is no endpoint \"chat\"; there are: chat/completions, ",
        ),
    ] {
        let ran = explain(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""));
        assert!(ran.stderr.starts_with(complaint), "{}", ran.stderr);
    }
    let broken =
        llm_router(&["explain", "-", "--team", "t", "--model", "m"]).input("providers: {}\n").run();
    assert_eq!((broken.status, &*broken.stdout), (1, ""));
    assert!(broken.stderr.contains("-:1:1: error: providers: there is no provider to route to"));
}

/// Claude is at Bedrock for Anthropic's clients alone.
#[test]
fn the_endpoint_decides_which_targets_can_serve_a_model() {
    let told = |endpoint| {
        explain(&["--team", "research", "--model", "claude-sonnet-4.6", "--endpoint", endpoint])
    };
    let chat = told("chat/completions").fine();
    let left_out = "bedrock: us.anthropic.claude-sonnet-4-6 (priority 0, cost unknown): left out: not served at this endpoint, \
                    but at converse, converse-stream, invoke, invoke-with-response-stream, messages;";
    assert!(chat.contains(left_out), "{chat}");
    assert!(chat.contains("upstream  provider anthropic, cluster anthropic\n"), "{chat}");
    let messages = told("messages").fine();
    assert!(messages.contains("upstream  provider bedrock, cluster bedrock\n"), "{messages}");
    assert!(messages.contains("POST /anthropic/v1/messages\n"), "{messages}");
    let converse = told("converse").fine();
    assert!(
        converse.contains("POST /model/us.anthropic.claude-sonnet-4-6/converse\n"),
        "{converse}"
    );
    let embeddings = told("embeddings");
    assert_eq!(embeddings.status, 1);
    let message = "The model `claude-sonnet-4.6` is not served at embeddings. It is served at: chat/completions, \
                   converse, converse-stream, invoke, invoke-with-response-stream, messages, messages/count_tokens.";
    assert!(embeddings.stdout.contains("400 endpoint_not_supported"), "{}", embeddings.stdout);
    assert!(embeddings.stdout.contains(message), "{}", embeddings.stdout);
    let pinned = explain(&["--team", "research", "--model", "claude-sonnet-4.6:bedrock"]);
    let message = "The model `claude-sonnet-4.6:bedrock` is not served at chat/completions. It is served at: converse, \
                   converse-stream, invoke, invoke-with-response-stream, messages.";
    assert!(pinned.status == 1 && pinned.stdout.contains(message), "{}", pinned.stdout);
}

#[test]
fn every_endpoint_can_be_asked_for() {
    for (endpoint, path) in [
        ("audio/transcriptions", "/v1/audio/transcriptions"),
        ("realtime", "/v1/realtime?model=gpt-6-sol"),
        ("responses", "/v1/responses"),
    ] {
        let arguments = [
            "--team",
            "research",
            "--model",
            "openai/gpt-6-sol",
            "--endpoint",
            endpoint,
            "--format",
            "json",
        ];
        let told = explain(&arguments).json();
        assert_eq!(told["upstream"]["path"], path, "{told}");
    }
}

#[test]
fn no_secret_is_shown() {
    let secret = "sk-not-for-your-eyes";
    let names = ["RESEARCH_BEDROCK_KEY", "RESEARCH_VIRTUAL_KEY", "SHARED_GROQ_KEY"];
    let environment: BTreeMap<_, _> =
        names.iter().map(|name| ((*name).to_owned(), format!("{secret}-{name}"))).collect();
    for format in ["text", "json"] {
        let arguments = [
            "explain",
            "envoy/envoy.yaml",
            "--team",
            "research",
            "--model",
            "sonnet",
            "--endpoint",
            "messages",
            "--format",
            format,
        ];
        let told = llm_router(&arguments).environment(&environment).run().fine();
        assert!(told.contains("[bedrock-research]") && !told.contains(secret), "{told}");
    }
}

/// Each request of the vectors that a plain client could make: the way that is explained is the way that it takes.
#[test]
fn the_explanation_is_what_happens() {
    let vectors = Vectors::load();
    let environment = |name: &str| vectors.environment.get(name).cloned();
    let mut compared = 0;
    for row in vectors.rows() {
        if row.case.model.is_none() {
            continue;
        }
        let text = vectors.configuration(&row).to_string();
        let loaded = Router::from_configuration(text.as_bytes(), &environment).unwrap();
        let router = Rc::new(loaded.router);
        let request = row.case.request();
        let brings_keys = request.headers.iter().any(|(name, _)| name.contains("provider-data"));
        let endpoint = request.path.strip_prefix("/v1/").filter(|path| !path.contains('?'));
        let (Some(endpoint), false) = (endpoint, brings_keys) else { continue };

        let mut exchange = Exchange::new(Rc::clone(&router));
        let edits = send(&mut exchange, &request);
        let record = exchange.record();
        let (Some(team), Some(asked)) = (&record.team, &row.case.model) else { continue };
        // What is wrong with the client's headers is no matter of the model.
        if ["unsupported_content_type", "unsupported_content_encoding", "request_too_large"]
            .contains(&record.code)
        {
            continue;
        }
        let Ok(explanation) = router.explain(&Question {
            now: noon().0,
            team: team.to_string(),
            key: record.key_id.as_ref().map(ToString::to_string),
            endpoint: endpoint.to_owned(),
            model: asked.clone(),
            attributes: GivenAttributes::default(),
        }) else {
            continue;
        };
        let title = row.title();
        match (explanation.outcome, edits) {
            (Ok(sent), Some(edits)) => {
                assert_eq!(Some(&*sent.provider), record.provider.as_deref(), "{title}");
                let set = |wanted: &str| {
                    edits.iter().find_map(|edit| match edit {
                        HeaderEdit::Set(name, value) if name == wanted => {
                            Some(String::from_utf8(value.clone()).unwrap())
                        }
                        _ => None,
                    })
                };
                assert_eq!(sent.authority, set(":authority"), "{title}");
                assert_eq!(sent.path, set(":path").unwrap_or(request.path), "{title}");
                assert_eq!(Some(sent.cluster), set(vectors.cluster_header(&row)), "{title}");
            }
            (Err(reply), None) => assert_eq!(reply.code, record.code, "{title}"),
            (outcome, _) => panic!("{title}: explained as {outcome:?}, was {}", record.code),
        }
        compared += 1;
    }
    assert!(compared > 150, "{compared}");
}

/// The edits to a request; `None` if it is refused.
fn send(exchange: &mut Exchange, request: &Request) -> Option<Vec<HeaderEdit>> {
    let pseudo = [
        (":method", &*request.method),
        (":path", &request.path),
        (":authority", &request.authority),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let fields =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let headers: Headers = pseudo.into_iter().chain(fields).collect();
    match exchange.begin(headers, false, &noon()) {
        Step::Forward(rewrite) => Some(rewrite.headers),
        Step::Reply(_) => None,
        Step::Hold => {
            exchange.feed(&request.body).ok()?;
            exchange.finish(&noon()).ok().map(|rewrite| rewrite.headers)
        }
    }
}

/// The moment at which the vectors are judged.
fn noon() -> Nowhere {
    Nowhere(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

const THREE_TEAMS: &str = r#"
providers:
  one: { cluster: one, authority: one.example, default_credential: shared }
  two: { cluster: two, authority: two.example, client_credentials: true }
  three: { cluster: three, auth: none, unregistered_models: false }
models:
  m: { aliases: [nn], targets: [{ provider: one, priority: 1 }, { provider: three }] }
  own: { targets: [{ provider: two }] }
  reserved: { roles: [chief], targets: [{ provider: three }] }
  "any-*": { targets: [{ provider: three, model: "*" }] }
credentials:
  shared: { provider: one, value: sk-in-no-output }
teams:
  all:
    models: ["*"]
    keys: [{ id: plain, env: PLAIN_KEY }, { id: same, env: SAME_KEY }, { id: narrow, env: NARROW_KEY, models: [m] }, { id: old, env: OLD_KEY, disabled: true }]
    aliases: { quick: m }
  few: { models: [nn, "any-x*", "two/y"], keys: [{ id: only, env: FEW_KEY }] }
  none: { models: [], keys: [{ id: only, env: NONE_KEY }] }
"#;

fn three_teams(arguments: &[&str]) -> Ran {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("plugin.yaml");
    std::fs::write(&path, THREE_TEAMS).unwrap();
    let all = [&["explain", path.to_str().unwrap()], arguments].concat();
    llm_router(&all).run()
}

#[test]
fn who_may_call_what_is_a_table() {
    let table = "\
model     all                 all/narrow   all/old      few                 none
any-*     three               -            invalid key  in part             -
m         three, one          three, one   invalid key  -                   -
nn        three, one          three, one   invalid key  three, one          -
own       two (own key)       -            invalid key  -                   -
quick     three, one          three, one   invalid key  -                   -
reserved  -                   -            invalid key  -                   -
two/y     two (own key)       -            invalid key  two (own key)       -
one/*     one                 -            invalid key  -                   -
two/*     two (own key)       -            invalid key  in part             -

-              404: this caller may not call it
in part        some of the names that the pattern stands for
invalid key    401: the key has expired or is disabled
(own key)      the caller brings its own key for the provider
";
    let squeezed = |text: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>()
    };
    let printed = three_teams(&[]).fine();
    assert_eq!(squeezed(&printed), squeezed(table), "{printed}");
    // In columns, and no wider than a terminal.
    let column = printed.lines().next().unwrap().find("all/narrow").unwrap();
    for line in printed.lines().take_while(|line| !line.is_empty()) {
        assert!(line.chars().count() <= 100 && line.as_bytes()[column - 1] == b' ', "{line}");
    }
    let chief = three_teams(&["--team", "all", "--role", "chief"]).fine();
    assert!(chief.contains("\nreserved  three          -           invalid key\n"), "{chief}");
    assert!(!chief.contains("few"), "{chief}");
    let narrow = three_teams(&["--team", "all", "--key", "narrow"]).fine();
    assert!(narrow.starts_with("model     all/narrow\n"), "{narrow}");
}

#[test]
fn a_wide_table_goes_on_below() {
    let mut configuration =
        "providers: { local: { cluster: local, auth: none } }\nteams:\n".to_owned();
    for team in 0..30 {
        configuration.push_str(&format!("  team-{team:02}: {{ models: [\"*\"] }}\n"));
    }
    let table = llm_router(&["explain", "-"]).input(configuration).run().fine();
    let titles: Vec<_> = table.lines().filter(|line| line.starts_with("model ")).collect();
    assert!(titles.len() > 1 && titles.iter().all(|title| title.len() <= 100), "{table}");
    for team in 0..30 {
        let name = format!("team-{team:02}");
        assert_eq!(titles.iter().filter(|title| title.contains(&name)).count(), 1, "{name}");
    }
    assert_eq!(table.lines().filter(|line| line.starts_with("local/*")).count(), titles.len());
}

/// The table says what `explain` says of each model and team, and what callers get.
#[test]
fn the_table_agrees_with_the_explanations() {
    let table = three_teams(&["--format", "json"]).json();
    let mut compared = 0;
    for row in table["models"].as_array().unwrap() {
        let model = row["model"].as_str().unwrap();
        for caller in row["callers"].as_array().unwrap() {
            let team = caller["team"].as_str().unwrap();
            let mut arguments = vec!["--model", model, "--team", team, "--format", "json"];
            arguments.extend(caller["key"].as_str().map(|key| ["--key", key]).iter().flatten());
            let explained = three_teams(&arguments).json();
            let code = explained["answer"]["code"].as_str();
            let expected = match caller["status"].as_str().unwrap() {
                "served" if caller["providers"] == json!([]) => Some("credential_not_configured"),
                "served" => None,
                "denied" | "in_part" => Some("model_not_found"),
                "invalid_key" => Some("invalid_api_key"),
                other => panic!("{other}"),
            };
            assert_eq!(code, expected, "{model} {caller}: {explained}");
            if code.is_none() {
                assert_eq!(explained["upstream"]["provider"], caller["providers"][0], "{model}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 45);
}

#[test]
fn without_a_team_each_is_explained() {
    let text = three_teams(&["--model", "nn"]).fine();
    let callers: Vec<_> = text.lines().filter(|line| line.starts_with("caller ")).collect();
    assert_eq!(
        callers,
        ["all", "few", "none"].map(|team| format!("caller    team {team}, without a key"))
    );
    assert_eq!(text.matches("\nupstream  provider three, cluster three\n").count(), 2, "{text}");
    let all = three_teams(&["--model", "nn", "--format", "json"]).json();
    let codes: Vec<_> =
        all.as_array().unwrap().iter().map(|one| one["answer"]["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, Value::Null, json!("model_not_found")]);
    let nobody = three_teams(&["--model", "nothing"]);
    assert_eq!(nobody.status, 1, "{}", nobody.stdout);
}

#[test]
fn a_key_on_standard_input_says_who_calls() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("plugin.yaml");
    std::fs::write(&path, THREE_TEAMS).unwrap();
    let secret = "vk-not-for-your-eyes";
    let environment = BTreeMap::from([
        ("NARROW_KEY".to_owned(), format!("{secret}-narrow")),
        ("OLD_KEY".to_owned(), format!("{secret}-old")),
    ]);
    let ask = |input: String, arguments: &[&str]| {
        let all = [&["explain", path.to_str().unwrap(), "--key-stdin"], arguments].concat();
        let ran = llm_router(&all).environment(&environment).input(input).run();
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(secret), "{}", ran.stdout);
        ran
    };
    for end in ["", "\n", "\r\n"] {
        let ran = ask(format!("{secret}-narrow{end}"), &["--model", "m"]);
        assert!(ran.stdout.starts_with("caller    team all, key narrow\n"), "{}", ran.stdout);
        assert_eq!(ran.status, 0);
    }
    let table = ask(format!("{secret}-narrow"), &[]).fine();
    assert!(table.starts_with("model     all/narrow\n"), "{table}");
    let old = ask(format!("{secret}-old"), &["--model", "m"]);
    assert!(old.stdout.contains("answer    401 invalid_api_key"), "{}", old.stdout);

    let unknown = ask(format!("{secret}-nobody's"), &["--model", "m"]);
    assert_eq!(
        (unknown.status, &*unknown.stdout),
        (1, "caller    nobody: no team has the key on standard input\nanswer    401 invalid_api_key\n")
    );
    let variables = "not known here: PLAIN_KEY, SAME_KEY, FEW_KEY, NONE_KEY;";
    assert!(unknown.stderr.contains(variables), "{}", unknown.stderr);
    let unknown = ask(format!("{secret}-nobody's"), &["--model", "m", "--format", "json"]).json();
    assert_eq!(unknown["answer"], json!({"status": 401, "code": "invalid_api_key"}));

    for (input, arguments, complaint) in [
        (
            format!("{secret}-narrow"),
            &["--team", "few"][..],
            "belongs to team \"all\", not to \"few\"",
        ),
        (String::new(), &[], "the key is empty"),
        (format!("{secret} "), &[], "begins or ends with white space"),
        (format!("{secret}-narrow"), &["--team", "all", "--key", "narrow"], "cannot be used with"),
    ] {
        let ran = ask(input, arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains(complaint), "{}", ran.stderr);
    }
    let both = llm_router(&["explain", "-", "--key-stdin"]).input(THREE_TEAMS).run();
    assert_eq!(both.status, 2);
    assert!(both.stderr.contains("cannot be both"), "{}", both.stderr);
}

#[test]
fn what_teams_reach_of_what_is_stored_is_told() {
    let configuration = r#"
providers:
  openai: { kind: openai, cluster: openai, default_credential: shared }
  local: { kind: ollama, cluster: local }
credentials:
  shared: { provider: openai, value: s }
  own: { provider: openai, value: o }
teams:
  owners: { models: ["*"], keys: [{ env: A }], credentials: [own], resources: { providers: [openai, local] } }
  lodgers: { models: ["*"], keys: [{ env: B }], resources: { providers: [openai], endpoints: [files], shared_credential: true } }
  others: { models: ["*"], keys: [{ env: C }] }
"#;
    let told = llm_router(&["explain", "-"]).input(configuration).run().fine();
    let families = "responses, conversations, videos, chat/completions";
    for line in [
        "\nresources\nlodgers: files at openai, with credential shared\n".to_owned(),
        format!("\nowners: {families} at openai, with credential own\n"),
        format!("\nowners: {families} at local, 403: no credential of its own\n"),
    ] {
        assert!(told.contains(&line), "{told}");
    }
    assert!(!told.contains("others:"), "{told}");
    let told = llm_router(&["explain", "-", "--team", "lodgers", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.input(configuration).run().fine()).unwrap();
    assert_eq!(
        told["resources"],
        json!([{"team": "lodgers", "key": null, "provider": "openai", "endpoints": ["files"], "served": true, "credential": "shared"}])
    );
}
