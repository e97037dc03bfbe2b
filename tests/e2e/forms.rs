//! Requests that carry a file: the model is one part of a form, and it alone is edited.

use crate::harness::catalogue::{credential, BLUE, RED};
use crate::harness::client::Frames;
use crate::harness::form::Form;
use crate::harness::{Call, Exchange, Gateway};
use bytes::Bytes;

const TRANSCRIPTIONS: &str = "/v1/audio/transcriptions";

/// A file of this many bytes, in which every byte occurs, and beginnings of a boundary.
fn file(size: usize) -> Vec<u8> {
    let lure = b"\r\n--boun\r\n--\r\r\n-\nbound\r\n";
    let bytes = (0..=u8::MAX).chain(*lure).cycle();
    bytes.take(size).collect()
}

fn call(path: &str, form: &Form) -> Call {
    Call::post(path, form.bytes()).key(RED).header("content-type", form.content_type())
}

/// The exact bytes went up, and were framed exactly.
fn assert_arrived(exchange: &Exchange, form: &Form) {
    let received = exchange.upstream();
    let expected = form.bytes();
    let same = received.body.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    assert!(
        received.body == expected,
        "{} bytes arrived and not {}, the first {same} the same",
        received.body.len(),
        expected.len(),
    );
    received.assert_framed_exactly();
    assert_eq!(received.header("content-type"), Some(&*form.content_type()));
}

#[tokio::test]
async fn the_model_is_found_before_and_after_a_large_file_and_edited_in_place() {
    let gateway = Gateway::shared();
    let file = file(3_000_000);
    let before = |model: &str| {
        let form = Form::new("bound").field("model", model).field("language", "de");
        form.file("file", &file)
    };
    let after = |model: &str| {
        let form = Form::new("bound").field("prompt", "é").file("file", &file);
        form.field("model", model).field("temperature", "0")
    };
    let forms: [&dyn Fn(&str) -> Form; 2] = [&before, &after];
    for form in forms {
        // One name grows, one shrinks.
        for (asked, upstream_model) in
            [("quoted", "a \"quoted\" \\ name/é"), ("glm-5-long-name-for-a-short-one", "g")]
        {
            let sent = form(asked);
            let announced = || {
                let call = Call::new("POST", TRANSCRIPTIONS).key(RED);
                call.header("content-type", sent.content_type())
            };
            let whole = Frames::whole(Bytes::from(sent.bytes()));
            let pieces = Frames::pieces(&sent.bytes(), 50_000);
            for call in [
                announced().body(whole.clone()),
                announced().body(pieces.clone()),
                announced().body(whole).http2(),
                announced().body(pieces).http2(),
            ] {
                let exchange = gateway.send(call).await;
                assert_arrived(&exchange, &form(upstream_model));
                assert_eq!(exchange.upstream().cluster, "groq");
                let expected = format!("Bearer {}", credential("groq", "red"));
                assert_eq!(exchange.upstream().header("authorization"), Some(&*expected));
            }
        }
    }
}

#[tokio::test]
async fn every_endpoint_that_takes_a_form_is_routed() {
    let gateway = Gateway::shared();
    let form = |model: &str| Form::new("x").file("file", b"f").field("model", model);
    for (endpoint, asked, sent) in [
        ("audio/transcriptions", "latest", "gpt-4o"),
        ("audio/translations", "latest", "gpt-4o"),
        ("images/edits", "latest", "gpt-4o"),
        ("images/variations", "latest", "gpt-4o"),
        ("videos", "open/film", "film"),
    ] {
        let exchange = gateway.send(call(&format!("/v1/{endpoint}"), &form(asked))).await;
        assert_arrived(&exchange, &form(sent));
        assert_eq!(exchange.upstream().path, format!("/v1/{endpoint}"));
    }
    for endpoint in ["audio/transcriptions", "audio/translations", "images/edits"] {
        let exchange = gateway.send(call(&format!("/v1/{endpoint}"), &form("deployed"))).await;
        let azure = format!("/openai/deployments/red-gpt/{endpoint}?api-version=2024-10-21");
        assert_eq!(exchange.upstream().path, azure);
    }
}

#[tokio::test]
async fn boundaries_are_read_as_they_are_declared() {
    let gateway = Gateway::shared();
    let form = |model: &str| Form::new("a b:c").field("model", model).file("file", b"--a b:\r\n");
    for content_type in [
        "multipart/form-data; boundary=\"a b:c\"",
        "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b:c\"",
        "multipart/form-data;boundary=\"a b:c\";x=y",
    ] {
        let call = Call::post(TRANSCRIPTIONS, form("groq/whisper").bytes()).key(RED);
        let exchange = gateway.send(call.header("content-type", content_type)).await;
        assert_eq!(exchange.upstream().body, form("whisper").bytes(), "{content_type}");
        assert_eq!(exchange.upstream().header("content-type"), Some(content_type));
        exchange.upstream().assert_framed_exactly();
    }
}

#[tokio::test]
async fn a_parts_own_length_is_corrected() {
    let gateway = Gateway::shared();
    let form = |model: &str, length: usize| {
        let head = "content-disposition: form-data; name=\"model\"\r\nContent-Length: ";
        Form::new("x").part(&format!("{head}{length}"), model.as_bytes()).file("file", b"f")
    };
    let exchange = gateway.send(call(TRANSCRIPTIONS, &form("groq/whisper-large", 18))).await;
    assert_arrived(&exchange, &form("whisper-large", 13));
}

#[tokio::test]
async fn a_model_that_stays_leaves_every_byte_of_a_form_where_it_is() {
    let gateway = Gateway::shared();
    let form = Form::new("x").field("model", "gpt-4o").file("file", &file(5_000));
    assert_arrived(&gateway.send(call(TRANSCRIPTIONS, &form)).await, &form);
}

#[tokio::test]
async fn a_form_without_one_model_is_refused() {
    let gateway = Gateway::shared();
    let form = || Form::new("x").file("file", b"f");
    let named = |name: &str| Form::new("x").file("file", b"f").field(name, "gpt-4o");
    for (form, code) in [
        (form(), "missing_model"),
        (named("models"), "missing_model"),
        (named("Model"), "invalid_multipart"),
        (named("model").field("model", "gpt-4o"), "duplicate_field"),
        (named("model").file("file", b"f").field("model", "gpt-5"), "duplicate_field"),
        (form().field("model", ""), "invalid_model"),
        (form().field("model", "gpt\r\n4o"), "invalid_model"),
        (form().field("model", "of-nobody"), "model_not_found"),
        (form().field("model", "embed-3"), "model_type_mismatch"),
        (named("model").field("api_base", "x"), "forbidden_field"),
        (named("model").field("api_key", "x"), "forbidden_field"),
        (named("model").field("provider_data", "{}"), "forbidden_field"),
    ] {
        let status = if code == "model_not_found" { 404 } else { 400 };
        gateway.send(call(TRANSCRIPTIONS, &form)).await.assert_rejected(status, code);
        gateway.send(call(TRANSCRIPTIONS, &form).http2()).await.assert_rejected(status, code);
    }
}

#[tokio::test]
async fn a_body_that_is_not_the_form_it_is_declared_as_is_refused() {
    let gateway = Gateway::shared();
    let form = Form::new("x").field("model", "gpt-4o");
    let sent = |content_type: &str, body: Vec<u8>| {
        Call::post(TRANSCRIPTIONS, body).key(RED).header("content-type", content_type)
    };
    let declared = form.content_type();
    for body in [
        form.open_ended(),
        b"".to_vec(),
        b"hello".to_vec(),
        br#"{"model":"gpt-4o"}"#.to_vec(),
        Form::new("y").field("model", "gpt-4o").bytes(),
        Form::new("x").part("X-No-Disposition: 1", b"gpt-4o").bytes(),
    ] {
        let exchange = gateway.send(sent(&declared, body)).await;
        exchange.assert_rejected(400, "invalid_multipart");
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x; boundary=y",
        "multipart/form-data; boundary=\"\\x\"",
    ] {
        let exchange = gateway.send(sent(content_type, form.bytes())).await;
        exchange.assert_rejected(400, "invalid_multipart");
    }
    for content_type in ["application/json", "multipart/mixed; boundary=x", "text/plain"] {
        let exchange = gateway.send(sent(content_type, form.bytes())).await;
        exchange.assert_rejected(415, "unsupported_content_type");
    }
    let undeclared = Call::post(TRANSCRIPTIONS, form.bytes()).key(RED);
    gateway.send(undeclared).await.assert_rejected(415, "unsupported_content_type");
    let zipped = call(TRANSCRIPTIONS, &form).header("content-encoding", "gzip");
    gateway.send(zipped).await.assert_rejected(415, "unsupported_content_encoding");
}

#[tokio::test]
async fn a_form_is_subject_to_the_same_limits_and_access_as_any_body() {
    let gateway = Gateway::shared();
    let form = Form::new("x").field("model", "gpt-4o").file("file", &file(5_000));
    for call in [call(TRANSCRIPTIONS, &form), call(TRANSCRIPTIONS, &form).http2()] {
        let exchange = gateway.send_to("small", call).await;
        exchange.assert_rejected(413, "request_too_large");
    }
    let denied = Form::new("x").field("model", "reserved-70b");
    let call = Call::post(TRANSCRIPTIONS, denied.bytes()).key(BLUE);
    let call = call.header("content-type", denied.content_type());
    gateway.send(call).await.assert_rejected(404, "model_not_found");
}
