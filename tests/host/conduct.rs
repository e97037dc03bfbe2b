//! What Envoy does with the filter's decisions: it holds, sends on, answers.

use super::request::{fields, Outcome, Request};
use super::stream::{Passage, Sent, Stream};
use super::vm::{Callback, Trap, Vm};

impl Vm {
    /// Takes a request from its headers to the end of its answer, and forgets it.
    pub fn exchange(&mut self, request: &Request) -> Result<Outcome, Trap> {
        self.take_calls();
        self.take_fuel();
        let context = self.open(Stream::new(request.headers.clone()))?;
        self.conduct(context, request)?;
        self.close(context)?;
        let (calls, fuel) = (self.take_calls(), self.take_fuel());
        let stream = self.host_mut().streams.remove(&context).expect("the stream");
        Ok(Outcome { sent: stream.sent, reply: stream.replies.into_iter().next(), calls, fuel })
    }

    /// The request, then the answer if it was sent on.
    pub fn conduct(&mut self, context: u32, request: &Request) -> Result<(), Trap> {
        let frames = request.body.len();
        self.request_headers(context, frames == 0 && !request.trailers)?;
        for (number, frame) in (1..).zip(&request.body) {
            self.request_body(context, frame, number == frames && !request.trailers)?;
        }
        if request.trailers {
            self.request_trailers(context)?;
        }
        if self.stream(context).passage != Passage::Sent {
            return Ok(());
        }
        let frames = request.answer.len();
        let stream = self.stream_mut(context);
        stream.response_headers = request.answer_headers.clone();
        // Envoy tells of a provider's answer that it is one.
        stream
            .properties
            .entry(b"response\0code_details".to_vec())
            .or_insert_with(|| b"via_upstream".to_vec());
        self.response_headers(context, frames == 0)?;
        for (number, frame) in (1..).zip(&request.answer) {
            self.response_body(context, frame, number == frames)?;
        }
        Ok(())
    }

    /// The request's headers.
    pub fn request_headers(&mut self, context: u32, end: bool) -> Result<(), Trap> {
        let goes_on = self.callback(context, Callback::RequestHeaders(end))?;
        self.proceed(context, goes_on)
    }

    /// The next frame of the request's body, unless the request is over.
    pub fn request_body(&mut self, context: u32, frame: &[u8], end: bool) -> Result<(), Trap> {
        let stream = self.stream_mut(context);
        match stream.passage {
            // After its headers were sent on, the body may still be held.
            Passage::Held | Passage::Sent => stream.request_body.extend_from_slice(frame),
            Passage::Coming | Passage::Answered | Passage::Reset => return Ok(()),
        }
        let size = stream.request_body.len();
        let goes_on = self.callback(context, Callback::RequestBody(size, end))?;
        self.proceed(context, goes_on)
    }

    /// The request's trailers, unless the request is over.
    pub fn request_trailers(&mut self, context: u32) -> Result<(), Trap> {
        if !matches!(self.stream(context).passage, Passage::Held | Passage::Sent) {
            return Ok(());
        }
        let goes_on = self.callback(context, Callback::RequestTrailers)?;
        self.proceed(context, goes_on)
    }

    /// The answer's headers, which the stream has already.
    pub fn response_headers(&mut self, context: u32, end: bool) -> Result<(), Trap> {
        let replies = self.stream(context).replies.len();
        let goes_on = self.callback(context, Callback::ResponseHeaders(end))?;
        if self.stream(context).replies.len() > replies {
            return self.local_reply(context);
        }
        let stream = self.stream_mut(context);
        stream.holds_response = !goes_on;
        if goes_on {
            stream.answered.get_or_insert_default();
        }
        Ok(())
    }

    /// The next frame of the answer's body, unless the answer was replaced.
    pub fn response_body(&mut self, context: u32, frame: &[u8], end: bool) -> Result<(), Trap> {
        let stream = self.stream_mut(context);
        if stream.answered.is_none() && !stream.holds_response {
            return Ok(());
        }
        let replies = stream.replies.len();
        stream.response_body.extend_from_slice(frame);
        let size = stream.response_body.len();
        let goes_on = self.callback(context, Callback::ResponseBody(size, end))?;
        if self.stream(context).replies.len() > replies {
            self.stream_mut(context).holds_response = false;
            return self.local_reply(context);
        }
        let stream = self.stream_mut(context);
        if !goes_on {
            return Ok(());
        }
        stream.holds_response = false;
        let passed = std::mem::take(&mut stream.response_body);
        stream.answered.get_or_insert_default().extend(passed);
        Ok(())
    }

    /// After a callback of the request: it is answered, sent on, or held.
    fn proceed(&mut self, context: u32, goes_on: bool) -> Result<(), Trap> {
        let stream = self.stream_mut(context);
        if !stream.replies.is_empty() && stream.passage != Passage::Answered {
            stream.passage = Passage::Answered;
            return self.local_reply(context);
        }
        match (stream.passage, goes_on) {
            (Passage::Coming | Passage::Held, true) => {
                stream.passage = Passage::Sent;
                stream.sent = Some(Sent {
                    headers: stream.request_headers.clone(),
                    body: std::mem::take(&mut stream.request_body),
                });
            }
            (Passage::Sent, true) => {
                let passed = std::mem::take(&mut stream.request_body);
                stream.sent.get_or_insert_default().body.extend(passed);
            }
            (Passage::Coming, false) => stream.passage = Passage::Held,
            _ => {}
        }
        Ok(())
    }

    /// The filter's own answer passes the filter as well.
    fn local_reply(&mut self, context: u32) -> Result<(), Trap> {
        let stream = self.stream_mut(context);
        let reply = stream.replies.first().expect("a reply").clone();
        let status = reply.status.to_string();
        stream.response_headers = [fields(&[(":status", &status)]), reply.headers].concat();
        stream.response_body = reply.body;
        let size = stream.response_body.len();
        self.callback(context, Callback::ResponseHeaders(size == 0))?;
        if size > 0 {
            self.callback(context, Callback::ResponseBody(size, true))?;
        }
        Ok(())
    }
}
