//! Names of parts that parsers could read in two ways.

use super::super::{Error, ErrorKind, ScannedForm};
use super::{scan, spell_out};

/// Scans a body of one part with these parameters in its `content-disposition`.
fn scan_parameters(parameters: &str) -> (Result<ScannedForm, Error>, usize) {
    let disposition = format!("--xyz|Content-Disposition: form-data; {parameters}");
    let body = spell_out(format!("{disposition}||value|--xyz--").as_bytes());
    let offset = spell_out(disposition.as_bytes()).len() - parameters.len();
    (scan(&body), offset)
}

#[test]
fn what_parsers_may_read_as_another_name_is_ambiguous() {
    let names = [
        "Model",
        "MODEL",
        "mODEL",
        "mode%6c",
        "%6dodel",
        "mode%6C",
        "mode%256c",
        "mode%u006c",
        "mod\\el",
        "\\model",
        "model\\\\ ",
        " model",
        "model ",
        "mo del",
        "model\t",
        "model[]",
        "model[0]",
        "model[a]",
        "[model]",
        "model[",
        "model]",
        "MODEL[]",
        "model.",
        ".model",
        "mo.del",
        "mo_del",
        "_model_",
        "mod-el",
        "'model'",
        "`model`",
        "model;",
        "model,",
        "model=",
        "+model",
        "model+",
        "=?utf-8?q?model?=",
        "&#109;odel",
        "utf-8''model",
        "<model>",
        "(model)",
        "{model}",
        "model/",
        "a=b",
        "a&b",
        "a b",
        "a%20b",
        "a:b",
        "$a",
        "",
    ];
    for name in names {
        let (found, offset) = scan_parameters(&format!("name=\"{name}\""));
        assert_eq!(found, Err(Error { offset, kind: ErrorKind::AmbiguousName }), "{name}");
    }
}

#[test]
fn an_extended_name_is_ambiguous() {
    for parameter in [
        "name*=utf-8''model",
        "name*=utf-8''a",
        "name*0=a",
        "name*0*=utf-8''a",
        "name*=a",
        "name*=a; name=\"a\"",
    ] {
        let (found, offset) = scan_parameters(parameter);
        assert_eq!(found, Err(Error { offset, kind: ErrorKind::AmbiguousName }), "{parameter}");
    }
    let (found, offset) = scan_parameters("name=\"a\"; name*=utf-8''model");
    let error = Error { offset: offset + 10, kind: ErrorKind::AmbiguousName };
    assert_eq!(found, Err(error));
}

#[test]
fn other_names_are_passed_over() {
    for name in [
        "a",
        "file",
        "image",
        "image[]",
        "image[0]",
        "mask",
        "prompt",
        "language",
        "models",
        "mode",
        "modell",
        "remodel",
        "model_name",
        "model-id",
        "model.id",
        "a[model]",
        "a.model",
        "timestamp_granularities[]",
        "include[]",
        "response_format",
        "stream",
        "a[b][c]",
        "A-1._",
        "key",
        "api",
        "base",
        "charset",
        "provider",
        "user",
    ] {
        let (found, _) = scan_parameters(&format!("name=\"{name}\""));
        let document = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((document.model, document.forbidden), (None, None), "{name}");
    }
}

#[test]
fn forbidden_names_are_reported() {
    for (name, forbidden) in [
        ("api_key", "api_key"),
        ("api_base", "api_base"),
        ("base_url", "base_url"),
        ("user_config", "user_config"),
        ("provider_data", "provider_data"),
        ("API_KEY", "api_key"),
        ("Api-Key", "api_key"),
        ("apiKey", "api_key"),
        ("api.key", "api_key"),
        ("user_config[a]", "user_config"),
        ("[base_url]", "base_url"),
        ("Provider_Data[]", "provider_data"),
    ] {
        for parameters in [format!("name=\"{name}\""), format!("name=\"{name}\"; filename=a")] {
            let (found, _) = scan_parameters(&parameters);
            assert_eq!(found.unwrap().forbidden, Some(forbidden), "{parameters}");
        }
    }
}

#[test]
fn the_first_forbidden_name_is_reported() {
    let body = spell_out(
        b"--xyz|@file||a|--xyz|Content-Disposition: form-data; name=base_url||b|--xyz|@model||m|\
          --xyz|Content-Disposition: form-data; name=api_key||c|--xyz--",
    );
    let document = scan(&body).unwrap();
    assert_eq!(document.forbidden, Some("base_url"));
    assert_eq!(document.model.unwrap().text, b"m");
}
