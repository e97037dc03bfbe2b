//! Forms as clients send them, and values of any bytes.

use super::{boundary, scan, scan_with, spell_out};

/// Bodies as the clients in the field write them.
#[test]
fn bodies_of_clients() {
    let rows: &[(&str, &str, &[u8])] = &[
        (
            "browser",
            "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            b"------WebKitFormBoundary7MA4YWxkTrZu0gW|@file; filename=\"a.wav\"|\
              Content-Type: audio/wav||RIFF|\
              ------WebKitFormBoundary7MA4YWxkTrZu0gW|@model||whisper-1|\
              ------WebKitFormBoundary7MA4YWxkTrZu0gW--|",
        ),
        (
            "curl",
            "------------------------d74496d66958873e",
            b"--------------------------d74496d66958873e|@model||whisper-1|\
              --------------------------d74496d66958873e|@file; filename=\"a.wav\"|\
              Content-Type: application/octet-stream||RIFF|\
              --------------------------d74496d66958873e--|",
        ),
        (
            "HTTPX, as OpenAI's Python SDK",
            "5ba20c1f0d2d6b8e0c0e3a8c5d6f7a8b",
            b"--5ba20c1f0d2d6b8e0c0e3a8c5d6f7a8b|@model||whisper-1|\
              --5ba20c1f0d2d6b8e0c0e3a8c5d6f7a8b|@file; filename=\"a.wav\"|\
              Content-Type: audio/x-wav||RIFF|--5ba20c1f0d2d6b8e0c0e3a8c5d6f7a8b--|",
        ),
        (
            ".NET",
            "4f8a1c5e-7f7d-4a64-9b2e-8a2f7e0f7c11",
            b"--4f8a1c5e-7f7d-4a64-9b2e-8a2f7e0f7c11|Content-Type: text/plain; charset=utf-8|\
              Content-Disposition: form-data; name=model||whisper-1|\
              --4f8a1c5e-7f7d-4a64-9b2e-8a2f7e0f7c11|\
              Content-Disposition: form-data; name=file; filename=a.wav; filename*=utf-8''a.wav||\
              RIFF|--4f8a1c5e-7f7d-4a64-9b2e-8a2f7e0f7c11--|",
        ),
        (
            "OkHttp 4",
            "3f1a52a8-9d5c-4a86-8b1b-0c4c6d9f3e21",
            b"--3f1a52a8-9d5c-4a86-8b1b-0c4c6d9f3e21|@model|Content-Length: 9||whisper-1|\
              --3f1a52a8-9d5c-4a86-8b1b-0c4c6d9f3e21|@file; filename=\"a.wav\"|\
              Content-Type: audio/wav|Content-Length: 4||RIFF|\
              --3f1a52a8-9d5c-4a86-8b1b-0c4c6d9f3e21--|",
        ),
        (
            "aiohttp",
            "e4ad8aa1f1b94a0f8cbf8b6d3f5b0c7d",
            b"--e4ad8aa1f1b94a0f8cbf8b6d3f5b0c7d|Content-Type: text/plain; charset=utf-8|@model||\
              whisper-1|--e4ad8aa1f1b94a0f8cbf8b6d3f5b0c7d|Content-Type: audio/x-wav|\
              @file; filename=\"a.wav\"||RIFF|--e4ad8aa1f1b94a0f8cbf8b6d3f5b0c7d--|",
        ),
        (
            "Python's email",
            "===============7330845974216740156==",
            b"--===============7330845974216740156==|MIME-Version: 1.0|@model||whisper-1|\
              --===============7330845974216740156==--|",
        ),
    ];
    for (name, separator, terse) in rows {
        let body = spell_out(terse);
        let model = scan_with(&boundary(separator), &body)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .model
            .unwrap();
        assert_eq!(model.text, b"whisper-1", "{name}");
        assert_eq!(body[model.value], *b"whisper-1", "{name}");
    }
}

#[test]
fn a_value_is_bytes() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let body =
        [b"--xyz\r\ncontent-disposition: form-data; name=model\r\n\r\n", every_byte.as_slice()];
    let body = [body.concat().as_slice(), b"\r\n--xyz--"].concat();
    assert_eq!(scan(&body).unwrap().model.unwrap().text, every_byte);
}
