//! Lowers examples: HTTP text becomes a request to compare and a response to read.

use super::Context;
use crate::plan::example::Response;
use crate::plan::{Example, ExampleSubject, Expectation};
use crate::rules;
use crate::syntax::document;

/// Returns the examples of this module: those with its `variant`.
pub(crate) fn examples(cx: &mut Context<'_>) -> Vec<Example> {
    let written = cx.written.variant.clone();
    let own: Vec<document::Example> = cx
        .document()
        .example
        .iter()
        .flatten()
        .filter(|example| example.variant == written)
        .cloned()
        .collect();
    own.into_iter().map(|example| lower(cx, example)).collect()
}

fn lower(cx: &mut Context<'_>, example: document::Example) -> Example {
    let name = example.name.unwrap_or_default();
    let position = cx.written.position_of_example(&name);
    let error = example
        .error
        .map(|error| (error.code, error.class.unwrap_or_default()));
    let tokens = example.tokens.unwrap_or_default();
    let lowered = Example {
        call: ExampleSubject::parse(&example.call.unwrap_or_default()),
        token: example.token,
        environment: example.environment,
        source: example.source,
        generated: example.generated.unwrap_or_default(),
        given: example.given.unwrap_or_default().0,
        request: example.request.as_deref().map(normal_request),
        response: None,
        expected: Expectation {
            tokens: tokens
                .0
                .into_iter()
                .map(|(token, members)| (token, members.0))
                .collect(),
            fields: example.fields.unwrap_or_default().0,
            entries: example
                .entries
                .unwrap_or_default()
                .into_iter()
                .map(|entry| entry.0)
                .collect(),
            error,
        },
        inherited: cx.written.is_inherited(position),
        path: "example".to_owned(),
        position,
        name,
    };
    match example.response.as_deref().map(response) {
        None => lowered,
        Some(Some(response)) => Example {
            response: Some(response),
            ..lowered
        },
        Some(None) => {
            let message = format!(
                "the response of `{}` does not begin with a status",
                lowered.name
            );
            cx.report_at(
                &rules::BAD_EXAMPLE,
                position,
                message,
                "write `200`, then the headers, an empty line and the body".to_owned(),
            );
            lowered
        }
    }
}

/// Normalizes a request: removes line breaks before `&` and white space in JSON, and converts the names of headers to
/// lower case.
fn normal_request(text: &str) -> String {
    let text = text.trim_end();
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().to_owned();
    let mut out = String::new();
    for line in lines {
        match line.split_once(':') {
            _ if line.starts_with('&') => first.push_str(line),
            Some((name, value)) => {
                out.push_str(&format!(
                    "\n{}: {}",
                    name.trim().to_ascii_lowercase(),
                    value.trim()
                ));
            }
            None => out.push_str(&format!("\n{line}")),
        }
    }
    let body = if body.trim_start().starts_with('{') {
        compact_json(body)
    } else {
        body.replace('\n', "")
    };
    match body.is_empty() {
        true => format!("{first}{out}"),
        false => format!("{first}{out}\n\n{body}"),
    }
}

/// Removes the white space outside strings from JSON.
fn compact_json(text: &str) -> String {
    let mut out = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        if quoted || !character.is_whitespace() {
            out.push(character);
        }
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    out
}

fn response(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let status = lines
        .next()?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))?;
    let headers = lines
        .map(|line| {
            line.split_once(':')
                .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect::<Option<_>>()?;
    Some(Response {
        status,
        headers,
        body: body.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_for_display_do_not_count() {
        let text = "GET https://a.example/x?a=1\n&b=2\nAccept: application/json\n";
        assert_eq!(
            normal_request(text),
            "GET https://a.example/x?a=1&b=2\naccept: application/json"
        );
        let text = "POST https://a.example/x\nA:  b\n\n{\"a\": \"x \\\" y\",\n \"b\": 1}\n";
        assert_eq!(
            normal_request(text),
            "POST https://a.example/x\na: b\n\n{\"a\":\"x \\\" y\",\"b\":1}"
        );
    }

    #[test]
    fn an_answer_begins_with_its_status() {
        let read = response("200\nContent-Type: application/json\n\n{}\n").unwrap();
        assert_eq!((read.status, read.body.as_str()), (200, "{}"));
        assert_eq!(response("204\n").unwrap().body, "");
        for text in ["", "{}", "999", "200\nno header\n\n"] {
            assert_eq!(response(text), None, "{text}");
        }
    }
}
