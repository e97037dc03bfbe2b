#![no_main]

use std::convert::Infallible;

use envoy_llm_router_fuzz::hold;
use envoy_llm_router_fuzz::properties::{form, pieces, world};
use futures_util::stream;
use libfuzzer_sys::fuzz_target;
use multer::Multipart;

fuzz_target!(|data: &[u8]| {
    hold(form::holds, data);
    let Some((sent, asked)) = form::sent(pieces::split(data).1) else { return };
    assert_eq!(models(pieces::split(data).1), [asked.as_str()], "what came");
    let upstream = world::upstream_name(&asked).expect("it is sent on");
    assert_eq!(models(&sent), [upstream], "what is sent");
});

/// The fields named `model`, as a parser that servers use reads them.
fn models(form: &[u8]) -> Vec<String> {
    let body = stream::iter([Ok::<_, Infallible>(form.to_vec())]);
    let mut parts = Multipart::new(body, form::BOUNDARY);
    futures_executor::block_on(async {
        let mut models = Vec::new();
        while let Some(field) = parts.next_field().await.expect("a form that others can read") {
            let is_model = field.name() == Some("model");
            let bytes = field.bytes().await.expect("a part that others can read");
            if is_model {
                models.push(String::from_utf8(bytes.to_vec()).expect("a name"));
            }
        }
        models
    })
}
